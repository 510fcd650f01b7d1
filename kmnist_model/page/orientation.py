"""Which way a page is turned, and whether it is written in columns or lines: by where characters follow one another, and by reading some."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kmnist_model.page.types import Direction
from kmnist_model.preprocess import from_ink

if TYPE_CHECKING:
    from kmnist_model.page.detector import Detections, TurnedPicture
    from kmnist_model.page.own_ink import OwnInk
    from kmnist_model.recognizer import Recognizer

_SAMPLE = 40  # characters that are read in each orientation
_READABLE = 0.55  # mean probability of a page that is upright beyond doubt
_BETTER = 1.25  # times as probable: the page is turned
# The links across as a share of those downwards. A first look leaves some made pages in doubt (n = 160); looked at closely, those in columns have
# at most 0.45, those in lines at least 1.55
_DOUBT = (0.15, 3.0)
_SWITCH = 0.85


@dataclass(frozen=True)
class Orientation:
    """How a picture is turned for reading, and its direction of writing.

    After `turns` quarter turns, anticlockwise, its lines are columns from right to left; the characters of `horizontal` writing then lie
    turned by a quarter clockwise.
    """

    turns: int
    horizontal: bool

    @property
    def quarter_turns(self) -> int:
        """Quarter turns, anticlockwise, after which the characters are upright."""
        return (self.turns + self.horizontal) % 4


def lines_are_columns(picture: TurnedPicture, turns: int = 0) -> bool:
    """Whether characters follow one another downwards in the picture after quarter turns, anticlockwise, rather than across."""
    share = _links(picture.glance(turns - 1)[0]) / max(_links(picture.glance(turns)[0]), 1e-6)
    if _DOUBT[0] < share < _DOUBT[1]:
        share = _links(picture.detect(turns - 1)) / max(_links(picture.detect(turns)), 1e-6)
    return share <= _SWITCH


def _links(found: Detections) -> float:
    """How many links to next characters were found, each by its probability."""
    return float(found.scores @ found.linked)


def candidates(columns: bool, direction: Direction) -> list[Orientation]:
    """The orientations in which the lines of a picture, columns or not, can be read; the first without a turn."""
    turns = 0 if columns else 3
    both = [Orientation(turns, horizontal=not columns), Orientation(turns, horizontal=columns)]
    both += [Orientation((each.turns + 2) % 4, each.horizontal) for each in both]
    return [each for each in both if direction == "auto" or each.horizontal == (direction == "horizontal")]


def given(picture: TurnedPicture, direction: Direction, turned: int) -> Orientation:
    """The orientation of a picture whose page is said to lie turned by `turned` degrees, clockwise."""
    turns = turned // 90
    horizontal = direction == "horizontal" or (direction == "auto" and not lines_are_columns(picture, turns))
    return Orientation((turns - horizontal) % 4, horizontal)


def probability(crops: list[OwnInk], turns: int, recognizer: Recognizer) -> float:
    """How surely characters are read after quarter turns, anticlockwise: the mean probability of the best candidate."""
    inks = np.stack([from_ink(np.ascontiguousarray(np.rot90(crop.ink, turns)), recognizer.size) for crop in crops])
    return float(np.exp(recognizer.log_probabilities(recognizer.logits(inks, fast=True))).mean())


def choose(crops: list[OwnInk], possible: list[Orientation], recognizer: Recognizer) -> Orientation:
    """The orientation in which `crops`, cut after the first one's turns, are read most surely; the first unless another is clearly better."""
    first = possible[0]
    step = max(1, len(crops) // _SAMPLE)
    sample = crops[::step][:_SAMPLE]
    if len(possible) == 1 or not sample:
        return first
    said = {first: probability(sample, int(first.horizontal), recognizer)}
    if said[first] >= _READABLE:
        return first
    for each in possible[1:]:
        said[each] = probability(sample, (each.quarter_turns - first.turns) % 4, recognizer)
    best = max(said, key=lambda each: said[each])
    return best if said[best] > _BETTER * said[first] else first
