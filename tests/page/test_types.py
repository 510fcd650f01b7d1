"""A page's text leaves ruby out, and its plain values hold everything."""

from __future__ import annotations

import numpy as np

from kmnist_model.page.types import Box, Character, Line, Page
from kmnist_model.types import Candidate, Reading


def _character(text: str, column: int, x: int = 0) -> Character:
    return Character(Box(x, 0, 10, 10), column, Reading("character", (Candidate(text, "", 1.0),), np.zeros((28, 28), np.uint8)))


PAGE = Page(
    (
        Line((_character("思", 0, 40), _character("ひ", 0, 40))),
        Line((_character("お", 0, 50),), "ruby"),
        Line((_character("注", 1, 20),), "note"),
    ),
    (100, 200),
    turned=180,
)


def test_the_text_is_main_text_and_notes() -> None:
    assert PAGE.text == "思ひ\n注"
    assert PAGE.columns == 2
    assert [character.text for character in PAGE.characters] == ["思", "ひ", "注"]
    assert [line.text for line in PAGE.ruby] == ["お"]


def test_plain_values_tell_kinds_and_ruby() -> None:
    plain = PAGE.as_dict()
    assert (plain["kinds"], plain["turned"], plain["columns"]) == (["main", "note"], 180, 2)
    assert [(each["text"], each["characters"][0]["column"]) for each in plain["ruby"]] == [("お", 0)]


def test_a_resized_page_keeps_its_kinds() -> None:
    half = PAGE.scaled((50, 100))
    assert [line.kind for line in half.lines] == ["main", "ruby", "note"]
    assert half.lines[0].characters[0].box == (20, 0, 5, 5)
    assert half.turned == 180
