"""Found characters become lines in reading order."""

from __future__ import annotations

import numpy as np

from kmnist_model.page.detector import KINDS, Detections
from kmnist_model.page.lines import FoundLine, chain, in_reading_order, without_strays

SIZE, PITCH = 20, 40


def _found(places: list[tuple[float, float]], kind: str = "main", size: float = SIZE, score: float = 0.9) -> Detections:
    """Characters at centres (x, y), each of which goes on `size * 1.2` px further down."""
    centres, count = np.array(places, np.float32).reshape(-1, 2), len(places)
    kinds = np.zeros((count, 3), np.float32)
    kinds[:, KINDS.index(kind)] = 1
    links = np.tile(np.array([0, 1.2 * size], np.float32), (count, 1))
    boxes = np.concatenate([centres - size / 2, centres + size / 2], 1).astype(np.float32)
    return Detections(boxes, np.full(count, score, np.float32), kinds, np.full(count, 0.9, np.float32), links)


def _column(x: float, top: float, count: int, size: float = SIZE) -> list[tuple[float, float]]:
    return [(x, top + 1.2 * size * number) for number in range(count)]


def _together(*parts: Detections) -> Detections:
    arrays = [np.concatenate([getattr(part, name) for part in parts]) for name in ("boxes", "scores", "kinds", "linked", "links")]
    return Detections(*arrays)


def _order(found: Detections) -> list[list[int]]:
    return [list(line.members) for line in in_reading_order(chain(found), found.boxes, SIZE)]


def test_links_chain_characters_into_columns_from_right_to_left() -> None:
    found = _found([*_column(20, 10, 4), *_column(20 + PITCH, 10, 3)])
    assert _order(found) == [[4, 5, 6], [0, 1, 2, 3]]


def test_nothing_found_is_no_line() -> None:
    assert chain(_found([])) == []
    assert in_reading_order([], np.zeros((0, 4), np.float32), 0.0) == []


def test_a_character_has_one_successor_and_one_predecessor() -> None:
    lines = chain(_found([(20, 10), (24, 34), (16, 34), (20, 58)]))
    assert sorted(member for line in lines for member in line.members) == [0, 1, 2, 3]


def test_storeys_are_read_one_after_the_other() -> None:
    upper, lower = [*_column(20, 10, 3), *_column(60, 10, 3)], [*_column(20, 210, 3), *_column(60, 210, 3)]
    assert _order(_found([*upper, *lower])) == [[3, 4, 5], [0, 1, 2], [9, 10, 11], [6, 7, 8]]


def test_the_right_page_comes_before_the_left_ones_storeys() -> None:
    left = [*_column(20, 10, 3), *_column(60, 10, 3), *_column(20, 210, 3), *_column(60, 210, 3)]
    right = _column(300, 10, 14)
    assert _order(_found([*left, *right]))[0] == list(range(12, 26))


def test_ruby_follows_the_line_that_it_stands_beside() -> None:
    found = _together(_found(_column(20, 10, 5)), _found(_column(60, 10, 5)), _found(_column(36, 40, 2, 8), "ruby", 8))
    lines = in_reading_order(chain(found), found.boxes, SIZE)
    assert [(line.kind, line.members[0]) for line in lines] == [("main", 5), ("main", 0), ("ruby", 10)]


def test_short_doubtful_lines_are_strays_on_a_page_of_text_alone() -> None:
    text, stray = _found(_column(20, 10, 14)), _found([(200, 300)], score=0.5)
    page = _together(text, stray)
    assert [line.members for line in without_strays(chain(page), page)] == [tuple(range(14))]
    assert without_strays(chain(stray), stray) == [FoundLine((0,), "main")]
