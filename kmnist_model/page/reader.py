"""A scan -> a Page: binarize, deskew, remove rules, segment lines, read every hypothesis, keep the best paths."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from kmnist_model.errors import PictureError, WeightsError
from kmnist_model.image import Picture, as_image, colours, full_size
from kmnist_model.page.binarize import InkMap, binarize
from kmnist_model.page.boundary import find_page_boundary
from kmnist_model.page.lattice import Hypothesis, Lattice, best_path, build_lattice
from kmnist_model.page.layout import (
    Components,
    connected_components,
    detect_direction,
    estimate_scale,
    filter_components,
    remove_rules,
    segment_lines,
)
from kmnist_model.page.skew import deskew, estimate_skew, residual_skew
from kmnist_model.page.types import Box, Character, Direction, Line, Page
from kmnist_model.preprocess import from_ink
from kmnist_model.recognizer import Recognizer, weights_path
from kmnist_model.types import Reading

# Log-odds. Most shapes on a page are characters, so the threshold is lower than the weights' own; chosen by `python -m bench.pages.threshold`
KNOWN = -1.0

WORKING_PIXELS = 4_000_000  # px: the largest copy of the picture that is searched for characters
_SPECK, _SMALL, _BAR = 0.25, 0.4, 0.2  # character sizes: smaller is noise; unknown and smaller, or thinner, is noise too
_INK_LEVEL = 80  # of 255: more is a stroke
_MAX_HYPOTHESES = 6000  # 1,000 characters have about 5,000; 13,000 from noise took 30 s
_MAX_CANDIDATES = 10  # kept for a character of a page, which may have hundreds of them
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
class _UprightPage:
    """A page rotated so that its columns run down: `ink` (H, W), a lattice for each column, and the map back to the picture."""

    ink: InkMap
    lattices: list[Lattice]
    scale: float  # px, a character's size
    to_picture: NDArray[np.float64]  # (2, 3): upright px -> picture px
    horizontal: bool
    skew: float


def read_page(
    picture: Picture, direction: Direction = "auto", recognizer: Recognizer | None = None, progress: Progress | None = None
) -> Page:
    """Find the characters on a scan or a photograph of a page, read them, and put them in reading order.

    `picture` is a path, the bytes of a file, a Pillow image or an array. "vertical" writing has columns from right to left,
    "horizontal" has lines from left to right; "auto" detects which. `recognizer` defaults to the released weights of every kana and
    kanji. `progress` is called with a share 0..1 and the current step. A page without writing has no lines. Raises `PictureError`.
    """
    if direction not in ("auto", "vertical", "horizontal"):
        raise PictureError(f"A page is not written {direction!r}: say auto, vertical or horizontal.")
    report_progress = progress or _no_progress
    report_progress(0.0, "Opening the picture")
    image = as_image(picture)
    size = full_size(image)
    longest = round(max(size) * min(1.0, (WORKING_PIXELS / (size[0] * size[1])) ** 0.5))
    rgb = colours(image, max(longest, 1))
    del image
    report_progress(0.1, "Finding the writing")
    page = _segment(rgb, direction, size[0] / rgb.shape[1], size[1] / rgb.shape[0])
    del rgb
    if page is None:
        report_progress(1.0, "Nothing is written here")
        return Page((), size)
    reader = (recognizer or released_page_reader()).with_threshold(KNOWN)
    inks, logits = _read_hypotheses(page, reader, report_progress)
    result = _choose_characters(page, reader, inks, logits, size)
    report_progress(1.0, f"{len(result.characters)} characters")
    return result


def _segment(rgb: NDArray[np.uint8], direction: Direction, x_scale: float, y_scale: float) -> _UprightPage | None:
    """The writing on a picture (H, W, 3), upright, with a lattice for each column; None for a blank page."""
    ink = (binarize(rgb, find_page_boundary(rgb)) * 255).astype(np.uint8)
    scale = estimate_scale(connected_components(_mask(ink)))
    if not scale:
        return None
    skew = estimate_skew(ink > _INK_LEVEL, scale)
    ink, matrix = deskew(ink, skew)
    ink = remove_rules(ink, scale)
    components = connected_components(_mask(ink))
    scale = estimate_scale(components) or scale
    keep = filter_components(components, scale)
    if direction == "auto":
        direction = detect_direction(_mask_of(components, keep), scale)
    to_picture = np.diag([x_scale, y_scale]) @ cv2.invertAffineTransform(matrix)
    horizontal = direction == "horizontal"
    if horizontal:  # lines from left to right, rotated a quarter clockwise, are columns from right to left
        ink = np.ascontiguousarray(np.rot90(ink, -1))
        mask = np.ascontiguousarray(np.rot90(_mask_of(components, keep), -1))
        to_picture = to_picture @ np.array([[0, 1, 0], [-1, 0, mask.shape[1] - 1], [0, 0, 1]])
        components = connected_components(mask)
        keep = np.ones(len(components.areas), np.bool_)
    lattices = [build_lattice(column, scale) for column in segment_lines(components, keep, scale)]
    return _UprightPage(ink.astype(np.float32) / np.float32(255), lattices, scale, to_picture, horizontal, skew)


def _mask(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return (ink > _INK_LEVEL).astype(np.uint8)


def _mask_of(components: Components, keep: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """The mask (H, W) of the components in `keep` (n,)."""
    return np.r_[False, keep][components.labels].astype(np.uint8)


def _read_hypotheses(
    page: _UprightPage, recognizer: Recognizer, report_progress: Progress
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """The inks (N, size, size) and logits (N, characters + 1) of all hypotheses of all columns, read in batches."""
    hypotheses = [(lattice, hypothesis) for lattice in page.lattices for hypothesis in lattice.hypotheses]
    count = len(hypotheses)
    if count > _MAX_HYPOTHESES:
        raise PictureError("This page holds more shapes than writing does, as noise or a pattern would: crop it to the writing.")
    size = recognizer.card.size
    inks = np.zeros((count, size, size), np.uint8)
    logits = np.zeros((count, len(recognizer.alphabet) + 1), np.float32)
    for start in range(0, count, _BATCH):
        report_progress(0.3 + 0.7 * start / count, f"Reading {count} shapes")
        batch = slice(start, start + _BATCH)
        inks[batch] = [_ink_image(lattice.crop(page.ink, hypothesis), page.horizontal, size) for lattice, hypothesis in hypotheses[batch]]
        logits[batch] = recognizer.logits(inks[batch], fast=True)
    return inks, logits


def _choose_characters(
    page: _UprightPage, recognizer: Recognizer, inks: NDArray[np.uint8], logits: NDArray[np.float32], size: tuple[int, int]
) -> Page:
    """The page of the best path through each column, without noise and remains of frames."""
    scores = recognizer.log_probabilities(logits)
    lines: list[Line] = []
    centres: list[NDArray[np.float64]] = []
    start = 0
    for lattice in page.lattices:
        end = start + len(lattice.hypotheses)
        path = best_path(lattice, scores[start:end])
        chosen = [start + place for place in path]
        boxes = np.array([lattice.hypotheses[place].box for place in path], np.float64).reshape(-1, 4)
        centres.append(boxes[:, :2] + boxes[:, 2:] / 2)
        characters = [
            Character(
                _box_in_picture(page, lattice, lattice.hypotheses[place]),
                len(lines),
                replace(reading, candidates=reading.candidates[:_MAX_CANDIDATES]),
            )
            for place, reading in zip(path, recognizer.readings(inks[chosen], logits[chosen]), strict=True)
            if not _is_noise(reading, lattice.hypotheses[place].box, page.scale)
        ]
        # a column of bars is the rest of a frame
        if characters and 2 * sum(_is_bar(character.box, page.scale) for character in characters) <= len(characters):
            lines.append(Line(tuple(characters)))
        start = end
    return Page(tuple(lines), size, "horizontal" if page.horizontal else "vertical", page.skew + residual_skew(centres))


def _is_noise(reading: Reading, box: Box, scale: float) -> bool:
    """Whether a hypothesis is no character: blank, a speck beside characters of `scale` px, or unknown and small or thin."""
    thin, long = sorted((box.width, box.height))
    if reading.verdict == "blank" or long < _SPECK * scale:
        return True
    return reading.verdict == "unknown" and (long < _SMALL * scale or thin < _BAR * scale)


def _is_bar(box: Box, scale: float) -> bool:
    """Whether a box is as thin and long as a piece of a rule."""
    thin, long = sorted((box.width, box.height))
    return thin < _BAR * scale and long > 4 * thin


def _ink_image(ink: InkMap, horizontal: bool, size: int) -> NDArray[np.uint8]:
    """The model's input (size, size) for a crop of the upright page, rotated back if the page is `horizontal`."""
    return from_ink(np.ascontiguousarray(np.rot90(ink)) if horizontal else ink, size)


def _box_in_picture(page: _UprightPage, lattice: Lattice, hypothesis: Hypothesis) -> Box:
    """The box of a hypothesis's own pixels in px of the picture."""
    rows, columns = np.nonzero(lattice.mask(hypothesis))
    x = columns + hypothesis.box.x + lattice.column.origin[0]
    y = rows + hypothesis.box.y + lattice.column.origin[1]
    across, down = page.to_picture @ np.stack([x, y, np.ones_like(x)])
    width, height = np.abs(page.to_picture[:, :2]).sum(1)  # of one upright px
    low = np.floor([across.min(), down.min()]).astype(int)
    high = np.ceil([across.max() + width, down.max() + height]).astype(int)
    return Box(int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1]))
