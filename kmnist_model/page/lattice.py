"""A column's parts -> its characters: several ways to join and to cut are read at once, and the best path through the column is kept.

Over-segmentation and lattice search, as handwriting lines are read (Casey and Lecolinet 1996, doi:10.1109/34.506792).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from kmnist_model.page.layout import Column

InkMap = NDArray[np.float32]

_TALL = 1.2  # character sizes: a taller piece may be two that touch
_LONGEST = 1.4  # character sizes: pieces are not joined beyond
_MOST_PIECES = 5  # of one character
_STEP = 0.22  # character sizes between two places to cut
_WORST = -5.0  # what an unreadable piece scores, so that one blot cannot bend a column
_SIZE = (0.95, 0.3)  # of a character, in character sizes: usual and deviation, on a logarithmic scale
_GAP = 3.0  # what a character size of bare paper inside a character costs
_CUT = 1.2  # what a cut through a whole stroke costs


@dataclass(frozen=True)
class Piece:
    """One way to take pieces `first` to `last` of a column as a character: its `box` (left, top, right, bottom) in the column, what the join costs (`prior`, 0 or less)."""

    first: int
    last: int
    box: tuple[int, int, int, int]
    prior: float


@dataclass(frozen=True)
class Chain:
    """A column cut finely: `pieces` (H, W) int32 numbers each pixel's piece from 1, top to bottom, and all `hypotheses`."""

    column: Column
    pieces: NDArray[np.int32]
    count: int
    hypotheses: list[Piece]

    def crop(self, ink: InkMap, piece: Piece) -> InkMap:
        """The ink of one hypothesis alone; `ink` (H, W) is the upright page's."""
        left, top, right, bottom = piece.box
        x, y = self.column.origin
        mine = self.pieces[top:bottom, left:right]
        return ink[y + top : y + bottom, x + left : x + right] * ((mine >= piece.first) & (mine <= piece.last))


def chain(column: Column, size: float) -> Chain:
    """Cut a column of characters of `size` px into pieces, and list every plausible way to join neighbours."""
    pieces, cut_cost = _pieces(column, size)
    boxes = _boxes(pieces, len(cut_cost) + 1)
    return Chain(column, pieces, len(boxes), _hypotheses(boxes, cut_cost, size))


def _pieces(column: Column, size: float) -> tuple[NDArray[np.int32], list[float]]:
    """Number the pixels of `column.parts` by piece; what parting each piece from the next costs."""
    group = _side_by_side(column.boxes, column.areas, size)
    order = np.argsort([column.boxes[group == g, 1].min() for g in range(group.max() + 1)], kind="stable")
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    number = np.r_[0, rank[group] + 1]
    grouped = number[column.parts]
    pieces = np.zeros_like(column.parts)
    costs: list[float] = []
    last = 0
    for place in range(len(order)):
        boxes = column.boxes[rank[group] == place]
        left, top, right, bottom = boxes[:, 0].min(), boxes[:, 1].min(), boxes[:, 2].max(), boxes[:, 3].max()
        window = (slice(top, bottom), slice(left, right))
        mine = grouped[window] == place + 1
        cuts = _cuts(mine, size)
        rows = np.searchsorted(np.array([cut for cut, _ in cuts], np.int64), np.arange(bottom - top), side="right")
        pieces[window][mine] = (np.broadcast_to(rows[:, None], mine.shape)[mine] + last + 1).astype(np.int32)
        costs += ([0.0] if last else []) + [cost for _, cost in cuts]
        last += len(cuts) + 1
    return pieces, costs


