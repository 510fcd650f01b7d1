"""Small datasets in the official formats, drawn from KanjiVG's strokes, for smoke runs: their figures mean nothing."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from kmnist_model import KMNIST, from_strokes
from train.data import sources, strokes

_OTHER_KANA = "あいうえか"
_KANJI = "一二三山口日月木火水"
_EACH_KANJI = 60
_PAGES = range(1, 12)  # of modern handwriting


def write(folder: Path) -> None:
    """Write kmnist/ (200 images as the t10k files), hiragana/ (11 pages) and kkanji/ (600 images) into `folder`."""
    rng = np.random.default_rng(3)
    drawn = sources.drawn(KMNIST, 20, rng)
    order = rng.permutation(len(drawn))
    for name in ("kmnist", "hiragana", "kkanji"):
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
    np.savez_compressed(
        folder / "kkanji" / "kkanji-28x28.npz",
        images=np.stack([_ink(kanji, rng) for kanji in _KANJI for _ in range(_EACH_KANJI)]),
        labels=np.repeat(np.arange(len(_KANJI), dtype=np.uint16), _EACH_KANJI),
        codepoints=np.array([ord(kanji) for kanji in _KANJI], np.uint32),
    )


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
