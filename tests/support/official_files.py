"""Small datasets in the official formats, drawn from KanjiVG's strokes."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from kmnist_model import KMNIST, KUZUSHIJI49, from_strokes
from train.data.drawing import strokes

OTHER_KANA = "あいうえか"
KANJI = "一二三山口日月木火水"


def write(folder: Path) -> None:
    """Write kmnist/ (400 images as the t10k files), hiragana/ and kkanji/ (over 4,000 images) into `folder`."""
    rng = np.random.default_rng(3)
    labels = rng.permutation(np.repeat(np.arange(10, dtype=np.uint8), 40))
    write_kmnist(folder, "t10k", np.stack([_draw(KMNIST[label].character, rng) for label in labels]), labels)
    _write_handwriting(folder / "hiragana", rng)
    _write_kanji(folder / "kkanji", rng)


def write_kmnist(folder: Path, part: str, images: NDArray[np.uint8], labels: NDArray[np.uint8]) -> None:
    """Write images (N, 28, 28) and labels (N,) as the gzipped idx files of `part` ("train" or "t10k")."""
    (folder / "kmnist").mkdir(parents=True, exist_ok=True)
    for kind, array in (("images-idx3", images), ("labels-idx1", labels)):
        (folder / "kmnist" / f"{part}-{kind}-ubyte.gz").write_bytes(gzip.compress(idx(array), 1, mtime=0))


def write_npz(path: Path, array: NDArray[np.uint8]) -> None:
    """Write `array` as the datasets' NumPy files hold it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, array)


def write_k49(folder: Path, each: int) -> None:
    """Write k49/ into `folder`: `each` drawings of every class to train on and a third of it to test on; of ゝ, which KanjiVG lacks, a hook."""
    rng = np.random.default_rng(4)
    for part, count in (("train", each), ("test", max(1, each // 3))):
        labels = rng.permutation(np.repeat(np.arange(49, dtype=np.uint8), count))
        hook = [[[2, 2], [8, 4], [4, 12]]]
        images = [_draw(KUZUSHIJI49[label].character, rng) if label < 48 else from_strokes(hook) for label in labels]
        write_npz(folder / "k49" / f"k49-{part}-imgs.npz", np.stack(images))
        write_npz(folder / "k49" / f"k49-{part}-labels.npz", labels)


def write_tar(path: Path, counts: dict[str, int]) -> None:
    """Write a tar like Kuzushiji-Kanji's: `kkanji2/U+XXXX/<number>.png`, 64x64.

    It holds `counts` drawings of each character, and a file that is not a picture.
    """
    rng = np.random.default_rng(5)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w") as archive:
        _add(archive, "kkanji2/README.txt", b"not a picture")
        for character, count in counts.items():
            for number in range(count):
                square = Image.new("L", (64, 64))
                square.paste(Image.fromarray(_draw(character, rng)).resize((56, 56)), (4, 4))
                file = io.BytesIO()
                square.save(file, "PNG")
                _add(archive, f"kkanji2/U+{ord(character):04X}/{number:04x}.png", file.getvalue())


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))


def idx(array: NDArray[np.uint8]) -> bytes:
    """`array` as the content of an idx file."""
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def _draw(character: str, rng: np.random.Generator) -> NDArray[np.uint8]:
    return from_strokes(strokes.jitter(strokes.load(character), rng))


def _write_handwriting(folder: Path, rng: np.random.Generator) -> None:
    images, labels, pages = [], [], []
    for page in range(1, 12):
        for character in KMNIST.characters + OTHER_KANA:
            square = Image.new("L", (64, 64))
            square.paste(Image.fromarray(_draw(character, rng)).resize((52, 52)), (6, 6))
            images.append(np.asarray(square))
            labels.append(character)
            pages.append(page)
    folder.mkdir()
    np.savez_compressed(
        folder / "handwritten.npz",
        images=np.stack(images),
        labels=np.array(labels),
        page=np.array(pages, np.uint8),
        column=np.zeros(len(pages), np.uint8),
    )


def _write_kanji(folder: Path, rng: np.random.Generator) -> None:
    each = 450  # the same five drawings again and again: the fit takes 4,000 of them as outliers
    images = np.concatenate([np.resize(np.stack([_draw(kanji, rng) for _ in range(5)]), (each, 28, 28)) for kanji in KANJI])
    folder.mkdir()
    np.savez_compressed(
        folder / "kkanji-28x28.npz",
        images=images,
        labels=np.repeat(np.arange(len(KANJI), dtype=np.uint16), each),
        codepoints=np.array([ord(kanji) for kanji in KANJI], np.uint32),
    )
