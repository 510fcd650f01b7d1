"""Printed lines on paper (ruled, squared, frames, dashed crosses): told from strokes, erased without breaking these."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from kmnist_model.photo.light import Marks
from kmnist_model.photo.straight import Line, Mask, Runs, find_lines

_COVERED = 0.86  # of a line that is drawn through
_LONG = 0.6  # of the side: the line of a ruled sheet
_BORDER = 0.05  # of the side, the distance from the picture's border at which a line still reaches it
_NEAR = 0.03  # of the longer side, between the end of one line and another line that it meets
_PAD = 3  # px, erased beyond a line's ends
_CROSSING = 2.5  # px longer than the line is wide: the run of a stroke that crosses it
_DARKER = 1.5  # times the line's darkness: a stroke's
_SKEWED = 0.07  # of a line's length: opposite sides of a square seen at an angle differ by less
_PRINTED = 2  # reasons to take a straight line for a printed one


def erase_lines(marks: Marks, ink: Mask, covered: Mask | None = None) -> tuple[Marks, int]:
    """`marks` (H, W) without printed lines, and the number of these; `ink` (H, W) are the pixels dark enough to be drawn or printed.

    `covered` (H, W) is the part that a photograph covers, by default the whole.
    """
    level, upright = Runs(ink), Runs(np.ascontiguousarray(ink.T))
    found = [*find_lines(marks, level, False), *find_lines(np.ascontiguousarray(marks.T), upright, True)]
    printed = _printed(found, ink.shape, covered)
    if not printed:
        return marks, 0
    cleaned = marks.copy()
    for line in printed:
        _erase(cleaned.T if line.upright else cleaned, upright if line.upright else level, line)
    return cleaned, len(printed)


def _printed(found: list[Line], shape: tuple[int, ...], covered: Mask | None) -> list[Line]:
    """The printed ones of all the straight lines of a picture of that `shape`, of which `covered` (H, W) is seen."""
    near = _NEAR * max(shape)
    inside = np.full(shape, np.inf) if covered is None else cv2.distanceTransform(covered.astype(np.uint8), cv2.DIST_L2, 3)
    printed = []
    for upright in (False, True):
        lines, across = ([line for line in found if line.upright == turned] for turned in (upright, not upright))
        if not lines:
            continue
        ends = np.concatenate([line.ends() for line in lines])
        gaps = np.min([line.distances(ends) for line in across], 0) if across else np.full(len(ends), np.inf)
        columns, rows = np.clip(np.round(ends).astype(np.int64), 0, np.array(shape[::-1]) - 1).T
        meets, leaves = (np.asarray(values < near).reshape(-1, 2) for values in (gaps, inside[rows, columns]))
        along = shape[0] if upright else shape[1]
        leaves = leaves | np.array([(line.start <= _BORDER * along, line.end >= along - 1 - _BORDER * along) for line in lines])
        joined = (meets | leaves).all(1) & meets.any(1)
        mates = _have_mates(lines, near)
        reasons = [
            _reasons(line, shape, out) + int(one) + int(other) for line, out, one, other in zip(lines, leaves, joined, mates, strict=True)
        ]
        printed += [line for line, count in zip(lines, reasons, strict=True) if count >= _PRINTED]
    return printed


def _reasons(line: Line, shape: tuple[int, ...], leaves: Mask) -> int:
    """How much speaks for a printed line, seen alone: it runs from border to border, or is dashed; `leaves` (2,) are the ends at a border."""
    along = shape[0] if line.upright else shape[1]
    reasons = 0
    if leaves.any() and (line.length >= _LONG * along or leaves.all()):
        reasons += 2
    if line.drawn < _COVERED:
        reasons += 2 if line.length > 0.3 * along else 1
    return reasons


def _have_mates(lines: list[Line], near: float) -> NDArray[np.bool_]:
    """Which (n,) of parallel lines have another that is the opposite side of a rectangle, however it is turned."""
    starts, ends = (np.array([getattr(line, name) for line in lines], np.float64) for name in ("start", "end"))
    low, high = (np.array([line.rows[getattr(line, name)] for line in lines]) for name in ("start", "end"))
    slope, reach = (high - low) / (ends - starts), np.maximum(1.5 * near, _SKEWED * (ends - starts))
    gap = low[None] - low[:, None]
    shift = slope[:, None] * gap
    fits = np.stack([abs(side[None] - side[:, None] + shift) < reach[:, None] for side in (starts, ends)]).all(0)
    return np.asarray((fits & (abs(gap) > near)).any(1))


def _erase(marks: Marks, runs: Runs, line: Line) -> None:
    """Take the line out of `marks`, but where a stroke crosses it: there the run across is longer, or clearly darker."""
    height, width = runs.ink.shape
    middle, run = runs.along(line.rows)
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
