"""Made scans for the detector, kept in a folder: each is made once and read in every epoch."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from kmnist_model.files import atomic_path
from synthetic_pages.book_glyphs import GlyphBank, open_bank
from synthetic_pages.book_scans import make_scan, open_scans
from synthetic_pages.maker import make_page

_QUALITY = 88  # of the JPEGs
_SHEETS = 0.35  # of the scans are single sheets with brush writing
_LINES = 0.5  # of the sheets are written in lines, and turned so that these are columns
_LARGEST = 44.0  # px: larger characters are made smaller, as they are before reading


@dataclass(frozen=True)
class Scan:
    """`picture` (H, W, 3) RGB, `boxes` (N, 4) left, top, right, bottom, `kinds` (N,), `lines` (N,) in reading order, `size` of main text, px."""

    picture: NDArray[np.uint8]
    boxes: NDArray[np.float32]
    kinds: NDArray[np.int64]
    lines: NDArray[np.int64]
    size: float

    def save(self, path: Path) -> None:
        """Write the scan whole or not at all."""
        encoded = io.BytesIO()
        Image.fromarray(self.picture).save(encoded, "JPEG", quality=_QUALITY)
        with atomic_path(path) as part, part.open("wb") as file:
            np.savez(
                file,
                picture=np.frombuffer(encoded.getvalue(), np.uint8),
                boxes=self.boxes,
                kinds=self.kinds,
                lines=self.lines,
                size=self.size,
            )

    @classmethod
    def load(cls, path: Path) -> Scan:
        """Read a scan that `save` wrote."""
        with np.load(path, allow_pickle=False) as arrays:
            with Image.open(io.BytesIO(arrays["picture"].tobytes())) as image:
                picture = np.asarray(image.convert("RGB"))
            return cls(picture, arrays["boxes"], arrays["kinds"], arrays["lines"], float(arrays["size"]))


def make_scans(folder: Path, data: Path, count: int, first: int = 0) -> Iterator[Path]:
    """Make scans number `first` to `first + count` in `folder`, from the datasets in `data`; those that are there stay."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = [(number, folder / f"{number:05d}.npz") for number in range(first, first + count)]
    if all(path.exists() for _, path in wanted):
        return
    bank, scans = open_bank(data), open_scans(data / "scans" / "ndl")
    for number, path in wanted:
        if not path.exists():
            rng = np.random.default_rng([number, 13])
            if rng.random() < _SHEETS:
                _sheet(rng, number, bank).save(path)
            else:
                made = make_scan(rng, bank, scans)
                boxes = np.array([each.box for each in made.characters], np.float32).reshape(-1, 4)
                kinds, lines = (np.array([getattr(each, name) for each in made.characters], np.int64) for name in ("kind", "line"))
                _reduced(Scan(made.picture, boxes, kinds, lines, made.size)).save(path)
        yield path


def _sheet(rng: np.random.Generator, number: int, bank: GlyphBank) -> Scan:
    """A sheet of `maker`, whose lines are columns."""

    def source(own: np.random.Generator) -> tuple[str, NDArray[np.uint8]]:
        while True:
            character = bank.run(own, 1)
            glyph = bank.draw(own, character) if character else None
            if glyph is not None and min(glyph.shape) > 1:
                return character, glyph

    direction = "horizontal" if rng.random() < _LINES else "vertical"
    made = make_page(100_000 + number, source, bool(rng.random() < 0.7), direction=direction)
    picture = np.asarray(made.picture.convert("RGB"))
    boxes = np.array([each.box for each in made.characters], np.float32).reshape(-1, 4)
    boxes[:, 2:] += boxes[:, :2]
    lines = np.array([each.column for each in made.characters], np.int64)
    if made.direction == "horizontal":
        picture = np.ascontiguousarray(np.rot90(picture, -1))
        height = made.picture.height
        boxes = np.column_stack([height - boxes[:, 3], boxes[:, 0], height - boxes[:, 1], boxes[:, 2]])
    size = float(np.median(np.maximum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1])))
    return _reduced(Scan(picture, boxes, np.zeros(len(boxes), np.int64), lines, size))


def _reduced(scan: Scan) -> Scan:
    scale = _LARGEST / scan.size
    if scale >= 1:
        return scan
    picture = cv2.resize(scan.picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return Scan(picture, scan.boxes * np.float32(scale), scan.kinds, scan.lines, scan.size * scale)
