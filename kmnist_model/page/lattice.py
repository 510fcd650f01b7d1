"""A column's components -> its characters: hypotheses of cuts and joins, and the best path through them.

Over-segmentation and lattice search, as handwriting lines are read (Casey and Lecolinet 1996, doi:10.1109/34.506792).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from kmnist_model.page.binarize import InkMap
from kmnist_model.page.layout import Column
from kmnist_model.page.types import Box

_MAX_UNCUT = 1.2  # character sizes: a taller component may be two characters that touch
_MAX_LENGTH = 1.4  # character sizes, of joined segments
_MAX_SEGMENTS = 5  # of one character
_CUT_DISTANCE = 0.22  # character sizes between two cuts
_MIN_SCORE = -5.0  # log-probability of an unreadable segment, so that one blot cannot distort a column
_LOG_SIZE = (0.95, 0.3)  # of a character, in character sizes: the centre, and the deviation of its logarithm
_GAP_COST = 3.0  # of a character size of bare paper inside a character
_CUT_COST = 1.2  # of a cut through a whole stroke


@dataclass(frozen=True)
class Hypothesis:
    """Segments `first` to `last` of a column as one character: its `box` in the column, and its log `prior`, 0 or less."""

    first: int
    last: int
    box: Box
    prior: float


@dataclass(frozen=True)
class Lattice:
    """An over-segmented column: `segments` (H, W) int32 labels each pixel's segment, 1..`count`, top to bottom; all `hypotheses`."""

    column: Column
    segments: NDArray[np.int32]
    count: int
    hypotheses: list[Hypothesis]

    def mask(self, hypothesis: Hypothesis) -> NDArray[np.bool_]:
        """The pixels (height, width) of one hypothesis within its box."""
        left, top, width, height = hypothesis.box
        segments = self.segments[top : top + height, left : left + width]
        return (segments >= hypothesis.first) & (segments <= hypothesis.last)

    def crop(self, ink: InkMap, hypothesis: Hypothesis) -> InkMap:
        """The ink (height, width) of one hypothesis; `ink` (H, W) is that of the upright page."""
        left, top, width, height = hypothesis.box
        x, y = self.column.origin[0] + left, self.column.origin[1] + top
        return ink[y : y + height, x : x + width] * self.mask(hypothesis)


def build_lattice(column: Column, size: float) -> Lattice:
    """Cut a column of characters of `size` px into segments, and list every plausible way to join neighbours."""
    segments, cut_costs = _over_segment(column, size)
    boxes = _boxes(segments, len(cut_costs) + 1)
    return Lattice(column, segments, len(boxes), _hypotheses(boxes, cut_costs, size))


def _over_segment(column: Column, size: float) -> tuple[NDArray[np.int32], list[float]]:
    """The segment labels (H, W) of a column's pixels, and the cost of the cut after each segment but the last."""
    group = _side_by_side(column.boxes, column.areas, size)
    order = np.argsort([column.boxes[group == g, 1].min() for g in range(group.max() + 1)], kind="stable")
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    number = np.r_[0, rank[group] + 1]
    grouped = number[column.labels]
    segments = np.zeros_like(column.labels)
    costs: list[float] = []
    last = 0
    for place in range(len(order)):
        boxes = column.boxes[rank[group] == place]
        left, top, right, bottom = boxes[:, 0].min(), boxes[:, 1].min(), boxes[:, 2].max(), boxes[:, 3].max()
        window = (slice(top, bottom), slice(left, right))
        mine = grouped[window] == place + 1
        cuts = _cuts(mine, size)
        rows = np.searchsorted(np.array([cut for cut, _ in cuts], np.int64), np.arange(bottom - top), side="right")
        segments[window][mine] = (np.broadcast_to(rows[:, None], mine.shape)[mine] + last + 1).astype(np.int32)
        costs += ([0.0] if last else []) + [cost for _, cost in cuts]
        last += len(cuts) + 1
    return segments, costs


