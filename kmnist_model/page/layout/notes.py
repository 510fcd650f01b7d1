"""Notes in two narrow lines within a column (warichu) whose characters were found in pairs, as wide ones: told by the bare lane between."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from kmnist_model.page.boundary import Mask
from kmnist_model.page.detector import Detections, together
from kmnist_model.page.layout.lines import FoundLine

Look = Callable[[NDArray[np.float64], float], Detections]  # a box left, top, right, bottom and the size of its characters, px
Probabilities = Callable[[NDArray[np.float32]], NDArray[np.float64]]  # how surely each of the boxes (N, 4) is read, 0..1

_COLUMN = 3  # characters: of fewer, the axis is not known
_WIDE = 0.85  # of the median size: narrower columns have no notes in them
_SLANTED = 6  # characters: the axis of fewer is taken for upright
_OFF = 0.2  # of a column's width: so far from its axis the lane may run
_SWAY = 0.04  # of a character: so far it may wind to either side
_HALF = 0.6  # of a column's width, from the lane to the outer edge of a line
_SHORTEST = 2.0  # character sizes, of a note
_BESIDE = 0.6  # of a lane's rows that have ink on both sides: two lines of characters, not one and a dot
_GAP = 0.6  # of a size: rows without ink on both sides, between two characters; more end a note
_SMALL = (0.4, 0.45)  # of a size, a note's characters: what one look misses another may show
_MARGIN = 2.0  # sizes around a note in a closer look
_FEWEST = 2  # characters of either line
_SURER = 4.0  # times the scores of those that lie across the lane
_ROWS = 1.3  # sizes: what is left of a note has two rows at least
_AS_ONE = 0.2  # the more in score
_ACROSS = 0.2  # of a column's width on either side: a character that lies across the lane
_MISSED = 0.3  # of a size: so high a piece of a line that is in no box is a character, too


@dataclass(frozen=True)
class _Lane:
    """The bare strip between a note's two lines, at `x` from row `top` to `bottom`, in a column of that `width` px."""

    x: int
    top: int
    bottom: int
    width: float

    def holds(self, boxes: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Which (N,) of the `boxes` (N, 4) have their middle in the column beside the lane."""
        middles = (boxes[:, :2] + boxes[:, 2:]) / 2
        return np.asarray((abs(middles[:, 0] - self.x) < _HALF * self.width) & (middles[:, 1] > self.top) & (middles[:, 1] < self.bottom))

    def meets(self, other: _Lane) -> bool:
        """Whether another lane runs in the same column at the same height."""
        return abs(self.x - other.x) < self.width / 2 and self.top < other.bottom and other.top < self.bottom


def add(lines: list[FoundLine], found: Detections, ink: Mask, look: Look, read: Probabilities) -> tuple[list[FoundLine], Detections]:
    """The lines with two for each note, and all characters, with those of notes as a closer look shows them.

    `ink` (H, W) is True where something is drawn. A note's characters must be read more surely than the wide ones in their place. What had been found where a note is, is in no line any more.
    """
    size = found.size
    seen: list[_Lane] = []
    for lane in [lane for line in lines if line.kind == "main" and not line.across for lane in _lanes(line, found, ink)]:
        if any(lane.meets(other) for other in seen):
            continue
        seen.append(lane)
        for small in _SMALL:
            note = _note(lane, found, look, small * size)
            if note is not None:
                lane, sides = note
                gone = set(np.flatnonzero(lane.holds(found.boxes)).tolist())
                wide = [number for number in gone if found.kinds[number].argmax() == 0]
                if wide and read(found.boxes[wide]).mean() > read(together(*sides).boxes).mean():
                    break  # parts of characters, side by side
                lines = [part for line in lines for part in _without(line, gone)]
                for side, right in zip(sides, (True, False), strict=True):
                    whole = _with_missed(side, lane, ink, right, size)
                    lines.append(FoundLine(tuple(range(len(found), len(found) + len(whole))), "note"))
                    found = together(found, whole)
                break
    return lines, found


def _note(lane: _Lane, found: Detections, look: Look, small: float) -> tuple[_Lane, tuple[Detections, Detections]] | None:
    """The lane of a note and the characters of about `small` px to its right and left, as a closer look shows them; None if there is none."""
    margin = _MARGIN * found.size
    outer = _HALF * lane.width + margin
    closer = look(np.array([lane.x - outer, lane.top - margin, lane.x + outer, lane.bottom + margin]), small)
    beside = _beside(closer, lane)
    lane = _trimmed(lane, found, beside)
    sides = _sides(beside, lane)
    is_note = lane.bottom - lane.top >= _ROWS * found.size and min(len(side) for side in sides) >= _FEWEST
    return (lane, sides) if is_note else None


def _lanes(line: FoundLine, found: Detections, ink: Mask) -> list[_Lane]:
    """The bare lanes along a column's axis with ink on both sides."""
    if len(line.members) < _COLUMN:
        return []
    boxes, size = found.boxes[list(line.members)], found.size
    width = float(np.percentile(boxes[:, 2] - boxes[:, 0], 80))
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2
    slope = float(np.polyfit(middles[:, 1], middles[:, 0], 1)[0]) if len(boxes) >= _SLANTED else 0.0
    start = float(np.median(middles[:, 0] - slope * middles[:, 1]))
    if width < _WIDE * size:
        return []
    top, bottom = _reach(boxes, found, start, slope, width)
    rows = np.arange(max(top, 0), min(bottom, len(ink)))
    axis = start + slope * rows
    reach = round(width / 2)
    columns = np.clip(np.round(axis)[:, None].astype(int) + np.arange(-reach, reach + 1), 0, ink.shape[1] - 1)
    strip = ink[rows[:, None], columns]  # (rows, columns around the axis)
    inked = strip.cumsum(1)
    loose = cv2.erode(strip.astype(np.uint8), np.ones((1, 2 * round(_SWAY * size) + 1), np.uint8)) > 0
    lanes: list[tuple[int, int, int]] = []
    for off in range(-round(_OFF * width), round(_OFF * width) + 1):
        at = reach + off
        both = (inked[:, at] > 0) & (inked[:, -1] > inked[:, at])
        lanes += [
            (end - first, off, first) for first, end in _stretches(~loose[:, at], both, _GAP * size) if end - first >= _SHORTEST * size
        ]
    chosen: list[_Lane] = []
    for length, off, first in sorted(lanes, key=lambda lane: (-lane[0], abs(lane[1]))):
        lane = _Lane(round(axis[first + length // 2]) + off, int(rows[first]), int(rows[first]) + length, width)
        if all(lane.bottom <= other.top or lane.top >= other.bottom for other in chosen):
            chosen.append(lane)
    return chosen


def _reach(boxes: NDArray[np.float32], found: Detections, start: float, slope: float, width: float) -> tuple[int, int]:
    """The first row and the end of a column, with what else of it was found above and below, perhaps as notes."""
    top, bottom = float(boxes[:, 1].min()), float(boxes[:, 3].max())
    middles = (found.boxes[:, :2] + found.boxes[:, 2:]) / 2
    others = found.boxes[abs(middles[:, 0] - start - slope * middles[:, 1]) < width / 2]
    gap = _GAP * found.size
    for box in others[np.argsort(-others[:, 3])]:
        if top - gap < box[3] and box[1] < top:
            top = float(box[1])
    for box in others[np.argsort(others[:, 1])]:
        if box[1] < bottom + gap and box[3] > bottom:
            bottom = float(box[3])
    return int(top), int(bottom) + 1


def _stretches(bare: Mask, both: Mask, gap: float) -> list[tuple[int, int]]:
    """First row and end of the stretches that are `bare` (rows,), from ink on `both` sides to ink on both, without a longer `gap` in it."""
    found = []
    edges = np.flatnonzero(np.diff(np.r_[False, bare, False].astype(np.int8)))
    for low, high in edges.reshape(-1, 2):
        places = low + np.flatnonzero(both[low:high])
        if not len(places):
            continue
        breaks = np.flatnonzero(np.diff(places) > gap)
        starts, ends = np.r_[places[0], places[breaks + 1]], np.r_[places[breaks], places[-1]] + 1
        found += [(int(start), int(end)) for start, end in zip(starts, ends, strict=True) if both[start:end].mean() >= _BESIDE]
    return found


def _beside(closer: Detections, lane: _Lane) -> Detections:
    """The characters on either side of the lane; none if as many lie across it."""
    inside = closer[lane.holds(closer.boxes)]
    left, right = inside.boxes[:, 0], inside.boxes[:, 2]
    across = (left < lane.x - _ACROSS * lane.width) & (right > lane.x + _ACROSS * lane.width)
    beside = inside[~across]
    return beside if beside.scores.sum() > _SURER * inside.scores[across].sum() else beside[:0]


def _trimmed(lane: _Lane, found: Detections, beside: Detections) -> _Lane:
    """The lane without characters at its ends that were found more surely as one than as two, as one of two parts side by side is."""
    inside = np.flatnonzero(lane.holds(found.boxes) & (found.kinds.argmax(1) == 0))
    inside = inside[np.argsort(found.boxes[inside, 1] + found.boxes[inside, 3])]
    rows = (beside.boxes[:, 1] + beside.boxes[:, 3]) / 2
    for order, at_top in ((inside, True), (inside[::-1], False)):
        for number in order:
            top, bottom = float(found.boxes[number, 1]), float(found.boxes[number, 3])
            parts = beside.scores[(rows > top) & (rows < bottom)]
            if len(parts) and found.scores[number] < parts.mean() + _AS_ONE:
                break
            lane = replace(lane, top=int(bottom)) if at_top else replace(lane, bottom=int(top))
    return lane


def _sides(beside: Detections, lane: _Lane) -> tuple[Detections, Detections]:
    """The characters to the right and to the left of the lane, from top to bottom."""
    inside = beside[lane.holds(beside.boxes)]
    middles = (inside.boxes[:, :2] + inside.boxes[:, 2:]) / 2
    order = np.argsort(middles[:, 1], kind="stable")
    right = middles[order, 0] > lane.x
    return inside[order[right]], inside[order[~right]]


def _with_missed(side: Detections, lane: _Lane, ink: Mask, right: bool, size: float) -> Detections:
    """A note's line with the ink that is in none of its boxes, as a long stroke may be."""
    outer = max(round(lane.x + (_HALF if right else -_HALF) * lane.width), 0)
    columns = slice(lane.x + 1, outer + 1) if right else slice(outer, lane.x)
    part = ink[lane.top : lane.bottom, columns]
    free: Mask = np.asarray(part.any(1))
    for box in side.boxes:
        free[max(int(box[1]) - lane.top, 0) : max(int(np.ceil(box[3])) - lane.top, 0)] = False
    edges = np.flatnonzero(np.diff(np.r_[False, free, False].astype(np.int8))).reshape(-1, 2)
    boxes = []
    for first, end in edges[edges[:, 1] - edges[:, 0] >= _MISSED * size]:
        drawn = columns.start + np.flatnonzero(part[first:end].any(0))
        boxes.append((drawn[0], lane.top + first, drawn[-1] + 1, lane.top + end))
    if not boxes:
        return side
    typical = side[np.full(len(boxes), int(np.argsort(side.scores)[len(side) // 2]))]
    whole = together(side, replace(typical, boxes=np.array(boxes, np.float32)))
    return whole[np.argsort(whole.boxes[:, 1] + whole.boxes[:, 3], kind="stable")]


def _without(line: FoundLine, gone: set[int]) -> list[FoundLine]:
    """What is left of a line without the members that are `gone`: its parts before and after them."""
    parts: list[list[int]] = [[]]
    for member in line.members:
        if member in gone:
            parts.append([])
        else:
            parts[-1].append(member)
    return [FoundLine(tuple(part), line.kind, line.across) for part in parts if part]
