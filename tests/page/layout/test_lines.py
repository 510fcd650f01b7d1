"""Found characters become lines in reading order."""

from __future__ import annotations

import numpy as np

from kmnist_model.page.detector import Detections, together
from kmnist_model.page.layout.lines import chain, in_reading_order
from kmnist_model.page.layout.rules import Rules
from tests.page.found import PITCH, SIZE, column, detected


def _order(found: Detections) -> list[list[int]]:
    return [list(line.members) for line in in_reading_order(chain(found), found.boxes, SIZE)]


def test_links_chain_characters_into_columns_from_right_to_left() -> None:
    found = detected([*column(20, 10, 4), *column(20 + PITCH, 10, 3)])
    assert _order(found) == [[4, 5, 6], [0, 1, 2, 3]]


def test_nothing_found_is_no_line() -> None:
    assert chain(detected([])) == []
    assert in_reading_order([], np.zeros((0, 4), np.float32), 0.0) == []


def test_a_character_has_one_successor_and_one_predecessor() -> None:
    lines = chain(detected([(20, 10), (24, 34), (16, 34), (20, 58)]))
    assert sorted(member for line in lines for member in line.members) == [0, 1, 2, 3]


def test_storeys_are_read_one_after_the_other() -> None:
    upper, lower = [*column(20, 10, 3), *column(60, 10, 3)], [*column(20, 210, 3), *column(60, 210, 3)]
    assert _order(detected([*upper, *lower])) == [[3, 4, 5], [0, 1, 2], [9, 10, 11], [6, 7, 8]]


def test_the_right_page_comes_before_the_left_ones_storeys() -> None:
    left = [*column(20, 10, 3), *column(60, 10, 3), *column(20, 210, 3), *column(60, 210, 3)]
    right = column(300, 10, 14)
    assert _order(detected([*left, *right]))[0] == list(range(12, 26))


def test_ruby_follows_the_line_that_it_stands_beside() -> None:
    found = together(detected(column(20, 10, 5)), detected(column(60, 10, 5)), detected(column(36, 40, 2, 8), "ruby", 8))
    lines = in_reading_order(chain(found), found.boxes, SIZE)
    assert [(line.kind, line.members[0]) for line in lines] == [("main", 5), ("main", 0), ("ruby", 10)]


def test_no_line_goes_across_a_rule() -> None:
    found = detected(column(50, 20, 4))
    ink = np.zeros((140, 120), np.bool_)
    ink[54:57, 10:110] = True  # between the second character and the third
    assert [line.members for line in chain(found, Rules(ink, SIZE))] == [(0, 1), (2, 3)]
    ink[54:57, 60:] = False  # as long as a stroke of a large character
    assert [line.members for line in chain(found, Rules(ink, SIZE))] == [(0, 1, 2, 3)]


def test_on_squared_paper_columns_go_across_rules() -> None:
    found = detected([place for x in (50, 90) for place in column(x, 20, 4)])
    ink = np.zeros((140, 140), np.bool_)
    ink[31:114:24, 10:130] = True
    assert [line.members for line in chain(found, Rules(ink, SIZE))] == [(0, 1, 2, 3), (4, 5, 6, 7)]
