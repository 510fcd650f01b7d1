"""Ink on an upright page -> columns of parts: strokes grouped by where they stand, furniture and noise left out."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

InkMap = NDArray[np.uint8]  # (H, W)

_MOST_MARKS = 20_000  # more than this is texture, not writing
_LINE = 3.5  # character sizes: straight ink this long is a rule or a frame
_STRAIGHT, _HAIR = 8, 0.055  # times as long as broad, and thinner than this share of a character: no brush leaves that
_TIER = 1.5  # character sizes of bare paper across a block begin a new one


@dataclass(frozen=True)
class Column:
    """One column of an upright page: its parts from top to bottom, each a row of `boxes` (n, 4) left, top, right, bottom, and of
    `areas` (n,); `parts` (H, W) int32 numbers each pixel's part from 1 within the rectangle that begins at `origin` (x, y)."""

    origin: tuple[int, int]
    parts: NDArray[np.int32]
    boxes: NDArray[np.int64]
    areas: NDArray[np.int64]


@dataclass(frozen=True)
class Marks:
    """Connected marks: `labels` (H, W) int32, `boxes` (n, 4) left, top, right, bottom, `areas` (n,), centres of mass (n, 2); mark k has label k + 1."""

    labels: NDArray[np.int32]
    boxes: NDArray[np.int64]
    areas: NDArray[np.int64]
    centres: NDArray[np.float64]

    @property
    def sizes(self) -> NDArray[np.int64]:
        """The longer side of each mark's box, px."""
        return (self.boxes[:, 2:] - self.boxes[:, :2]).max(1)


def find_marks(mask: NDArray[np.uint8]) -> Marks:
    """The 8-connected marks of `mask` (H, W), 0 or 1; none where they are too many to be writing."""
    count, labels, stats, centres = cv2.connectedComponentsWithStats(mask, connectivity=8)
    boxes = stats[1:, :4].astype(np.int64)
    boxes[:, 2:] += boxes[:, :2]
    areas = stats[1:, cv2.CC_STAT_AREA].astype(np.int64)
    if np.count_nonzero(areas > 8) > _MOST_MARKS:
        return Marks(np.zeros_like(labels), boxes[:0], areas[:0], centres[1:1])
    return Marks(labels, boxes, areas, centres[1:])


def character_size(marks: Marks) -> float:
    """The usual longer side of a character, px: the median over marks, each weighted by its ink; 0 where there are none.

    Marks longer than four times the first estimate (frames, drawings, run-together columns) and specks do not count.
    """
    sizes, weights = marks.sizes.astype(np.float64), marks.areas.astype(np.float64)
    thin = (marks.boxes[:, 2:] - marks.boxes[:, :2]).min(1)
    chosen = (sizes >= 5) & (thin * 12 > sizes) & (marks.areas > 0.03 * sizes**2)
    chosen &= sizes < 0.5 * max(marks.labels.shape)
    estimate = 0.0
    for _ in range(2):
        if not chosen.any():
            return estimate
        order = np.argsort(sizes[chosen])
        total = np.cumsum(np.sqrt(weights[chosen][order]))
        estimate = float(sizes[chosen][order][np.searchsorted(total, total[-1] / 2)])
        chosen &= (sizes < 2.2 * estimate) & (sizes > 0.3 * estimate)
    return estimate


def without_rules(ink: InkMap, size: float) -> InkMap:
    """`ink` (H, W) uint8 without what runs straight along the page's axes for much longer than a character of `size` px: rules, frames, a gutter's shadow."""
    length = max(9, round(_LINE * size))
    across = max(3, round(0.05 * size)) | 1  # a line a little askew still is one
    straight = np.zeros_like(ink)
    for kernel, wide in (((length, 1), (1, across)), ((1, length), (across, 1))):
        lines = cv2.morphologyEx(cv2.dilate(ink, np.ones(wide, np.uint8)), cv2.MORPH_OPEN, np.ones(kernel, np.uint8))
        straight = np.maximum(straight, lines)
    return cv2.subtract(ink, straight)


def without_furniture(marks: Marks, size: float) -> NDArray[np.bool_]:
    """Which marks may be writing: neither specks far smaller than a dot, nor pieces of thin straight lines, nor drawings, frames and shadows far larger than a character."""
    sides = marks.boxes[:, 2:] - marks.boxes[:, :2]
    line = (marks.sizes > _STRAIGHT * sides.min(1)) & (marks.areas < _HAIR * size * marks.sizes)
    small = (marks.sizes < 0.08 * size) | (marks.areas < 0.002 * size**2)
    large = (sides[:, 0] > 2.2 * size) & (sides[:, 1] > 2.2 * size)
    huge = (marks.sizes > 6 * size) | ((marks.areas > 0.7 * sides.prod(1)) & (marks.sizes > 1.2 * size))
    return ~(small | line | large | huge)


