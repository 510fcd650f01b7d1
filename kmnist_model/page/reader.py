"""A scan -> character boxes in reading order, each read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from kmnist_model.errors import PictureError
from kmnist_model.image import Picture, as_image, colours
from kmnist_model.page import lattice, layout
from kmnist_model.page.binarize import find_ink
from kmnist_model.page.boundary import find_sheet
from kmnist_model.page.skew import estimate_skew, lean, turn, upright
from kmnist_model.preprocess import SIZE, from_ink
from kmnist_model.recognizer import Reading, Recognizer, shipped

Direction = Literal["auto", "vertical", "horizontal"]
UNKNOWN = "〓"  # the printers' geta mark: a character that is not there

# Log-odds: what stands on a page is a character far more often than not, so less is asked of it; chosen by `python -m bench.pages.threshold`
KNOWN = -1.0

WORKING_PIXELS = 4_000_000  # px: characters are looked for on a picture of this size at most
_SPECK, _SMALL, _BAR = 0.25, 0.4, 0.2  # character heights: what is smaller is noise, and what is unknown and smaller, or thinner
_INKED = 80  # of 255: more is a stroke
_MOST_SHAPES = 6000  # ways to join and to cut: 1,000 characters have about 5,000, and 13,000 shapes of noise took 30 s
_BATCH = 512  # inks read at a time between two calls of `progress`


@dataclass(frozen=True, slots=True)
class Character:
    """One character of a page: its `box` (x, y, width, height) in px of the upright picture, its `column` counted from 0 in reading order, its `reading`."""

    box: tuple[int, int, int, int]
    column: int
    reading: Reading

    @property
    def text(self) -> str:
        """The best candidate, or 〓 for one that is none of the recogniser's characters."""
        return self.reading.candidates[0].character if self.reading.verdict == "character" else UNKNOWN

    def as_dict(self, top: int | None = None) -> dict[str, Any]:
        """Plain JSON values, with the first `top` candidates (all by default)."""
        x, y, width, height = self.box
        box = {"x": x, "y": y, "width": width, "height": height}
        return {"character": self.text, "column": self.column, "box": box, **self.reading.as_dict(top)}


@dataclass(frozen=True, slots=True)
class Page:
    """What stands on a page: its `characters` in reading order, how many `columns` (or lines), `size` (width, height) of the upright
    picture in px, the `direction` of writing, and the `skew` in degrees, clockwise, by which it leant."""

    characters: tuple[Character, ...]
    columns: int
    size: tuple[int, int]
    direction: str = "vertical"
    skew: float = 0.0

    @property
    def text(self) -> str:
        """The characters in reading order, a line for each column."""
        lines = [""] * self.columns
        for character in self.characters:
            lines[character.column] += character.text
        return "\n".join(lines)

    def as_dict(self, top: int | None = None) -> dict[str, Any]:
        """Plain JSON values, with the first `top` candidates of each character (all by default)."""
        return {
            "text": self.text,
            "size": {"width": self.size[0], "height": self.size[1]},
            "direction": self.direction,
            "skew": round(self.skew, 2),
            "columns": self.columns,
            "characters": [character.as_dict(top) for character in self.characters],
        }


def _silent(share: float, doing: str) -> None:
    """No one wants to be told."""


@dataclass(frozen=True)
class _Upright:
    """A page turned upright, columns running down: its `ink` (H, W), its `chains`, and the way back to the picture."""

    ink: NDArray[np.float32]
    chains: list[lattice.Chain]
    height: float  # px, of a character
    to_picture: NDArray[np.float64]  # (2, 3): upright px -> picture px
    horizontal: bool
    skew: float


def read_page(
    picture: Picture,
    direction: Direction = "auto",
    recognizer: Recognizer | None = None,
    progress: Callable[[float, str], None] | None = None,
) -> Page:
    """Find the characters on a scan or a photograph of a page, read them, and put them in reading order.

    `picture` is a path, the bytes of a file, a Pillow image or an array; columns run from right to left and top to bottom, or, for
    "horizontal", lines from left to right; "auto" tells by the gaps. `recognizer` reads them, the shipped one unless told.
    `progress` is called with a share 0..1 and what is being done. A page without writing has no characters. Raises `PictureError`.
    """
    if direction not in ("auto", "vertical", "horizontal"):
        raise PictureError(f"A page is not written {direction!r}: say auto, vertical or horizontal.")
    tell = progress or _silent
    tell(0.0, "Opening the picture")
    image = as_image(picture)
    size = image.size
    longest = round(max(size) * min(1.0, (WORKING_PIXELS / (size[0] * size[1])) ** 0.5))
    rgb = colours(image, max(longest, 1))
    del image
    tell(0.1, "Finding the writing")
    page = _find(rgb, direction, size[0] / rgb.shape[1], size[1] / rgb.shape[0])
    del rgb
    if page is None:
        tell(1.0, "Nothing is written here")
        return Page((), 0, size)
    return _read(page, recognizer or shipped(), size, tell)


