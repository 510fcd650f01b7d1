"""A kanji that was found in two parts is one character again, two kana stay two."""

from __future__ import annotations

import numpy as np

from kmnist_model.page.detector import Detections
from kmnist_model.page.layout import joins
from kmnist_model.page.layout.lines import FoundLine


def _found(boxes: list[tuple[int, int, int, int]]) -> Detections:
    count = len(boxes)
    kinds = np.tile(np.array([1, 0, 0], np.float32), (count, 1))
    return Detections(
        np.array(boxes, np.float32), np.ones(count, np.float32), kinds, np.ones(count, np.float32), np.zeros((count, 2), np.float32)
    )


def test_neighbours_are_a_pair_if_together_they_are_as_long_as_a_character() -> None:
    found = _found([(0, 0, 20, 20), (0, 22, 20, 32), (2, 33, 18, 44), (0, 46, 20, 66)])
    pairs = joins.candidates([FoundLine((0, 1, 2, 3), "main")], found)
    assert list(pairs) == [(1, 2)]
    assert pairs[(1, 2)].tolist() == [0, 22, 20, 44]
    assert joins.candidates([FoundLine((0, 1, 2, 3), "ruby")], found) == {}


def test_two_parts_are_joined_if_one_character_is_likelier() -> None:
    single = {(0,): -0.1, (1,): -1.0, (2,): -1.2, (3,): -0.1}
    assert joins.choose([0, 1, 2, 3], single | {(1, 2): -2.0}) == [(0,), (1, 2), (3,)]
    assert joins.choose([0, 1, 2, 3], single | {(1, 2): -2.4}) == [(0,), (1,), (2,), (3,)]


def test_of_pairs_that_share_a_part_the_likeliest_way_through_the_line_is_taken() -> None:
    single = {(0,): -1.0, (1,): -1.0, (2,): -1.0}
    assert joins.choose([0, 1, 2], single | {(0, 1): -0.5, (1, 2): -0.1}) == [(0,), (1, 2)]
    assert joins.choose([], {}) == []
