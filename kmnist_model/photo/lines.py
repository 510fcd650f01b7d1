"""Printed lines on paper (ruled, squared, frames, dashed crosses): found by their straightness, erased without breaking strokes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from kmnist_model.photo.light import Marks

Mask = NDArray[np.bool_]  # (H, W)

_TILT = 12.0  # degrees that a line may be off the level
_MIN_VOTES = 0.14  # of the picture's shorter side: fewer pixels are no line
_MAX_CANDIDATES = 160
_SAME = 6  # px between two lines that are one
_BAND = 17  # px on either side of a line that is looked at
_MAX_WIDTH = 0.014  # of the longer side
_STRAIGHT = 1.1  # px, the deviation of a printed line from a slight curve
_GAP = 0.022  # of the longer side: a wider gap ends a line
_MIN_LENGTH = 0.22  # of the shorter side
_COVERED = 0.86  # of a line that is drawn through
_LONG = 0.6  # of the side: the line of a ruled sheet
_BORDER = 0.05  # of the side, the distance from the picture's border at which a line still reaches it
_NEAR = 0.03  # of the longer side, between the end of one line and another line that it meets
_PAD = 3  # px, erased beyond a line's ends
_CROSSING = 2.5  # px longer than the line is wide: the run of a stroke that crosses it
_DARKER = 1.5  # times the line's darkness: a stroke's
_SKEWED = 0.07  # of a line's length: opposite sides of a square seen at an angle differ by less
_PRINTED = 2  # reasons to take a straight line for a printed one


@dataclass
class _Line:
    """A nearly level straight line in a picture (perhaps transposed), by column.

    `start` and `end` are its columns, `middle` its row and `width` its thickness in px; `drawn` the share of the columns with ink.
    """

    start: int
    end: int
    rows: NDArray[np.float64]  # (columns,) of the whole picture
    width: float
    drawn: float
    dark: float
    upright: bool

    @property
    def length(self) -> int:
        return self.end - self.start

    def ends(self) -> list[tuple[float, float]]:
        """Both ends as x, y in the picture."""
        points = [(float(column), float(self.rows[column])) for column in (self.start, self.end)]
        return [(y, x) for x, y in points] if self.upright else points

    def distance(self, point: tuple[float, float]) -> float:
        """How far, in px, a point x, y of the picture is from the line."""
        along, across = point[::-1] if self.upright else point
        column = int(np.clip(along, self.start, self.end))
        return math.hypot(along - column, across - float(self.rows[column]))


def erase_lines(marks: Marks, ink: Mask) -> tuple[Marks, int]:
    """`marks` (H, W) without printed lines, and the number of these; `ink` (H, W) are the pixels dark enough to be drawn or printed."""
    level, upright = ink, np.ascontiguousarray(ink.T)
    found = [*_find(marks, level, False), *_find(np.ascontiguousarray(marks.T), upright, True)]
    printed = [line for line in found if _reasons(line, found, ink.shape) >= _PRINTED]
    if not printed:
        return marks, 0
    cleaned = marks.copy()
    for line in printed:
        _erase(cleaned.T if line.upright else cleaned, upright if line.upright else level, line)
    return cleaned, len(printed)


def _find(marks: Marks, ink: Mask, upright: bool) -> list[_Line]:
    """The straight thin lines of the picture, within `_TILT` of the level."""
    height, width = ink.shape
    thin = _thin(ink, max(3, round(_MAX_WIDTH * max(ink.shape))))
    votes = max(20, round(_MIN_VOTES * min(ink.shape)))
    low, high = (math.radians(90 + sign * _TILT) for sign in (-1, 1))
    found = cv2.HoughLinesWithAccumulator(thin.astype(np.uint8), 1, math.radians(0.25), votes, min_theta=low, max_theta=high)
    if found is None:
        return []
    found = found.reshape(-1, 3)
    order = np.argsort(-found[:, 2], kind="stable")[:20000]
    columns = np.arange(width)
    lines: list[_Line] = []
    taken: list[tuple[float, float]] = []
    for rho, theta, _ in found[order]:
        ends = float(rho) / math.sin(theta), (float(rho) - (width - 1) * math.cos(theta)) / math.sin(theta)
        if any(_is_same(ends, other) for other in taken):
            continue
        taken.append(ends)
        rows = np.interp(columns, (0, width - 1), ends)
        lines += _measure(marks, ink, rows, upright)
        if len(taken) >= _MAX_CANDIDATES:
            break
    return lines


def _is_same(one: tuple[float, float], other: tuple[float, float]) -> bool:
    """Whether two lines, by their rows at the left and right border, run together or cross near the middle."""
    left, right = one[0] - other[0], one[1] - other[1]
    return (abs(left) < _SAME and abs(right) < _SAME) or (left * right < 0 and abs(left + right) < _SAME)


def _thin(ink: Mask, width: int) -> Mask:
    """The ink whose upright runs are at most `width` px long."""
    thick = cv2.morphologyEx(ink.astype(np.uint8), cv2.MORPH_OPEN, np.ones((width + 1, 1), np.uint8))
    return ink & (thick == 0)


def _measure(marks: Marks, ink: Mask, rows: NDArray[np.float64], upright: bool) -> list[_Line]:
    """The lines along `rows` (columns,): their ends, thickness, and whether they are straight enough."""
    middle, run = _runs(ink, rows)
    limit = max(3, round(_MAX_WIDTH * max(ink.shape)))
    own = (run > 0) & (run <= limit)
    if own.sum() < _MIN_VOTES * min(ink.shape) / 2:
        return []
    columns = np.arange(len(rows))
    typical = float(np.median(run[own]))
    own &= run <= typical + 2
    if own.sum() < 10:
        return []
    curve = np.polynomial.Polynomial.fit(columns[own], middle[own], 2)
    fitted = curve(columns)
    own &= abs(middle - fitted) <= 2.5
    if own.sum() < 10:
        return []
    curve = np.polynomial.Polynomial.fit(columns[own], middle[own], 2)
    fitted = curve(columns)
    middle, run = _runs(ink, fitted)
    drawn = run > 0
    lines = []
    for start, end in _spans(drawn, round(_GAP * max(ink.shape))):
        part = slice(start, end + 1)
        mine = drawn[part] & (run[part] <= typical + 2)
        if end - start < _MIN_LENGTH * min(ink.shape) or mine.sum() < 10:
            continue
        off = (middle[part] - fitted[part])[mine]
        if float(np.sqrt(np.mean(off**2))) > _STRAIGHT or mine.sum() < 0.3 * (end - start):
            continue
        rows_of = np.clip(np.round(fitted[part][mine]).astype(int), 0, len(ink) - 1)
        dark = float(np.median(marks[rows_of, columns[part][mine]]))
        lines.append(_Line(start, end, fitted, typical, float(drawn[part].mean()), dark, upright))
    return lines


def _runs(ink: Mask, rows: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """By column, the middle row and the length of the upright run of ink nearest to `rows`; length 0 without one within 2 px."""
    height, width = ink.shape
    centre = np.round(rows).astype(np.int64)
    offsets = np.arange(-_BAND, _BAND + 1)
    places = centre[None] + offsets[:, None]
    strip = ink[np.clip(places, 0, height - 1), np.arange(width)[None]] & (places >= 0) & (places < height)
    zero = len(offsets) // 2
    start = np.full(width, -1, np.int16)
    for shift in (0, -1, 1, -2, 2):
        start = np.where((start < 0) & strip[zero + shift], np.int16(zero + shift), start)
    inside = start >= 0
    at = np.maximum(start, 0)
    number = np.arange(len(offsets), dtype=np.int16)[:, None]
    gaps = ~strip
    above = np.where(gaps & (number < at), number, np.int16(-1)).max(0)
    below = np.where(gaps & (number > at), number, np.int16(len(offsets))).min(0)
    length = np.where(inside, below - above - 1, 0)
    middle = centre + (above + below) / 2 - zero
    return np.where(inside, middle, rows), length


def _spans(drawn: Mask, gap: int) -> list[tuple[int, int]]:
    """First and last column of each stretch of `drawn` (columns,) without a gap of more than `gap`."""
    places = np.flatnonzero(drawn)
    if not len(places):
        return []
    breaks = np.flatnonzero(np.diff(places) > gap + 1)
    starts, ends = np.r_[places[0], places[breaks + 1]], np.r_[places[breaks], places[-1]]
    return list(zip(starts.tolist(), ends.tolist(), strict=True))


def _reasons(line: _Line, found: list[_Line], shape: tuple[int, ...]) -> int:
    """How much speaks for a printed line: it runs from border to border, is dashed, has equals beside it, or meets lines at its ends."""
    along = shape[0] if line.upright else shape[1]
    reasons = 0
    at_start, at_end = line.start <= _BORDER * along, line.end >= along - 1 - _BORDER * along
    if (at_start or at_end) and (line.length >= _LONG * along or (at_start and at_end)):
        reasons += 2
    if line.drawn < _COVERED:
        reasons += 2 if line.length > 0.3 * along else 1
    near = _NEAR * max(shape)
    meets = [any(other.upright != line.upright and other.distance(end) < near for other in found) for end in line.ends()]
    reasons += all(meets)
    mates = [other for other in found if other is not line and other.upright == line.upright and _is_mate(line, other, near)]
    reasons += bool(mates)
    return reasons


def _is_mate(line: _Line, other: _Line, near: float) -> bool:
    """Whether the two are opposite sides of a rectangle, however it is turned."""
    gap = float(other.rows[other.start] - line.rows[line.start])
    slope = float(line.rows[line.end] - line.rows[line.start]) / line.length
    reach = max(1.5 * near, _SKEWED * line.length)
    return abs(gap) > near and all(abs(b - a + slope * gap) < reach for a, b in ((line.start, other.start), (line.end, other.end)))


def _erase(marks: Marks, ink: Mask, line: _Line) -> None:
    """Take the line out of `marks`, but where a stroke crosses it: there the run across is longer, or clearly darker."""
    height, width = ink.shape
    middle, run = _runs(ink, line.rows)
    columns = np.arange(max(0, line.start - _PAD), min(width, line.end + 1 + _PAD))
    columns = columns[(run[columns] > 0) & (run[columns] <= line.width + _CROSSING)]
    if not len(columns):
        return
    half = (run[columns] + 1) / 2 + 1
    low, high = np.floor(middle[columns] - half).astype(np.int64), np.ceil(middle[columns] + half).astype(np.int64)
    rows = low + np.arange(int((high - low).max()) + 1)[:, None]
    own = (rows <= high) & (rows >= 0) & (rows < height)
    rows = np.clip(rows, 0, height - 1)
    crossed = np.where(own, marks[rows, columns], 0).max(0) > _DARKER * line.dark + 0.1
    own &= ~crossed
    marks[rows[own], np.broadcast_to(columns, rows.shape)[own]] = 0