def _side_by_side(boxes: NDArray[np.int64], areas: NDArray[np.int64], size: float) -> NDArray[np.int64]:
    """Group parts that stand beside one another, and dots with what they hang on: the group of each part."""
    count = len(boxes)
    group = np.arange(count)
    tops, bottoms = boxes[:, 1], boxes[:, 3]
    heights = bottoms - tops
    for a in range(count):
        shared = np.minimum(bottoms[a], bottoms) - np.maximum(tops[a], tops)
        close = shared > 0.5 * np.minimum(heights[a], heights)
        joined = heights + heights[a] - shared <= _LONGEST * size
        dot = np.minimum(areas, areas[a]) < 0.02 * size * size
        for b in np.flatnonzero(close & (joined | dot)):
            if group[a] != group[b]:
                group[group == group[b]] = group[a]
    _, group = np.unique(group, return_inverse=True)
    return group


def _cuts(mask: NDArray[np.bool_], size: float) -> list[tuple[int, float]]:
    """Rows at which a tall piece may be cut, each with the cost of the ink it cuts through."""
    height = len(mask)
    if height < _TALL * size:
        return []
    profile = mask.sum(1).astype(np.float32)
    smooth = cv2.GaussianBlur(profile.reshape(-1, 1), (0, 0), max(0.03 * size, 0.5)).ravel()
    reach = max(1, round(_STEP * size))
    lowest = cv2.erode(smooth.reshape(-1, 1), np.ones((2 * reach + 1, 1), np.uint8)).ravel()
    edge = round(0.3 * size)
    chosen: list[tuple[int, float]] = []
    for row in np.flatnonzero(smooth <= lowest + 1e-6):
        if edge <= row < height - edge and (not chosen or row - chosen[-1][0] >= reach):
            chosen.append((int(row), _CUT * min(1.0, float(smooth[row]) / (0.2 * size))))
    return chosen


def _boxes(pieces: NDArray[np.int32], count: int) -> NDArray[np.int64]:
    """The (left, top, right, bottom) of each piece, (n, 4)."""
    rows, columns = np.nonzero(pieces)
    numbers = pieces[rows, columns] - 1
    boxes = np.zeros((count, 4), np.int64)
    boxes[:, :2] = 10**9
    for axis, values in ((0, columns), (1, rows)):
        np.minimum.at(boxes[:, axis], numbers, values)
        np.maximum.at(boxes[:, axis + 2], numbers, values + 1)
    return boxes


def _hypotheses(boxes: NDArray[np.int64], cut_cost: list[float], size: float) -> list[Piece]:
    found = []
    for first in range(len(boxes)):
        left, top, right, bottom = boxes[first]
        bare = 0.0
        for last in range(first, min(first + _MOST_PIECES, len(boxes))):
            if last > first:
                bare += max(0.0, float(boxes[last, 1] - bottom)) / size
                left, top = min(left, boxes[last, 0]), min(top, boxes[last, 1])
                right, bottom = max(right, boxes[last, 2]), max(bottom, boxes[last, 3])
                if bottom - top > _LONGEST * size:
                    break
            longest = max(bottom - top, right - left) / size
            usual, deviation = _SIZE
            prior = -0.5 * (np.log(longest / usual) / deviation) ** 2 - _GAP * bare
            if last < len(cut_cost):
                prior -= cut_cost[last]
            found.append(Piece(first + 1, last + 1, (int(left), int(top), int(right), int(bottom)), float(prior)))
    return found


def best_path(chain: Chain, scores: NDArray[np.float64]) -> list[int]:
    """The places in `chain.hypotheses` of the characters of the column, top to bottom; `scores` are log-probabilities of being a character."""
    best = np.full(chain.count + 1, -np.inf)
    best[0] = 0.0
    came = np.zeros(chain.count + 1, np.int64)
    for place, hypothesis in enumerate(chain.hypotheses):  # in the order of their first piece
        total = best[hypothesis.first - 1] + max(float(scores[place]), _WORST) + hypothesis.prior
        if total > best[hypothesis.last]:
            best[hypothesis.last], came[hypothesis.last] = total, place
    path, end = [], chain.count
    while end > 0:
        path.append(int(came[end]))
        end = chain.hypotheses[path[-1]].first - 1
    return path[::-1]
