"""On a page of text, short doubtful lines and what no one can read are no writing."""

from __future__ import annotations

import numpy as np
import pytest

from kmnist_model.page.layout.across import together
from kmnist_model.page.layout.lines import FoundLine, chain
from kmnist_model.page.layout.strays import is_legible, is_writing, without_strays
from tests.page.found import SIZE, column, detected

TEXT = column(20, 10, 14)


def test_short_doubtful_lines_are_strays_on_a_page_of_text_alone() -> None:
    text, stray = detected(TEXT), detected([(200, 300)], score=0.45)
    page = together(text, stray)
    assert [line.members for line in without_strays(chain(page), page)] == [tuple(range(14))]
    assert without_strays(chain(stray), stray) == [FoundLine((0,), "main")]


@pytest.mark.parametrize(
    ("places", "size", "score", "probability", "expected"),
    [
        (column(200, 10, 6), SIZE, 0.6, 0.9, True),
        (column(200, 10, 6), SIZE, 0.6, 0.4, False),  # the ticks of a scale
        (column(200, 10, 2), SIZE, 0.6, 0.95, True),
        (column(200, 10, 2), SIZE, 0.7, 0.6, False),
        ([(200, 60)], 1.5 * SIZE, 0.6, 0.95, True),  # a large character alone
        ([(200, 60)], SIZE, 0.6, 0.95, False),
        ([(200, 60)], SIZE, 0.95, 0.95, True),
    ],
)
def test_writing_is_what_is_found_and_read_surely(
    places: list[tuple[float, float]], size: float, score: float, probability: float, expected: bool
) -> None:
    page = together(detected(TEXT), detected(places, size=size, score=score))
    line = FoundLine(tuple(range(len(TEXT), len(page))), "main")
    assert is_writing(line, page, [float(np.log(probability))] * len(places)) is expected


def test_ruby_need_not_be_read_surely() -> None:
    page = together(detected(TEXT), detected([(36, 20), (36, 30)], "ruby", 8, score=0.8))
    assert is_writing(FoundLine((14, 15), "ruby"), page, [-3.0, -3.0])
    doubtful = together(detected(TEXT), detected([(36, 20), (36, 30)], "ruby", 8, score=0.6))
    assert without_strays([FoundLine((14, 15), "ruby")], doubtful) == []


def test_a_page_of_characters_that_the_weights_do_not_know_keeps_its_lines() -> None:
    assert is_legible([np.log(0.75)] * 20)
    assert not is_legible([np.log(0.3)] * 20)
    assert not is_legible([])