def _side_by_side(boxes: NDArray[np.int64], areas: NDArray[np.int64], size: float) -> NDArray[np.int64]:
    """The group (n,) of each component: components side by side share one, and so do dots and the stroke they belong to."""
    count = len(boxes)
    group = np.arange(count)
    tops, bottoms = boxes[:, 1], boxes[:, 3]
    heights = bottoms - tops
    for a in range(count):
        shared = np.minimum(bottoms[a], bottoms) - np.maximum(tops[a], tops)
        close = shared > 0.5 * np.minimum(heights[a], heights)
        joined = heights + heights[a] - shared <= _MAX_LENGTH * size
        dot = np.minimum(areas, areas[a]) < 0.02 * size * size
        for b in np.flatnonzero(close & (joined | dot)):
            if group[a] != group[b]:
                group[group == group[b]] = group[a]
    _, group = np.unique(group, return_inverse=True)
    return group


def _cuts(mask: NDArray[np.bool_], size: float) -> list[tuple[int, float]]:
    """Rows at which a tall component may be cut, each with the cost of the ink that is cut."""
    height = len(mask)
    if height < _MAX_UNCUT * size:
        return []
    profile = mask.sum(1).astype(np.float32)
    smooth = cv2.GaussianBlur(profile.reshape(-1, 1), (0, 0), max(0.03 * size, 0.5)).ravel()
    reach = max(1, round(_CUT_DISTANCE * size))
    lowest = cv2.erode(smooth.reshape(-1, 1), np.ones((2 * reach + 1, 1), np.uint8)).ravel()
    edge = round(0.3 * size)
    chosen: list[tuple[int, float]] = []
    for row in np.flatnonzero(smooth <= lowest + 1e-6):
        if edge <= row < height - edge and (not chosen or row - chosen[-1][0] >= reach):
            chosen.append((int(row), _CUT_COST * min(1.0, float(smooth[row]) / (0.2 * size))))
    return chosen


def _boxes(segments: NDArray[np.int32], count: int) -> NDArray[np.int64]:
    """The (left, top, right, bottom) of each segment, (n, 4)."""
    rows, columns = np.nonzero(segments)
    numbers = segments[rows, columns] - 1
    boxes = np.zeros((count, 4), np.int64)
    boxes[:, :2] = 10**9
    for axis, values in ((0, columns), (1, rows)):
        np.minimum.at(boxes[:, axis], numbers, values)
        np.maximum.at(boxes[:, axis + 2], numbers, values + 1)
    return boxes


def _hypotheses(boxes: NDArray[np.int64], cut_costs: list[float], size: float) -> list[Hypothesis]:
    """All runs of neighbouring segments that may be one character, ordered by their first segment."""
    hypotheses = []
    for first in range(len(boxes)):
        left, top, right, bottom = boxes[first]
        bare = 0.0
        for last in range(first, min(first + _MAX_SEGMENTS, len(boxes))):
            if last > first:
                bare += max(0.0, float(boxes[last, 1] - bottom)) / size
                left, top = min(left, boxes[last, 0]), min(top, boxes[last, 1])
                right, bottom = max(right, boxes[last, 2]), max(bottom, boxes[last, 3])
                if bottom - top > _MAX_LENGTH * size:
                    break
            longest = max(bottom - top, right - left) / size
            centre, deviation = _LOG_SIZE
            prior = -0.5 * (np.log(longest / centre) / deviation) ** 2 - _GAP_COST * bare
            if last < len(cut_costs):
                prior -= cut_costs[last]
            box = Box(int(left), int(top), int(right - left), int(bottom - top))
            hypotheses.append(Hypothesis(first + 1, last + 1, box, float(prior)))
    return hypotheses


def best_path(lattice: Lattice, scores: NDArray[np.float64]) -> list[int]:
    """Indices into `lattice.hypotheses` of the column's characters, top to bottom.

    `scores` (n,) are the hypotheses' log-probabilities of being a character.
    """
    best = np.full(lattice.count + 1, -np.inf)
    best[0] = 0.0
    came = np.zeros(lattice.count + 1, np.int64)
    for place, hypothesis in enumerate(lattice.hypotheses):  # ordered by their first segment
        total = best[hypothesis.first - 1] + max(float(scores[place]), _MIN_SCORE) + hypothesis.prior
        if total > best[hypothesis.last]:
            best[hypothesis.last], came[hypothesis.last] = total, place
    path, end = [], lattice.count
    while end > 0:
        path.append(int(came[end]))
        end = lattice.hypotheses[path[-1]].first - 1
    return path[::-1]
