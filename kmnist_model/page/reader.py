"""A scan -> a Page: find the characters, chain them into lines, put these in reading order, read each character's own ink."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from kmnist_model.errors import PictureError, WeightsError
from kmnist_model.image import Picture, as_image, colours, full_size
from kmnist_model.page import detector, orientation
from kmnist_model.page.binarize import InkMap, binarize, is_inverted
from kmnist_model.page.boundary import find_page_boundary
from kmnist_model.page.detector import Detections, Detector
from kmnist_model.page.lines import FoundLine, chain, in_reading_order, without_strays
from kmnist_model.page.orientation import Orientation
from kmnist_model.page.own_ink import INK_LEVEL, Ink, OwnInk
from kmnist_model.page.skew import estimate_skew, residual_skew
from kmnist_model.page.types import Box, Character, Direction, Line, Page
from kmnist_model.preprocess import from_ink
from kmnist_model.recognizer import Recognizer, weights_path
from kmnist_model.types import Reading

# Log-odds. Most shapes on a page are characters, so the threshold is lower than the weights' own; chosen by `python -m bench.pages.threshold`
KNOWN = -1.0

WORKING_PIXELS = 4_000_000  # px: the largest copy of the picture that is searched for characters
_MAX_CHARACTERS = 1500  # of a picture: reading the 4,000 shapes of a pattern of strips took 18 s
_MAX_CANDIDATES = 10  # kept for a character of a page, which may have hundreds of them
_ANY_SIZE = 30.0  # px, of characters where all that was found is ruby
_BATCH = 512  # inks read between two calls of `progress`

Progress = Callable[[float, str], None]  # a share 0..1, and the step


@cache
def released_page_reader() -> Recognizer:
    """The weights of every kana and 6,547 kanji, or KMNIST's where a small package lacks them, loaded once."""
    try:
        return Recognizer.load(weights_path("kuzushiji"))
    except WeightsError:
        return Recognizer.load()


def _no_progress(_share: float, _step: str) -> None:
    """Default progress callback; does nothing."""


@dataclass(frozen=True)
class _Writing:
    """The characters of a picture turned by `place.turns`: `found`, each one's own `ink` or None, and the `lines` in reading order."""

    place: Orientation
    found: Detections
    own: list[OwnInk | None]
    shape: tuple[int, int]  # (height, width) of the turned picture
    skew: float  # degrees clockwise, as the ink's projections show it

    @cached_property
    def lines(self) -> list[FoundLine]:
        """The lines in reading order."""
        return in_reading_order(without_strays(chain(self.found), self.found), self.found.boxes, self.found.size)


def read_page(
    picture: Picture,
    direction: Direction = "auto",
    recognizer: Recognizer | None = None,
    progress: Progress | None = None,
    turned: int | None = None,
) -> Page:
    """Find the characters on a scan or a photograph of a page, read them, and put them in reading order.

    `picture` is a path, the bytes of a file, a Pillow image or an array. "vertical" writing has columns from right to left,
    "horizontal" has lines from left to right; "auto" detects which, and turns a page that lies on its side or its head. `recognizer`
    defaults to the released weights of every kana and kanji. `progress` is called with a share 0..1 and the current step. `turned`, 0, 90,
    180 or 270, says by how many degrees, clockwise, the page lies turned in the picture, and it is not found out. A page without writing has
    no lines. Raises `PictureError`, or `WeightsError` if the detector is missing.
    """
    if direction not in ("auto", "vertical", "horizontal"):
        raise PictureError(f"A page is not written {direction!r}: say auto, vertical or horizontal.")
    if turned not in (None, 0, 90, 180, 270):
        raise PictureError(f"A page is not turned by {turned!r} degrees: say 0, 90, 180 or 270.")
    report_progress = progress or _no_progress
    report_progress(0.0, "Opening the picture")
    image = as_image(picture)
    size = full_size(image)
    longest = round(max(size) * min(1.0, (WORKING_PIXELS / (size[0] * size[1])) ** 0.5))
    rgb = colours(image, max(longest, 1))
    del image
    report_progress(0.1, "Finding the writing")
    reader = (recognizer or released_page_reader()).with_threshold(KNOWN)
    writing = _find(rgb, direction, turned, reader)
    scale = np.array([size[0] / rgb.shape[1], size[1] / rgb.shape[0]])
    del rgb
    if writing is None:
        report_progress(1.0, "Nothing is written here")
        return Page((), size, turned=turned or 0)
    page = _read(writing, reader, scale, size, report_progress)
    report_progress(1.0, f"{len(page.characters)} characters")
    return page


