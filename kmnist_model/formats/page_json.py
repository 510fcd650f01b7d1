"""What `Page.as_dict` says -> the Page again, with the corrections that someone made to it."""

from __future__ import annotations

from typing import Any, cast, get_args

import numpy as np

from kmnist_model.errors import FormatError
from kmnist_model.page.types import Box, Character, Line, Page
from kmnist_model.types import Candidate, Reading, Verdict

_NO_INK = np.zeros((0, 0), np.uint8)
_MAX_SIDE = 1_000_000  # px, of a picture
_KINDS = ("main", "note", "ruby")


def read(said: Any) -> Page:
    """The page of a JSON object with the fields of `Page.as_dict`; the readings' `ink` is of no size.

    A character whose `corrected` is true is certainly its `character`. Ruby follows the line whose number its characters have as their column.
    Raises `FormatError`.
    """
    try:
        return _page(said)
    except (AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError):
        raise FormatError("This is no page as JSON: give what read_page says of one.") from None


def _page(said: Any) -> Page:
    characters = [_character(each) for each in said["characters"]]
    size = (int(said["size"]["width"]), int(said["size"]["height"]))
    direction, skew, turned = str(said["direction"]), float(said["skew"]), int(said.get("turned", 0))
    sides = [*size, *(abs(side) for each in characters for side in each.box)]
    if direction not in ("vertical", "horizontal") or not abs(skew) <= 180 or turned not in (0, 90, 180, 270) or max(sides) > _MAX_SIDE:
        raise ValueError
    if min(size) < 1 or any(min(each.box) < 0 for each in characters):
        raise ValueError
    rubies = [Line(tuple(_character(each) for each in ruby["characters"]), "ruby") for ruby in said.get("ruby", ())]
    kinds = list(said.get("kinds") or ["main"] * int(said["columns"]))
    lines = [ruby for ruby in rubies if not kinds and ruby.characters]
    for column, kind in enumerate(kinds):
        if kind not in _KINDS:
            raise ValueError
        lines.append(Line(tuple(each for each in characters if each.column == column), kind))
        lines += [ruby for ruby in rubies if ruby.characters and ruby.characters[0].column == column]
    return Page(tuple(lines), size, direction, skew, turned)


def _character(said: Any) -> Character:
    box, verdict = said["box"], said["verdict"]
    candidates = tuple(Candidate(str(each["character"]), str(each["romaji"]), float(each["probability"])) for each in said["candidates"])
    if verdict not in get_args(Verdict) or not candidates or not all(0 <= each.probability <= 1.001 for each in candidates):
        raise ValueError
    if said.get("corrected"):
        right = str(said["character"])
        romaji = next((each.romaji for each in candidates if each.character == right), "")
        verdict, candidates = "character", (Candidate(right, romaji, 1.0), *(each for each in candidates if each.character != right))
    place = Box(*(int(box[side]) for side in ("x", "y", "width", "height")))
    return Character(place, int(said["column"]), Reading(cast(Verdict, verdict), candidates, _NO_INK))
