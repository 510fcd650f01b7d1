"""Lines that are no writing: worm holes, ornaments, scales, pieces of drawings, told by how surely they were found and are read."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kmnist_model.page.detector import Detections
from kmnist_model.page.layout.lines import FoundLine

_TEXT = 12  # characters: a page of text
_SHORT = 3  # characters: on a page of text, lines of so few are most often none
_LARGE = 1.2  # times the page's size: a character may well stand alone
# The least product of the scores' and the readings' means: of a line, of a short one, and of one character that is not large
_LONG_SURE, _SHORT_SURE, _ALONE_SURE = 0.35, 0.5, 0.7
_LEGIBLE = 0.5  # the mean probability of a page's readings: 0.7 to 0.8 where the weights know its characters, 0.2 to 0.4 for the ten's on old books
_RUBY_SURE = 0.7  # the least mean score of a short line of ruby, which is often read wrong


def without_strays(lines: list[FoundLine], found: Detections) -> list[FoundLine]:
    """The lines that may be writing, however surely they will be read."""
    return [line for line in lines if found.scores[list(line.members)].mean() >= _least(line, found)]


def is_legible(log_probabilities: Sequence[float]) -> bool:
    """Whether the recogniser knows most of the page's characters, so that what it does not know may be no writing at all.

    The ten's weights on a page of other characters know few, and every line would go.
    """
    return bool(len(log_probabilities) and np.exp(log_probabilities).mean() >= _LEGIBLE)


def is_writing(line: FoundLine, found: Detections, log_probabilities: Sequence[float]) -> bool:
    """Whether a line is writing after all, given how surely its characters are read."""
    score = found.scores[list(line.members)].mean()
    return bool(line.kind == "ruby" or score * np.exp(log_probabilities).mean() >= _least(line, found))


def _least(line: FoundLine, found: Detections) -> float:
    """What the line's sureness has to reach, 0..1: nothing on a page of a few characters, more for short lines."""
    if len(found) < _TEXT:
        return 0.0
    if len(line.members) > _SHORT:
        return _LONG_SURE
    if line.kind == "ruby":
        return _RUBY_SURE
    boxes = found.boxes[list(line.members)]
    is_large = np.median((boxes[:, 2:] - boxes[:, :2]).max(1)) >= _LARGE * found.size
    return _SHORT_SURE if len(line.members) > 1 or is_large else _ALONE_SURE