def _find(rgb: NDArray[np.uint8], direction: Direction, turned: int | None, recognizer: Recognizer) -> _Writing | None:
    """The writing on a picture (H, W, 3); None for a blank page."""
    finder = detector.released() or Detector.load()
    sheet = find_page_boundary(rgb)
    if is_inverted(rgb, sheet):
        rgb = 255 - rgb  # a rubbing is found as black on white
    ink = binarize(rgb, sheet)
    if turned is not None:
        return _detect(rgb, ink, orientation.given(rgb, direction, turned, finder), finder)
    columns = orientation.lines_are_columns(rgb, finder) if direction == "auto" else direction == "vertical"
    possible = orientation.candidates(columns, direction)
    writing = _detect(rgb, ink, possible[0], finder)
    if writing is None:
        return None
    crops = [own for own, kind in zip(writing.own, writing.found.kinds.argmax(1), strict=True) if own is not None and kind == 0]
    chosen = orientation.choose(crops, possible, recognizer)
    turns = chosen.quarter_turns
    if turns and direction == "auto":  # now that the characters can be set upright, columns and lines are told apart more surely
        horizontal = not orientation.lines_are_columns(np.ascontiguousarray(np.rot90(rgb, turns)), finder)
        chosen = Orientation((turns - horizontal) % 4, horizontal)
    if chosen.turns == writing.place.turns:
        return replace(writing, place=chosen)
    return _detect(rgb, ink, chosen, finder)


def _detect(rgb: NDArray[np.uint8], ink: InkMap, place: Orientation, finder: Detector) -> _Writing | None:
    """The writing on a picture turned as `place` says; None without any."""
    turned = np.ascontiguousarray(np.rot90(rgb, place.turns))
    found = finder.detect(turned)
    if not len(found):
        return None
    if len(found) > _MAX_CHARACTERS:
        raise PictureError("This page holds more shapes than writing does, as a pattern would: crop it to the writing.")
    turned_ink = np.ascontiguousarray(np.rot90(ink, place.turns))
    shapes = Ink(turned_ink)
    own = [shapes.cut(box) for box in found.boxes]
    return _Writing(place, found, own, turned.shape[:2], estimate_skew(turned_ink > INK_LEVEL, found.size or _ANY_SIZE))


def _read(writing: _Writing, recognizer: Recognizer, scale: NDArray[np.float64], size: tuple[int, int], report_progress: Progress) -> Page:
    """The page of the lines, each character read; those without ink are left out."""
    numbers = [number for number, own in enumerate(writing.own) if own is not None]
    readings: dict[int, Reading] = {}
    for start in range(0, len(numbers), _BATCH):
        report_progress(0.3 + 0.7 * start / len(numbers), f"Reading {len(numbers)} characters")
        batch = numbers[start : start + _BATCH]
        inks = np.stack([_ink_image(writing.own[number], writing.place.horizontal, recognizer.size) for number in batch])
        readings |= dict(zip(batch, recognizer.readings(inks, recognizer.logits(inks, fast=True)), strict=True))
    lines: list[Line] = []
    column = -1
    for line in writing.lines:
        members = [number for number in line.members if number in readings and readings[number].verdict != "blank"]
        if not members:
            continue
        column += line.kind != "ruby"
        characters = tuple(
            Character(_box_in_picture(writing, number, scale), max(column, 0), _shortened(readings[number])) for number in members
        )
        lines.append(Line(characters, line.kind))
    direction = "horizontal" if writing.place.horizontal else "vertical"
    return Page(tuple(lines), size, direction, _skew(writing), 90 * writing.place.quarter_turns)


def _shortened(reading: Reading) -> Reading:
    return replace(reading, candidates=reading.candidates[:_MAX_CANDIDATES])


def _ink_image(own: OwnInk | None, horizontal: bool, size: int) -> NDArray[np.uint8]:
    """The model's input (size, size) for a character's ink, turned upright."""
    assert own is not None  # only these are read
    return from_ink(np.ascontiguousarray(np.rot90(own.ink)) if horizontal else own.ink, size)


def _skew(writing: _Writing) -> float:
    """Degrees clockwise by which the lines of text are rotated: the projections' angle, corrected by the characters' centres."""
    angle = np.radians(writing.skew)
    upright = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])  # of row vectors, back by the angle
    middles = writing.found.boxes.reshape(-1, 2, 2).mean(1).astype(np.float64) @ upright
    return writing.skew + residual_skew([middles[list(line.members)] for line in writing.lines if line.kind == "main"])


def _box_in_picture(writing: _Writing, number: int, scale: NDArray[np.float64]) -> Box:
    """The box of a character in px of the picture as it was given, which is `scale` times as large."""
    own = writing.own[number]
    assert own is not None  # only these are read
    left, top, right, bottom = own.box
    height, width = writing.shape
    for _ in range(writing.place.turns):  # back by one quarter turn clockwise each: the turned picture's left side is the top again
        left, top, right, bottom = height - bottom, left, height - top, right
        height, width = width, height
    low = np.floor(np.array([left, top]) * scale).astype(int)
    high = np.ceil(np.array([right, bottom]) * scale).astype(int)
    return Box(int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1]))
