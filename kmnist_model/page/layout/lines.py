"""Characters that were found -> lines in reading order: chains of links, then cuts between blocks of columns."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from kmnist_model.page.detector import KINDS, Detections
from kmnist_model.page.layout.rules import Rules

_REACH = 1.5  # character sizes: a link ends at most so far from the character that it means
_LINKED = 0.5
_SQUARED = 0.5  # of all links that rules part: on squared paper every character has its cell
_STOREY_GAP = 0.25  # median sizes, between two storeys
_OVERLAP = 0.25  # of a size that boxes of two blocks may overlap


@dataclass(frozen=True)
class FoundLine:
    """The indices of a line's characters, in order, its `kind`, of `KINDS`, and whether it runs `across` the columns."""

    members: tuple[int, ...]
    kind: str
    across: bool = False


def chain(found: Detections, rules: Rules | None = None) -> list[FoundLine]:
    """The lines that links form, in no order; none goes across one of the `rules`, but on squared paper."""
    count = len(found)
    if not count:
        return []
    centres = (found.boxes[:, :2] + found.boxes[:, 2:]) / 2
    sizes = np.sqrt((found.boxes[:, 2:] - found.boxes[:, :2]).prod(1)).clip(4)
    kinds = found.kinds.argmax(1)
    offers: list[tuple[float, int, int]] = []
    parted: list[list[bool]] = []  # of each link's offers, the nearest first
    for index in np.flatnonzero(found.linked >= _LINKED).tolist():
        aim = centres[index] + found.links[index]
        far = np.abs(centres - aim)
        distance = np.hypot(far[:, 0] * 1.5, far[:, 1]) / np.maximum(sizes, sizes[index])
        distance += 0.4 * (kinds != kinds[index])
        distance[index] = np.inf
        distance[centres[:, 1] <= centres[index, 1]] = np.inf
        nearest = [other for other in np.argsort(distance)[:2].tolist() if distance[other] < _REACH]
        offers += [(float(distance[other]), index, other) for other in nearest]
        if nearest:
            parted.append([rules is not None and rules.part(found.boxes[index], found.boxes[other]) for other in nearest])
    if sum(first for first, *_ in parted) < _SQUARED * len(parted):
        offers = list(compress(offers, (not each for several in parted for each in several)))
    following, taken = np.full(count, -1), np.zeros(count, np.bool_)
    for _, before, after in sorted(offers):
        if following[before] < 0 and not taken[after]:
            following[before], taken[after] = after, True
    lines = []
    for first in np.flatnonzero(~taken):
        members = [int(first)]
        while following[members[-1]] >= 0:
            members.append(int(following[members[-1]]))
        kind = KINDS[int(found.kinds[members].sum(0).argmax())]
        lines.append(FoundLine(tuple(members), kind))
    return lines


def in_reading_order(lines: list[FoundLine], boxes: NDArray[np.float32], size: float) -> list[FoundLine]:
    """Columns from right to left, storey by storey, a page's right block first; ruby follows the line that it stands beside."""
    extents = np.array([[*boxes[list(line.members), :2].min(0), *boxes[list(line.members), 2:].max(0)] for line in lines]).reshape(-1, 4)
    text = [place for place, line in enumerate(lines) if line.kind != "ruby"]
    ordered = _cut(text, extents, size)
    beside: dict[int, list[int]] = {}
    for place in (place for place, line in enumerate(lines) if line.kind == "ruby"):
        beside.setdefault(_owner(place, ordered, extents), []).append(place)
    result = []
    for place in [*ordered, -1]:
        if place >= 0:
            result.append(lines[place])
        result += [lines[each] for each in sorted(beside.get(place, []), key=lambda each: extents[each, 1])]
    return result


def _owner(ruby: int, ordered: list[int], extents: NDArray[np.float64]) -> int:
    """The line to the left of a ruby, -1 if there is none."""
    best, nearest = -1, np.inf
    middle = (extents[ruby, 1] + extents[ruby, 3]) / 2
    for place in ordered:
        left, top, right, bottom = extents[place]
        if top <= middle <= bottom and left < extents[ruby, 0]:
            distance = extents[ruby, 0] - right
            if abs(distance) < nearest:
                best, nearest = place, abs(distance)
    return best


def _cut(places: list[int], extents: NDArray[np.float64], size: float) -> list[int]:
    """Places in reading order: cut between storeys if they part everywhere, else at the widest gap between columns."""
    if len(places) < 2:
        return places
    below = _widest_gap(places, extents[:, 1], extents[:, 3], _STOREY_GAP * size)
    if below is not None:
        return _cut(below[0], extents, size) + _cut(below[1], extents, size)
    beside = _widest_gap(places, extents[:, 0], extents[:, 2], -_OVERLAP * size)
    if beside is not None:
        return _cut(beside[1], extents, size) + _cut(beside[0], extents, size)
    below = _widest_gap(places, extents[:, 1], extents[:, 3], -_OVERLAP * size)  # a column, and the notes in it
    if below is not None:
        return _cut(below[0], extents, size) + _cut(below[1], extents, size)
    return sorted(places, key=lambda place: (-(extents[place, 0] + extents[place, 2]), extents[place, 1]))


def _widest_gap(places: list[int], low: NDArray[np.float64], high: NDArray[np.float64], least: float) -> tuple[list[int], list[int]] | None:
    """The places before and after the widest gap of at least `least` px (below 0: an overlap) between intervals; None without one."""
    order = sorted(places, key=lambda place: low[place] + high[place])
    reached = np.maximum.accumulate([high[place] for place in order])
    ahead = np.minimum.accumulate([low[place] for place in order][::-1])[::-1]
    gaps = ahead[1:] - reached[:-1]
    best = int(np.argmax(gaps))
    return None if gaps[best] < least else (order[: best + 1], order[best + 1 :])
