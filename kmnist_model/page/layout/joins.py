"""Characters that were found in two parts: one below the other, joined where their ink reads more likely as one character than as two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from kmnist_model.page.detector import Detections
from kmnist_model.page.layout.lines import FoundLine

Parts = tuple[int, ...]  # the indices of the one or two detections that are one character

_LONGEST = 1.45  # of the median size: no character but a long kana is longer, and these are found whole


def candidates(lines: Sequence[FoundLine], found: Detections) -> dict[Parts, NDArray[np.float32]]:
    """The pairs of neighbours in a line that are short enough for one character, with their common boxes left, top, right, bottom, px."""
    pairs: dict[Parts, NDArray[np.float32]] = {}
    for line in lines:
        if line.kind == "ruby":
            continue
        for pair in pairwise(line.members):
            boxes = found.boxes[list(pair)]
            common = np.concatenate([boxes[:, :2].min(0), boxes[:, 2:].max(0)])
            if (common[2:] - common[:2]).max() <= _LONGEST * found.size:
                pairs[pair] = common
    return pairs


def choose(members: Sequence[int], log_probabilities: Mapping[Parts, float]) -> list[Parts]:
    """A line's characters, single or joined, whose probabilities have the greatest product.

    `members` are the line's detections in order, each with its log-probability, as some pairs of neighbours have.
    """
    best: list[tuple[float, list[Parts]]] = [(0.0, [])]
    for place, member in enumerate(members):
        ways = [(best[-1][0] + log_probabilities[(member,)], [*best[-1][1], (member,)])]
        pair = (members[place - 1], member)
        if place and pair in log_probabilities:
            ways.append((best[-2][0] + log_probabilities[pair], [*best[-2][1], pair]))
        best.append(max(ways, key=lambda way: way[0]))
    return best[-1][1]
