"""A scan -> a Page: find the characters, chain them into lines, put these in reading order, read each character's own ink."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray

from kmnist_model.errors import PictureError, WeightsError
from kmnist_model.image import Picture, as_image, colours, full_size
from kmnist_model.page import detector, orientation
from kmnist_model.page.binarize import InkMap, binarize, is_inverted
from kmnist_model.page.boundary import find_page_boundary
from kmnist_model.page.detector import Detections, Detector, TurnedPicture
from kmnist_model.page.layout import across, joins, notes
from kmnist_model.page.layout.joins import Parts
from kmnist_model.page.layout.lines import FoundLine, chain, in_reading_order
from kmnist_model.page.layout.rules import Rules
from kmnist_model.page.layout.strays import is_legible, is_writing, without_strays
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
_FAR_MORE = 5.0  # times the black ink: a character is red, what is black around it are specks
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
    """The characters of a picture turned by `place.turns`: `found`, and in reading order its `lines`.

    `own` is the ink of each detection that has any, and of pairs of them that may be one character.
    """

    place: Orientation
    found: Detections
    lines: list[FoundLine]
    own: dict[Parts, OwnInk]
    shape: tuple[int, int]  # (height, width) of the turned picture
    skew: float  # degrees clockwise, as the ink's projections show it


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
    inks = binarize(rgb, sheet)
    if is_inverted(rgb, sheet):
        rgb = 255 - rgb  # a rubbing is found as black on white
    picture = TurnedPicture(rgb, finder)
    if turned is not None:
        return _detect(picture, inks, orientation.given(picture, direction, turned), recognizer)
    columns = orientation.lines_are_columns(picture) if direction == "auto" else direction == "vertical"
    possible = orientation.candidates(columns, direction)
    writing = _detect(picture, inks, possible[0], recognizer)
    if writing is None:
        return None
    crops = [writing.own[(number,)] for number in np.flatnonzero(writing.found.kinds.argmax(1) == 0).tolist() if (number,) in writing.own]
    chosen = orientation.choose(crops, possible, recognizer)
    turns = chosen.quarter_turns
    if turns and direction == "auto":  # now that the characters can be set upright, columns and lines are told apart more surely
        horizontal = not orientation.lines_are_columns(picture, turns)
        chosen = Orientation((turns - horizontal) % 4, horizontal)
    if chosen.turns == writing.place.turns:
        return replace(writing, place=chosen)
    return _detect(picture, inks, chosen, recognizer)


def _detect(picture: TurnedPicture, inks: list[InkMap], place: Orientation, recognizer: Recognizer) -> _Writing | None:
    """The writing on a picture turned as `place` says; None without any."""
    found = picture.detect(place.turns)
    headings: list[FoundLine] = []
    if not place.horizontal:
        found, headings = across.add(found, picture.glance(place.turns - 1)[0], picture.height(place.turns))
    if not len(found):
        return None
    if len(found) > _MAX_CHARACTERS:
        raise PictureError("This page holds more shapes than writing does, as a pattern would: crop it to the writing.")
    turned_inks = [np.ascontiguousarray(np.rot90(ink, place.turns)) for ink in inks if ink.any()]
    if not turned_inks:
        return None
    shapes = [Ink(ink) for ink in turned_inks]
    turned_ink = turned_inks[0] if len(turned_inks) == 1 else np.maximum(*turned_inks)
    rules = Rules(turned_ink > INK_LEVEL, found.size or _ANY_SIZE)
    columns = chain(found[: len(found) - sum(len(line.members) for line in headings)], rules)
    columns, found = notes.add(
        columns,
        found,
        turned_ink > INK_LEVEL,
        partial(picture.closer, place.turns),
        partial(_probabilities, shapes, recognizer, place.horizontal),
    )
    lines = in_reading_order([*without_strays(columns, found), *headings], found.boxes, found.size)
    boxes: dict[Parts, NDArray[np.float32]] = {(number,): box for number, box in enumerate(found.boxes)}
    cuts = {parts: _own(shapes, box) for parts, box in (boxes | joins.candidates(lines, found)).items()}
    own = {parts: cut for parts, cut in cuts.items() if cut is not None}
    return _Writing(place, found, lines, own, turned_ink.shape, estimate_skew(turned_ink > INK_LEVEL, found.size or _ANY_SIZE))


def _own(shapes: list[Ink], box: NDArray[np.float32]) -> OwnInk | None:
    """The ink of the character at `box`: the first that has any, unless the next has far more."""
    best: OwnInk | None = None
    for ink in shapes:
        cut = ink.cut(box)
        if cut is not None and (best is None or cut.ink.sum() > _FAR_MORE * best.ink.sum()):
            best = cut
    return best


def _probabilities(shapes: list[Ink], recognizer: Recognizer, horizontal: bool, boxes: NDArray[np.float32]) -> NDArray[np.float64]:
    """How surely (N,), 0..1, the characters at the `boxes` (N, 4) of columns are read; 0 without ink."""
    cuts = [_own(shapes, box) for box in boxes]
    inked = [number for number, cut in enumerate(cuts) if cut is not None]
    probabilities = np.zeros(len(cuts))
    if inked:
        inks = np.stack([_ink_image(cut, horizontal, recognizer.size) for cut in cuts if cut is not None])
        probabilities[inked] = np.exp(recognizer.log_probabilities(recognizer.logits(inks, fast=True)))
    return probabilities


def _read(writing: _Writing, recognizer: Recognizer, scale: NDArray[np.float64], size: tuple[int, int], report_progress: Progress) -> Page:
    """The page of the lines, each character read; those without ink are left out."""
    keys = list(writing.own)
    readings: dict[Parts, Reading] = {}
    sureness: dict[Parts, float] = {}
    for start in range(0, len(keys), _BATCH):
        report_progress(0.3 + 0.7 * start / len(keys), f"Reading {len(writing.found)} characters")
        batch = keys[start : start + _BATCH]
        inks = np.stack([_ink_image(writing.own[parts], writing.place.horizontal, recognizer.size) for parts in batch])
        logits = recognizer.logits(inks, fast=True)
        readings |= dict(zip(batch, recognizer.readings(inks, logits), strict=True))
        sureness |= dict(zip(batch, recognizer.log_probabilities(logits).tolist(), strict=True))
    known = is_legible([sureness[parts] for parts in keys if len(parts) == 1])
    lines: list[Line] = []
    column = -1
    for line in writing.lines:
        chosen = joins.choose([number for number in line.members if (number,) in readings], sureness)
        members = [parts for parts in chosen if readings[parts].verdict != "blank"]
        if not members or (known and not is_writing(line, writing.found, [sureness[parts] for parts in members])):
            continue
        column += line.kind != "ruby"
        characters = tuple(
            Character(_box_in_picture(writing, writing.own[parts], scale), max(column, 0), _shortened(readings[parts])) for parts in members
        )
        lines.append(Line(characters, line.kind))
    direction = "horizontal" if writing.place.horizontal else "vertical"
    return Page(tuple(lines), size, direction, _skew(writing), 90 * writing.place.quarter_turns)


def _shortened(reading: Reading) -> Reading:
    return replace(reading, candidates=reading.candidates[:_MAX_CANDIDATES])


def _ink_image(own: OwnInk, horizontal: bool, size: int) -> NDArray[np.uint8]:
    """The model's input (size, size) for a character's ink, turned upright."""
    return from_ink(np.ascontiguousarray(np.rot90(own.ink)) if horizontal else own.ink, size)


def _skew(writing: _Writing) -> float:
    """Degrees clockwise by which the lines of text are rotated: the projections' angle, corrected by the characters' centres."""
    angle = np.radians(writing.skew)
    upright = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])  # of row vectors, back by the angle
    middles = writing.found.boxes.reshape(-1, 2, 2).mean(1).astype(np.float64) @ upright
    return writing.skew + residual_skew([middles[list(line.members)] for line in writing.lines if line.kind == "main" and not line.across])


def _box_in_picture(writing: _Writing, own: OwnInk, scale: NDArray[np.float64]) -> Box:
    """The box of a character in px of the picture as it was given, which is `scale` times as large."""
    left, top, right, bottom = own.box
    height, width = writing.shape
    for _ in range(writing.place.turns):  # back by one quarter turn clockwise each: the turned picture's left side is the top again
        left, top, right, bottom = height - bottom, left, height - top, right
        height, width = width, height
    low = np.floor(np.array([left, top]) * scale).astype(int)
    high = np.ceil(np.array([right, bottom]) * scale).astype(int)
    return Box(int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1]))
