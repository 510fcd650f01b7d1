"""A page on its side or its head is turned back."""

from __future__ import annotations

import numpy as np
import pytest

from kmnist_model import PictureError, Recognizer, read_page
from kmnist_model.page.orientation import candidates
from kmnist_model.page.types import Direction
from synthetic_pages import glyphs
from synthetic_pages.maker import MadePage, make_page


@pytest.fixture(scope="module", params=["vertical", "horizontal"])
def made(request: pytest.FixtureRequest) -> MadePage:
    return make_page(30, glyphs.drawn(), hard=False, characters=50, direction=request.param)


@pytest.mark.parametrize("turned", [0, 90, 180, 270])
def test_a_turned_page_is_read_as_if_it_were_upright(recognizer: Recognizer, made: MadePage, turned: int) -> None:
    picture = made.picture.rotate(-turned, expand=True)  # Pillow turns anticlockwise
    page = read_page(picture, recognizer=recognizer)
    assert (page.direction, page.turned, page.size) == (made.direction, turned, picture.size)
    wrong = sum(one != other for one, other in zip(page.text, made.text, strict=False)) + abs(len(page.text) - len(made.text))
    assert wrong <= 3, (page.text, made.text)
    gray = np.asarray(picture.convert("L"))
    for character in page.characters:
        x, y, width, height = character.box
        assert gray[y : y + height, x : x + width].min() < gray.mean() - 60, "boxes are in px of the picture as it was given"


@pytest.mark.parametrize("columns", [True, False])
def test_the_first_orientation_is_without_a_turn(columns: bool) -> None:
    for direction in ("auto", "vertical", "horizontal"):
        possible = candidates(columns, direction)  # type: ignore[arg-type]
        assert len({(each.turns, each.horizontal) for each in possible}) == (4 if direction == "auto" else 2)
        assert direction == "auto" or {each.horizontal for each in possible} == {direction == "horizontal"}
    assert candidates(columns, "auto")[0].quarter_turns == 0


@pytest.mark.parametrize("turned", [90, 180])
@pytest.mark.parametrize("direction", ["auto", "horizontal"])
def test_a_page_is_taken_to_lie_as_it_is_said_to(recognizer: Recognizer, made: MadePage, turned: int, direction: Direction) -> None:
    lies = made.picture.rotate(-90, expand=True)
    page = read_page(lies, direction, recognizer, turned=turned)
    assert page.turned == turned
    assert direction in ("auto", page.direction)
    if turned == 90 and direction in ("auto", made.direction):
        assert page == read_page(lies, recognizer=recognizer)


def test_a_page_lies_at_no_other_angle(recognizer: Recognizer, made: MadePage) -> None:
    with pytest.raises(PictureError, match="say 0, 90, 180 or 270"):
        read_page(made.picture, recognizer=recognizer, turned=45)
