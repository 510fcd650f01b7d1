"""What the page reader answers: a Page of Lines of Characters, each with its Box."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, Literal, NamedTuple

from kmnist_model.types import Reading

Direction = Literal["auto", "vertical", "horizontal"]
UNKNOWN = "〓"  # the printers' geta mark, for a character outside the alphabet


class Box(NamedTuple):
    """An upright rectangle in px: its top left corner `x`, `y`, its `width` and `height`."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """The first column of pixels to the right of the box."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """The first row of pixels below the box."""
        return self.y + self.height

    def scaled(self, across: float, down: float) -> Box:
        """The box in a picture resized by these factors, rounded to whole pixels."""
        return Box(round(self.x * across), round(self.y * down), round(self.width * across), round(self.height * down))


@dataclass(frozen=True, slots=True)
class Character:
    """One character of a page.

    Its `box` is in px of the upright picture, `column` is the index of its column in reading order, for ruby of the column that it stands
    beside, `reading` is what it was read as.
    """

    box: Box
    column: int
    reading: Reading

    @property
    def text(self) -> str:
        """The best candidate, or 〓 for a character outside the alphabet."""
        return self.reading.candidates[0].character if self.reading.verdict == "character" else UNKNOWN

    def as_dict(self, top: int | None = None) -> dict[str, Any]:
        """Plain JSON values, with the first `top` candidates (all by default)."""
        x, y, width, height = self.box
        box = {"x": x, "y": y, "width": width, "height": height}
        return {"character": self.text, "column": self.column, "box": box, **self.reading.as_dict(top)}


@dataclass(frozen=True, slots=True)
class Line:
    """One column of vertical or line of horizontal writing: its `characters` in reading order.

    `kind` is "main", "note" (one of two narrow lines within a column, warichu) or "ruby" (furigana: the reading of characters beside it).
    """

    characters: tuple[Character, ...]
    kind: str = "main"

    @property
    def text(self) -> str:
        """The line's characters as a string."""
        return "".join(character.text for character in self.characters)


@dataclass(frozen=True, slots=True)
class Page:
    """The writing on a page: its `lines` in reading order.

    Ruby follows the line that it stands beside and is no part of the text. `size` is the (width, height) of the upright picture in px,
    `direction` is "vertical" or "horizontal", `skew` is the page's rotation in degrees, clockwise; `turned` is 0, 90, 180 or 270: the
    degrees, clockwise, by which the page lies turned in the picture besides.
    """

    lines: tuple[Line, ...]
    size: tuple[int, int]
    direction: str = "vertical"
    skew: float = 0.0
    turned: int = 0

    @classmethod
    def from_characters(
        cls, characters: Sequence[Character], size: tuple[int, int], direction: str = "vertical", skew: float = 0.0
    ) -> Page:
        """A page of `characters` in reading order, a line for each `column`."""
        lines = tuple(Line(tuple(group)) for _, group in groupby(characters, lambda character: character.column))
        return cls(lines, size, direction, skew)

    @property
    def text_lines(self) -> tuple[Line, ...]:
        """The lines of the text, ruby left out."""
        return tuple(line for line in self.lines if line.kind != "ruby")

    @property
    def ruby(self) -> tuple[Line, ...]:
        """The lines of ruby."""
        return tuple(line for line in self.lines if line.kind == "ruby")

    @property
    def characters(self) -> tuple[Character, ...]:
        """All characters of the text in reading order, ruby left out."""
        return tuple(character for line in self.text_lines for character in line.characters)

    @property
    def columns(self) -> int:
        """The number of lines of the text."""
        return len(self.text_lines)

    @property
    def text(self) -> str:
        """The characters in reading order, one line of text for each column, ruby left out."""
        return "\n".join(line.text for line in self.text_lines)

    def scaled(self, size: tuple[int, int]) -> Page:
        """The page with its boxes in px of a picture of that `size` (width, height)."""
        across, down = size[0] / self.size[0], size[1] / self.size[1]
        lines = tuple(
            replace(line, characters=tuple(replace(each, box=each.box.scaled(across, down)) for each in line.characters))
            for line in self.lines
        )
        return replace(self, lines=lines, size=size)

    def as_dict(self, top: int | None = None) -> dict[str, Any]:
        """Plain JSON values, with the first `top` candidates of each character (all by default)."""
        return {
            "text": self.text,
            "size": {"width": self.size[0], "height": self.size[1]},
            "direction": self.direction,
            "skew": round(self.skew, 2),
            "turned": self.turned,
            "columns": self.columns,
            "kinds": [line.kind for line in self.text_lines],
            "characters": [character.as_dict(top) for character in self.characters],
            "ruby": [{"text": line.text, "characters": [each.as_dict(top) for each in line.characters]} for line in self.ruby],
        }