def _find(rgb: NDArray[np.uint8], direction: Direction, x_scale: float, y_scale: float) -> _Upright | None:
    """The writing on a picture (H, W, 3), cut into hypotheses; None where there is none."""
    ink = (find_ink(rgb, find_sheet(rgb)) * 255).astype(np.uint8)
    height = layout.character_size(layout.find_marks((ink > _INKED).astype(np.uint8)))
    if not height:
        return None
    skew = estimate_skew(ink > _INKED, height)
    matrix, size = upright(ink.shape, skew)
    ink = turn(ink, skew, size, matrix)
    ink = layout.without_rules(ink, height)
    mask = (ink > _INKED).astype(np.uint8)
    marks = layout.find_marks(mask)
    height = layout.character_size(marks) or height
    wanted = layout.without_furniture(marks, height)
    horizontal = direction == "horizontal" or (direction == "auto" and layout.is_horizontal(_only(marks, wanted), height))
    to_picture = np.diag([x_scale, y_scale]) @ cv2.invertAffineTransform(matrix)
    if horizontal:  # lines from left to right, turned a quarter clockwise, are columns from right to left
        ink = np.ascontiguousarray(np.rot90(ink, -1))
        mask = np.ascontiguousarray(np.rot90(_only(marks, wanted), -1))
        to_picture = to_picture @ np.array([[0, 1, 0], [-1, 0, mask.shape[1] - 1], [0, 0, 1]])
        marks = layout.find_marks(mask)
        wanted = np.ones(len(marks.areas), np.bool_)
    columns = layout.find_columns(marks, wanted, height)
    chains = [lattice.chain(column, height) for column in columns]
    return _Upright(ink.astype(np.float32) / np.float32(255), chains, height, to_picture, horizontal, skew)


def _only(marks: layout.Marks, wanted: NDArray[np.bool_]) -> NDArray[np.uint8]:
    return np.r_[False, wanted][marks.labels].astype(np.uint8)


def _read(page: _Upright, recognizer: Recognizer, size: tuple[int, int], tell: Callable[[float, str], None]) -> Page:
    """Read every hypothesis of every column in batches, and keep the best path through each column."""
    places = [(chain, piece) for chain in page.chains for piece in chain.hypotheses]
    if len(places) > _MOST_SHAPES:
        raise PictureError("This page holds more shapes than writing does, as noise or a pattern would: crop it to the writing.")
    inks = np.zeros((len(places), SIZE, SIZE), np.uint8)
    logits = np.zeros((len(places), len(recognizer.alphabet) + 1), np.float32)
    for start in range(0, len(places), _BATCH):
        tell(0.3 + 0.7 * start / len(places), f"Reading {len(places)} shapes")
        batch = slice(start, start + _BATCH)
        inks[batch] = [_glyph(chain.crop(page.ink, piece), page.horizontal) for chain, piece in places[batch]]
        logits[batch] = recognizer.logits(inks[batch], fast=True, threshold=KNOWN)
    scores = recognizer.log_probabilities(logits)
    characters: list[Character] = []
    centres: list[NDArray[np.float64]] = []
    column, start = 0, 0
    for chain in page.chains:
        end = start + len(chain.hypotheses)
        path = lattice.best_path(chain, scores[start:end])
        chosen = [start + place for place in path]
        boxes = np.array([chain.hypotheses[place].box for place in path], np.float64).reshape(-1, 4)
        centres.append((boxes[:, :2] + boxes[:, 2:]) / 2)
        readings = recognizer.readings(inks[chosen], logits[chosen], KNOWN)
        found = [
            Character(_box(page, chain, chain.hypotheses[place]), column, reading)
            for place, reading, box in zip(path, readings, boxes, strict=True)
            if not _is_noise(reading, box, page.height)
        ]
        if 2 * sum(_is_bar(character.box, page.height) for character in found) > len(found):  # what is left of a frame
            found = []
        characters += found
        column += bool(found)
        start = end
    tell(1.0, f"{len(characters)} characters")
    return Page(tuple(characters), column, size, "horizontal" if page.horizontal else "vertical", page.skew + lean(centres))


def _is_noise(reading: Reading, box: NDArray[np.float64], height: float) -> bool:
    """Whether this is no character at all: nothing, a speck beside characters of `height` px, or something unknown that is small or a bit of a line."""
    sides = box[2:] - box[:2]
    if reading.verdict == "blank" or sides.max() < _SPECK * height:
        return True
    return reading.verdict == "unknown" and (sides.max() < _SMALL * height or sides.min() < _BAR * height)


def _is_bar(box: tuple[int, int, int, int], height: float) -> bool:
    """Whether a box (x, y, width, height) is as thin and long as a piece of a line."""
    thin, long = sorted(box[2:])
    return thin < _BAR * height and long > 4 * thin


def _glyph(ink: NDArray[np.float32], quarter_turned: bool) -> NDArray[np.uint8]:
    return from_ink(np.ascontiguousarray(np.rot90(ink)) if quarter_turned else ink)


def _box(page: _Upright, chain: lattice.Chain, piece: lattice.Piece) -> tuple[int, int, int, int]:
    """The box of a hypothesis's own pixels in the picture: (x, y, width, height)."""
    left, top, right, bottom = piece.box
    mine = chain.pieces[top:bottom, left:right]
    rows, columns = np.nonzero((mine >= piece.first) & (mine <= piece.last))
    x, y = columns + left + chain.column.origin[0], rows + top + chain.column.origin[1]
    across, along = page.to_picture @ np.stack([x, y, np.ones_like(x)])
    low = np.floor([across.min(), along.min()]).astype(int)
    high = np.ceil([across.max() + page.to_picture[0, :2].__abs__().sum(), along.max() + page.to_picture[1, :2].__abs__().sum()]).astype(
        int
    )
    return int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1])
