"""Lines with the ruby that follows them -> which characters each ruby stands beside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kmnist_model.formats.layout import geometry
from kmnist_model.page.types import Line, Page


@dataclass(frozen=True)
class Gloss:
    """The `rubies` beside the characters `start` to `end` (without it) of a line; both are 0 for ruby beside no line."""

    start: int
    end: int
    rubies: tuple[int, ...]  # indices of the page's lines


def glossed(page: Page) -> Iterator[tuple[int | None, list[Gloss]]]:
    """The index of each line of text with its glosses, in order and apart; first None, if ruby stands before any line."""
    owner: int | None = None
    waiting: list[int] = []
    for number, line in enumerate(page.lines):
        if line.kind == "ruby":
            waiting.append(number)
            continue
        if owner is not None or waiting:
            yield owner, _glosses(page, owner, waiting)
        owner, waiting = number, []
    if owner is not None or waiting:
        yield owner, _glosses(page, owner, waiting)


def _glosses(page: Page, owner: int | None, rubies: list[int]) -> list[Gloss]:
    if owner is None or not page.lines[owner].characters:
        return [Gloss(0, 0, tuple(rubies))] if rubies else []
    spans = sorted((*_beside(page.lines[owner], page.lines[ruby], page), ruby) for ruby in rubies)
    found: list[Gloss] = []
    for start, end, ruby in spans:
        if found and start < found[-1].end:  # two rubies beside one character
            found[-1] = Gloss(found[-1].start, max(end, found[-1].end), (*found[-1].rubies, ruby))
        else:
            found.append(Gloss(start, end, (ruby,)))
    return found


def _beside(line: Line, ruby: Line, page: Page) -> tuple[int, int]:
    """The range of a line's characters whose middles the ruby spans; the nearest character if it spans none."""
    low, high = geometry.span(geometry.line_box(ruby), page)
    middles = [sum(geometry.span(character.box, page)) / 2 for character in line.characters]
    inside = [index for index, middle in enumerate(middles) if low <= middle <= high]
    if not inside:
        nearest = min(range(len(middles)), key=lambda index: abs(middles[index] - (low + high) / 2))
        return nearest, nearest + 1
    return inside[0], inside[-1] + 1
