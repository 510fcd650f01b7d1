"""JSON: read back it is the page, with what was corrected."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings

from kmnist_model import Candidate, Page
from kmnist_model.errors import FormatError
from kmnist_model.formats import page_json
from tests.formats import made


@pytest.mark.parametrize("turned", [0, 90, 180, 270])
@pytest.mark.parametrize("direction", ["vertical", "horizontal"])
def test_what_is_read_back_is_the_page(direction: str, turned: int) -> None:
    page = made.page(direction, turned, 1.25)
    assert page_json.read(json.loads(json.dumps(page.as_dict()))) == page
    assert page_json.read(Page((), (3, 2)).as_dict()) == Page((), (3, 2))


@settings(max_examples=50, deadline=None)
@given(made.pages())
def test_the_text_of_any_page_is_kept(page: Page) -> None:
    read = page_json.read(page.as_dict())
    assert (read.text, [line.kind for line in read.text_lines]) == (page.text, [line.kind for line in page.text_lines])


def test_a_correction_is_certain() -> None:
    said = made.page().as_dict(1)
    said["characters"][15] |= {"corrected": True, "character": "ぬ"}
    said["characters"][0] |= {"corrected": True, "character": "お"}
    page = page_json.read(said)
    assert page.text == made.TEXT.replace("〓", "ぬ").replace("い", "お", 1)
    assert page.characters[0].reading.candidates == (Candidate("お", "", 1.0), Candidate("い", "x", 0.9))
    assert page.characters[15].reading.candidates == (Candidate("ぬ", "x", 1.0),)


def changes() -> list[tuple[list[Any], Any]]:
    character = ["characters", 0]
    return [
        ([], None), ([], []), ([], "page"), (["characters"], None), (["characters"], [1]), (["size"], {"width": "x", "height": 3}),
        (["size"], {"width": 0, "height": 3}), (["size"], {"width": 10**9, "height": 3}), (["direction"], "up"), (["turned"], 45),
        (["skew"], float("nan")), (["kinds"], ["title"]), ([*character, "box", "x"], -1), ([*character, "box", "width"], 10**400),
        ([*character, "box", "y"], float("inf")), ([*character, "verdict"], "sure"), ([*character, "candidates"], []),
        ([*character, "candidates", 0, "probability"], 7), ([*character, "candidates", 0, "probability"], float("nan")),
    ]  # fmt: skip


@pytest.mark.parametrize(("place", "value"), changes(), ids=str)
def test_anything_else_is_refused_in_one_sentence(place: list[Any], value: Any) -> None:
    said: Any = copy.deepcopy(made.page().as_dict(1))
    if place:
        inner = said
        for key in place[:-1]:
            inner = inner[key]
        inner[place[-1]] = value
    else:
        said = value
    with pytest.raises(FormatError, match=r"^This is no page as JSON: .*\.$"):
        page_json.read(said)
