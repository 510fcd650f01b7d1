"""Small datasets in the official formats, drawn from KanjiVG's strokes, for smoke runs: their figures mean nothing."""

from __future__ import annotations

import gzip
import json
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from kmnist_model import KMNIST, from_strokes
from kmnist_model.alphabet import KUZUSHIJI49
from train.data import sources
from train.data.drawing import strokes
from train.data.drawing.resizing import resized

_OTHER_KANA = "あいうえか"
_KANJI = "一二三山口日月木火水"
_EACH_KANJI = 60
_PAGES = range(1, 12)  # of modern handwriting


def write(folder: Path) -> None:
    """Write small datasets into `folder`.

    They are kmnist/ (200 images as the t10k files), hiragana/ (11 pages), kkanji/ (600 images, in both sizes), kana-real/ (two books),
    hentaigana/ (two letters) and drawn/ (ten kanji).
    """
    rng = np.random.default_rng(3)
    drawn = sources.drawn(KMNIST, 20, rng)
    order = rng.permutation(len(drawn))
    for name in ("kmnist", "hiragana", "kkanji", "kana-real", "hentaigana", "drawn"):
        (folder / name).mkdir()
    _write_idx(folder / "kmnist" / "t10k-images-idx3-ubyte.gz", drawn.inks[order])
    _write_idx(folder / "kmnist" / "t10k-labels-idx1-ubyte.gz", drawn.labels[order].astype(np.uint8))
    characters = KMNIST.characters + _OTHER_KANA
    np.savez_compressed(
        folder / "hiragana" / "handwritten.npz",
        images=np.stack([_square(character, rng) for _ in _PAGES for character in characters]),
        labels=np.array([character for _ in _PAGES for character in characters]),
        page=np.repeat(np.array(_PAGES, np.uint8), len(characters)),
    )
    kanji = np.stack([_ink(kanji, rng) for kanji in _KANJI for _ in range(_EACH_KANJI)])
    labels = np.repeat(np.arange(len(_KANJI), dtype=np.uint16), _EACH_KANJI)
    codepoints = np.array([ord(kanji) for kanji in _KANJI], np.uint32)
    for size in (28, 64):
        path = folder / "kkanji" / f"kkanji-{size}x{size}.npz"
        np.savez_compressed(path, images=resized(kanji, size), labels=labels, codepoints=codepoints)
    _write_old_kana(folder, rng)
    strokes_of = [{"character": kanji, "strokes": [stroke.tolist() for stroke in strokes.load(kanji)]} for kanji in _KANJI]
    (folder / "drawn" / "kanji-by-mouse.json").write_text(json.dumps(strokes_of), "utf-8")


def _write_old_kana(folder: Path, rng: np.random.Generator) -> None:
    """Two spreads of old kana, one of each book, and the table and pencil drawings of two historical letters."""
    kana, letters = KUZUSHIJI49.characters.replace("ゝ", ""), {"𛀂": ("あ", "安"), "𛀃": ("あ", "愛")}
    images = resized(np.stack([_ink(character, rng) for character in kana * 2]), 64)
    pages = np.repeat(np.array(["2568591_14", "ndljp_pid_9892696_04"]), len(kana))
    np.savez_compressed(folder / "kana-real" / "kana.npz", images=images, labels=np.array(list(kana * 2)), page=pages)
    rows = "".join(f"U+{ord(letter):04X}\t{letter}\tHENTAIGANA\t{kana}\t{parent}\n" for letter, (kana, parent) in letters.items())
    (folder / "hentaigana" / "parents.tsv").write_text("codepoint\tletter\tunicode_name\tkana\tparent\n" + rows, "utf-8")
    sketches = resized(np.stack([_ink(parent, rng) for _, parent in letters.values()]), 128)
    np.savez_compressed(folder / "hentaigana" / "sketches.npz", images=sketches, codepoints=np.array([ord(letter) for letter in letters]))


def _write_idx(path: Path, array: NDArray[np.uint8]) -> None:
    header = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    path.write_bytes(gzip.compress(header + array.tobytes(), 1))


def _ink(character: str, rng: np.random.Generator) -> NDArray[np.uint8]:
    return from_strokes(strokes.jitter(strokes.load(character), rng))


def _square(character: str, rng: np.random.Generator) -> NDArray[np.uint8]:
    """(64, 64) uint8, white ink."""
    square = Image.new("L", (64, 64))
    square.paste(Image.fromarray(_ink(character, rng)).resize((52, 52)), (6, 6))
    return np.asarray(square)
