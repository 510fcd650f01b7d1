"""Straight thin lines in the ink of a photograph: found by their votes (Hough), measured along their whole length."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from kmnist_model.photo.light import Marks

Mask = NDArray[np.bool_]  # (H, W)
Votes = NDArray[np.float32]  # (N, 3): a line's distance from the origin in px, the angle of its normal in radians, its pixels

_TILT = 12.0  # degrees that a line may be off the level
_MIN_VOTES = 0.14  # of the picture's shorter side: fewer pixels are no line
_MAX_VOTED = 20000
_MAX_CANDIDATES = 160
_SAME = 6  # px between two lines that are one
_BAND = 17  # px: what is longer across than this on one side of a line counts as so long
_MAX_WIDTH = 0.014  # of the longer side
_STRAIGHT = 1.1  # px, the deviation of a printed line from a slight curve
_OFF = 2.5  # px off the curve that a line's own pixels may be
_GAP = 0.022  # of the longer side: a wider gap ends a line
_MIN_LENGTH = 0.22  # of the shorter side
_FEWEST = 10  # columns of a line that can be measured


@dataclass
class Line:
    """A nearly level straight line in a picture (perhaps transposed), by column.

    `start` and `end` are its columns, `rows` its middle and `width` its thickness in px; `drawn` the share of the columns with ink.
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
        """In px."""
        return self.end - self.start

    def ends(self) -> NDArray[np.float64]:
        """Both ends (2, 2) as x, y in the picture."""
        points = np.array([(column, self.rows[column]) for column in (self.start, self.end)], np.float64)
        return points[:, ::-1] if self.upright else points

    def distances(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """How far (n,), in px, points (n, 2) as x, y of the picture are from the line."""
        along, across = points[:, ::-1].T if self.upright else points.T
        columns = np.minimum(np.maximum(along, self.start), self.end).astype(np.int64)
        return np.hypot(along - columns, across - self.rows[columns])


class Runs:
    """The upright runs of ink (H, W): for each pixel of ink the rows just above and just below its run."""

    def __init__(self, ink: Mask) -> None:
        height = len(ink)
        self.ink = ink
        rows = np.arange(height, dtype=np.int16)[:, None]
        self._above = np.maximum.accumulate(np.where(ink, np.int16(-1), rows), 0)
        self._below = np.minimum.accumulate(np.where(ink, np.int16(height), rows)[::-1], 0)[::-1]
        self._columns = np.arange(ink.shape[1])

    def along(self, rows: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """The middle row and the length (..., columns) of the run nearest to `rows` (..., columns); length 0 without one within 2 px."""
        height = len(self.ink)
        centre = np.round(rows).astype(np.int64)
        place = np.full(rows.shape, -1, np.int64)
        for shift in (2, -2, 1, -1, 0):  # the nearest comes last, and stays
            row = np.minimum(np.maximum(centre + shift, 0), height - 1)
            np.copyto(place, row, where=self.ink[row, self._columns])
        place[(centre < -2) | (centre > height + 1)] = -1
        inside = place >= 0
        place[~inside] = 0
        above = np.maximum(self._above[place, self._columns], centre - _BAND - 1)
        below = np.minimum(self._below[place, self._columns], centre + _BAND + 1)
        return np.where(inside, (above + below) / 2, rows), np.where(inside, below - above - 1, 0)


def find_lines(marks: Marks, runs: Runs, upright: bool) -> list[Line]:
    """The straight thin lines of a picture (H, W), within 12 degrees of the level; `upright` tells that it is transposed."""
    ends = _candidates(runs.ink)
    if not len(ends):
        return []
    curves, widths = _follow(runs, np.linspace(ends[:, 0], ends[:, 1], runs.ink.shape[1], axis=1))
    middles, lengths = runs.along(curves)
    found = zip(curves, widths.tolist(), middles, lengths, strict=True)
    return [line for curve, width, middle, run in found for line in _stretches(marks, curve, width, middle, run, upright)]


def _candidates(ink: Mask) -> NDArray[np.float64]:
    """The lines with the most pixels, one of those that run together: their rows (n, 2) at the left and the right border."""
    thin = _thin(ink, _widest(ink))
    votes = max(20, round(_MIN_VOTES * min(ink.shape)))
    low, high = (math.radians(90 + sign * _TILT) for sign in (-1, 1))
    found = cv2.HoughLinesWithAccumulator(thin.astype(np.uint8), 1, math.radians(0.25), votes, min_theta=low, max_theta=high)
    if found is None:
        return np.zeros((0, 2))
    voted: Votes = found.reshape(-1, 3)
    voted = voted[np.argsort(-voted[:, 2], kind="stable")[:_MAX_VOTED]]
    rho, theta = voted[:, 0].astype(np.float64), voted[:, 1].astype(np.float64)
    left, right = rho / np.sin(theta), (rho - (ink.shape[1] - 1) * np.cos(theta)) / np.sin(theta)
    chosen: list[int] = []
    rest = np.arange(len(voted))
    while len(rest) and len(chosen) < _MAX_CANDIDATES:
        chosen.append(int(rest[0]))
        a, b = left[rest] - left[rest[0]], right[rest] - right[rest[0]]
        together = (abs(a) < _SAME) & (abs(b) < _SAME)
        crossing = (a * b < 0) & (abs(a + b) < _SAME)  # near the middle
        rest = rest[~(together | crossing)]
    return np.stack([left[chosen], right[chosen]], 1)


def _widest(ink: Mask) -> int:
    return max(3, round(_MAX_WIDTH * max(ink.shape)))


def _thin(ink: Mask, width: int) -> Mask:
    """The ink whose upright runs are at most `width` px long."""
    thick = cv2.morphologyEx(ink.astype(np.uint8), cv2.MORPH_OPEN, np.ones((width + 1, 1), np.uint8))
    return ink & (thick == 0)


def _follow(runs: Runs, rows: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Slight curves (n, columns) through the thin runs along `rows` (m, columns), and the width (n,) of these runs in px."""
    ink = runs.ink
    middle, run = runs.along(rows)
    own = (run > 0) & (run <= _widest(ink))
    kept = own.sum(1) >= max(_FEWEST, _MIN_VOTES * min(ink.shape) / 2)
    middle, run, own = middle[kept], run[kept], own[kept]
    typical = _medians(run, own, _widest(ink))
    own &= run <= typical[:, None] + 2
    kept = own.sum(1) >= _FEWEST
    middle, own, typical = middle[kept], own[kept], typical[kept]
    own &= abs(middle - _curves(own, middle)) <= _OFF
    kept = own.sum(1) >= _FEWEST
    return _curves(own[kept], middle[kept]), typical[kept]


def _medians(values: NDArray[np.int64], own: Mask, highest: int) -> NDArray[np.float64]:
    """The median (n,) of each row's `own` among `values` (n, columns) of 1 to `highest`."""
    counts = np.stack([(own & (values == value)).sum(1) for value in range(1, highest + 1)], 1)
    return np.asarray((counts.cumsum(1) * 2 < counts.sum(1, keepdims=True)).sum(1) + 1, np.float64)


def _curves(own: Mask, middle: NDArray[np.float64]) -> NDArray[np.float64]:
    """The parabola (n, columns) nearest to the `middle` of the columns that are each line's `own`."""
    at = np.linspace(-1, 1, own.shape[1])
    basis = np.stack([np.ones_like(at), at, at * at], 1)
    products = (basis[:, :, None] * basis[:, None]).reshape(-1, 9)
    squares = (own @ products).reshape(-1, 3, 3) + 1e-9 * np.eye(3)
    return np.asarray(np.linalg.solve(squares, (np.where(own, middle, 0) @ basis)[:, :, None])[:, :, 0] @ basis.T)


def _stretches(
    marks: Marks, curve: NDArray[np.float64], width: float, middle: NDArray[np.float64], run: NDArray[np.int64], upright: bool
) -> list[Line]:
    """The lines along a `curve` (columns,), given the runs along it: from gap to gap, where they are long and straight enough."""
    lines, drawn = [], run > 0
    for start, end in _spans(drawn, round(_GAP * max(marks.shape))):
        if end - start < _MIN_LENGTH * min(marks.shape):
            continue
        mine = start + np.flatnonzero(drawn[start : end + 1] & (run[start : end + 1] <= width + 2))
        if len(mine) < max(_FEWEST, 0.3 * (end - start)) or np.sqrt(np.mean((middle[mine] - curve[mine]) ** 2)) > _STRAIGHT:
            continue
        rows = np.clip(np.round(curve[mine]).astype(int), 0, len(marks) - 1)
        lines.append(Line(start, end, curve, width, float(drawn[start : end + 1].mean()), float(np.median(marks[rows, mine])), upright))
    return lines


def _spans(drawn: Mask, gap: int) -> list[tuple[int, int]]:
    """First and last column of each stretch of `drawn` (columns,) without a gap of more than `gap`."""
    places = np.flatnonzero(drawn)
    if not len(places):
        return []
    breaks = np.flatnonzero(np.diff(places) > gap + 1)
    starts, ends = np.r_[places[0], places[breaks + 1]], np.r_[places[breaks], places[-1]]
    return list(zip(starts.tolist(), ends.tolist(), strict=True))