def is_horizontal(mask: NDArray[np.uint8], size: float) -> bool:
    """Whether the writing runs in lines from left to right: the bare strips between lines are wider and cleaner than those between columns."""
    return bool(_bareness(mask.sum(1), size) > _bareness(mask.sum(0), size) + 0.1)


def _bareness(profile: NDArray[np.integer], size: float) -> float:
    """How deep the valleys of a smoothed profile are, 0..1: its variation at the pitch of columns as a share of its mean."""
    inked = np.flatnonzero(profile)
    if not len(inked):
        return 0.0
    values = profile[inked[0] : inked[-1] + 1].astype(np.float32)
    smooth = cv2.GaussianBlur(values.reshape(1, -1), (0, 0), max(0.12 * size, 0.5)).ravel()
    level = cv2.GaussianBlur(values.reshape(1, -1), (0, 0), max(1.2 * size, 1.0)).ravel()
    return float(np.minimum(np.abs(smooth - level) / np.maximum(level, 1e-3), 1).mean())


def find_columns(marks: Marks, wanted: NDArray[np.bool_], size: float) -> list[Column]:
    """Columns of upright, vertical writing in reading order: tiers from top to bottom, in each columns from right to left."""
    kept = np.flatnonzero(wanted)
    if not len(kept):
        return []
    number = np.zeros(len(wanted) + 1, np.int32)
    number[kept + 1] = 1
    mask = number[marks.labels].astype(np.uint8)
    columns: list[Column] = []
    for top, bottom in _tiers(np.asarray(mask.any(1)), size):
        columns += _tier_columns(marks, mask, kept, top, bottom, size)
    return columns


def _tiers(inked: NDArray[np.bool_], size: float) -> list[tuple[int, int]]:
    """The (top, bottom) of blocks that bare strips part."""
    rows = np.flatnonzero(inked)
    breaks = np.flatnonzero(np.diff(rows) > _TIER * size)
    tops, bottoms = rows[np.r_[0, breaks + 1]], rows[np.r_[breaks, len(rows) - 1]] + 1
    return [(int(top), int(bottom)) for top, bottom in zip(tops, bottoms, strict=True)]


def _tier_columns(marks: Marks, mask: NDArray[np.uint8], kept: NDArray[np.int64], top: int, bottom: int, size: float) -> list[Column]:
    profile = mask[top:bottom].sum(0).astype(np.float32)
    smooth = cv2.GaussianBlur(profile.reshape(1, -1), (0, 0), 0.28 * size).ravel()
    peaks = _peaks(smooth, 0.75 * size)
    cuts = [0] + [int(a + smooth[a:b].argmin()) for a, b in pairwise(peaks)] + [mask.shape[1]]
    here = kept[(marks.centres[kept, 1] >= top) & (marks.centres[kept, 1] < bottom)]
    place = np.searchsorted(np.array(cuts[1:-1]), marks.centres[here, 0], side="right")
    columns = []
    for n in range(len(cuts) - 2, -1, -1):
        mine = here[place == n]
        if len(mine):
            columns.append(_column(marks, mine))
    return columns


def _peaks(smooth: NDArray[np.float32], apart: float) -> list[int]:
    """Maxima of a profile, the highest first kept, `apart` px from one another."""
    maxima = np.flatnonzero((smooth[1:-1] >= smooth[:-2]) & (smooth[1:-1] > smooth[2:])) + 1
    if not len(maxima):
        return [int(smooth.argmax())]
    chosen: list[int] = []
    for place in maxima[np.argsort(-smooth[maxima], kind="stable")]:
        if all(abs(place - other) >= apart for other in chosen) and smooth[place] > 0.0:
            chosen.append(int(place))
    chosen.sort()
    return _with_valleys(smooth, chosen)


def _with_valleys(smooth: NDArray[np.float32], peaks: list[int]) -> list[int]:
    """Drop the lower of two neighbours between which the profile hardly falls: they are one column."""
    while len(peaks) > 1:
        depths = [smooth[a : b + 1].min() / min(smooth[a], smooth[b]) for a, b in pairwise(peaks)]
        shallowest = int(np.argmax(depths))
        if depths[shallowest] < 0.8:
            break
        a, b = peaks[shallowest], peaks[shallowest + 1]
        peaks.remove(a if smooth[a] < smooth[b] else b)
    return peaks


def _column(marks: Marks, mine: NDArray[np.int64]) -> Column:
    mine = mine[np.argsort(marks.centres[mine, 1], kind="stable")]
    boxes, areas = marks.boxes[mine], marks.areas[mine]
    left, top, right, bottom = boxes[:, 0].min(), boxes[:, 1].min(), boxes[:, 2].max(), boxes[:, 3].max()
    number = np.zeros(len(marks.areas) + 1, np.int32)
    number[mine + 1] = np.arange(1, len(mine) + 1)
    parts = number[marks.labels[top:bottom, left:right]]
    return Column((int(left), int(top)), parts, boxes - np.array([left, top, left, top]), areas)
