"""Headings across columns are lines of their own, from right to left; rows of columns and a library's labels are none."""

from __future__ import annotations

import numpy as np

from kmnist_model.page.detector import Detections
from kmnist_model.page.layout import across
from kmnist_model.page.layout.lines import chain
from tests.page.found import SIZE, column, detected

HEIGHT = 400
COLUMNS = [place for x in (300, 260, 220, 180, 140) for place in column(x, 80, 8)]


def _turned(y: float, lefts: list[float], score: float = 0.9) -> Detections:
    """A line across at height `y`, as the picture of that height shows it after a quarter turn clockwise."""
    return detected([(HEIGHT - y, x) for x in lefts], score=score)


def _lines(columns: Detections, turned: Detections) -> list[list[list[int]]]:
    """The centres of the headings' characters, in px."""
    found, headings = across.add(columns, turned, HEIGHT)
    middles = (found.boxes[:, :2] + found.boxes[:, 2:]) / 2
    return [middles[list(line.members)].astype(int).tolist() for line in headings]


def test_a_heading_is_read_from_right_to_left() -> None:
    assert _lines(detected(COLUMNS), _turned(60, [172, 196, 220, 244])) == [[[244, 60], [220, 60], [196, 60], [172, 60]]]


def test_characters_far_apart_stand_alone() -> None:
    heading = _turned(60, [152, 194, 236, 278])
    heading = Detections(heading.boxes, heading.scores, heading.kinds, heading.linked, np.tile(np.array([0, 42], np.float32), (4, 1)))
    assert _lines(detected(COLUMNS), heading) == [[[x, 60]] for x in (278, 236, 194, 152)]


def test_a_row_of_columns_is_no_heading() -> None:
    columns = detected([place for x in (172, 196, 220, 244) for place in column(x, 80, 8)])
    assert _lines(columns, _turned(104, [172, 196, 220, 244])) == []


def test_what_columns_show_doubtfully_at_a_heading_is_left_out() -> None:
    columns = across.together(detected(COLUMNS), detected([(220, 60)], score=0.5))
    found, headings = across.add(columns, _turned(60, [172, 196, 220, 244]), HEIGHT)
    assert len(found) == len(COLUMNS) + 4
    assert [len(line.members) for line in [*chain(found[: len(COLUMNS)]), *headings]] == [8] * 5 + [4]


def test_a_label_beside_the_text_is_no_heading() -> None:
    assert _lines(detected(COLUMNS), _turned(80 - 3 * SIZE, [172, 196, 220, 244])) == []
    assert _lines(detected([]), _turned(60, [172, 196, 220, 244])) == []


def test_three_characters_are_no_heading() -> None:
    assert _lines(detected(COLUMNS), _turned(60, [172, 196, 220])) == []
