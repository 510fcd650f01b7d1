"""Boxes, base lines and rotation of a page's lines, as several formats write them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from statistics import fmean

from kmnist_model.page.types import Box, Character, Line, Page

Point = tuple[int, int]
_AHEAD = ((0, 1), (-1, 0), (0, -1), (1, 0))  # down, left, up, right: each a quarter turn clockwise after the one before


def around(boxes: Iterable[Box]) -> Box:
    """The smallest box around `boxes`, in px; of no size at the picture's corner without any."""
    found = list(boxes)
    if not found:
        return Box(0, 0, 0, 0)
    x, y = min(box.x for box in found), min(box.y for box in found)
    return Box(x, y, max(box.right for box in found) - x, max(box.bottom for box in found) - y)


def line_box(line: Line) -> Box:
    """The box around a line's characters, in px."""
    return around(character.box for character in line.characters)


def corners(box: Box) -> tuple[Point, ...]:
    """The four corners, clockwise from the top left, in px."""
    return (box.x, box.y), (box.right, box.y), (box.right, box.bottom), (box.x, box.bottom)


def points(places: Iterable[Point]) -> str:
    """Points in px as "x,y x,y"."""
    return " ".join(f"{x},{y}" for x, y in places)


def ahead(page: Page) -> tuple[int, int]:
    """The step (x, y) in the picture from a character to the next of its line, of length 1: downwards for upright columns."""
    return _AHEAD[((page.direction == "horizontal") * 3 + page.turned // 90) % 4]


def upright(page: Page) -> Page:
    """The page with its boxes in px of the picture that is turned so that the page is upright."""
    lines, (width, height) = page.lines, page.size
    for _ in range(page.turned // 90):  # a quarter turn back, counter-clockwise: the right side is the top again
        lines = tuple(
            replace(line, characters=tuple(replace(each, box=_turned_back(each.box, width)) for each in line.characters)) for line in lines
        )
        width, height = height, width
    return replace(page, lines=lines, size=(width, height), turned=0)


def _turned_back(box: Box, width: int) -> Box:
    """A box in a picture of that `width`, after a quarter turn counter-clockwise."""
    return Box(box.y, width - box.right, box.height, box.width)


def span(box: Box, page: Page) -> tuple[int, int]:
    """Start and end of a box in the direction of the line, in px from one of the picture's sides; below 0 from the right or the bottom."""
    across, down = ahead(page)
    one, other = box.x * across + box.y * down, box.right * across + box.bottom * down
    return min(one, other), max(one, other)


def base_line(line: Line, page: Page) -> tuple[Point, Point]:
    """Start and end of a line's base line, in px: down the middle of a column, along the feet of a horizontal line."""
    box, (across, down) = line_box(line), ahead(page)
    middle = (box.x + box.width // 2, box.y + box.height // 2)
    feet = _AHEAD[page.turned // 90 % 4] if page.direction == "horizontal" else (0, 0)
    x, y = (_side(box.x, middle[0], box.right, feet[0]), _side(box.y, middle[1], box.bottom, feet[1]))
    start = (_side(box.x, x, box.right, -across), _side(box.y, y, box.bottom, -down))
    return start, (_side(box.x, x, box.right, across), _side(box.y, y, box.bottom, down))


def _side(low: int, middle: int, high: int, step: int) -> int:
    return middle if not step else (high if step > 0 else low)


def correction(page: Page) -> float:
    """The degrees, clockwise, above -180 and up to 180, by which the picture has to be rotated for the page to be upright."""
    angle = -(page.turned + page.skew) % 360
    return angle - 360 if angle > 180 else angle


def confidence(character: Character) -> float | None:
    """The probability of what `character.text` says, 0..1; None where that is 〓."""
    return min(character.reading.candidates[0].probability, 1.0) if character.reading.verdict == "character" else None


def mean_confidence(line: Line) -> float | None:
    """The mean probability of a line's known characters, 0..1; None without any."""
    known = [each for each in map(confidence, line.characters) if each is not None]
    return fmean(known) if known else None
