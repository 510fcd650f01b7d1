"""Pages to write: one with ruby, notes and unknown characters, turned any way, and Hypothesis's."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from kmnist_model import Box, Candidate, Character, Line, Page, Reading
from kmnist_model.formats.strings import clean

NO_INK = np.zeros((0, 0), np.uint8)
SIZE = (600, 800)
OTHERS = (Candidate("す", "su", 0.0625), Candidate("は", "ha", 0.03125))
COLUMNS = (  # text, left, top, side of a character, column, kind
    ("いろはにほへと", 480, 50, 60, 0, "main"),
    ("かな", 545, 186, 25, 0, "ruby"),
    ("ちりぬ\U0001b001を", 380, 50, 60, 1, "main"),
    ("わかよ?", 330, 400, 30, 2, "note"),
    ("たれそ", 290, 400, 30, 3, "note"),
)
TEXT = "いろはにほへと\nちりぬ\U0001b001を\nわかよ〓\nたれそ"


def character(text: str, box: tuple[int, int, int, int], column: int) -> Character:
    """A character of that text, unknown for "?"."""
    verdict = "unknown" if text == "?" else "character"
    best = Candidate("ぬ" if text == "?" else text, "x", 0.9)
    return Character(Box(*box), column, Reading(verdict, (best, *OTHERS), NO_INK))


def page(direction: str = "vertical", turned: int = 0, skew: float = 0.0) -> Page:
    """Two columns, ruby beside the third character of the first, and a note in two lines, which lie `turned` in the picture."""
    size = SIZE if direction == "vertical" else (SIZE[1], SIZE[0])
    lines = []
    for text, left, top, side, column, kind in COLUMNS:
        characters = []
        for index, each in enumerate(text):
            along = top + index * (side + 8)
            box = (left, along, side, side) if direction == "vertical" else (along, SIZE[0] - left - side, side, side)
            characters.append(character(each, _turned(box, size, turned), column))
        lines.append(Line(tuple(characters), kind))
    return Page(tuple(lines), size[::-1] if turned % 180 else size, direction, skew, turned)


def _turned(box: tuple[int, int, int, int], size: tuple[int, int], turned: int) -> tuple[int, int, int, int]:
    """A box on a sheet of that size after quarter turns clockwise."""
    (x, y, width, height), (across, down) = box, size
    for _ in range(turned // 90):
        x, y, width, height = down - y - height, x, height, width
        across, down = down, across
    return x, y, width, height


texts = st.one_of(st.sampled_from("おきす漢\U0001b001\U00020b9f"), st.text(st.characters(), min_size=1, max_size=3))
candidates = st.builds(Candidate, texts, st.text(max_size=4), st.floats(0, 1))
readings = st.builds(
    Reading,
    st.sampled_from(["character", "perhaps", "unknown", "blank"]),
    st.lists(candidates, min_size=1, max_size=4).map(tuple),
    st.just(NO_INK),
)
boxes = st.builds(Box, *[st.integers(0, 5000)] * 2, *[st.integers(0, 300)] * 2)


@st.composite
def pages(draw: st.DrawFn) -> Page:
    """Any page that the reader could answer, and many that it would not."""
    lines, column = [], -1
    for kind in draw(st.lists(st.sampled_from(["main", "note", "ruby"]), max_size=5)):
        column += kind != "ruby"
        drawn = draw(st.lists(st.tuples(boxes, readings), max_size=4))
        lines.append(Line(tuple(Character(box, max(column, 0), reading) for box, reading in drawn), kind))
    size = draw(st.tuples(st.integers(1, 9000), st.integers(1, 9000)))
    return Page(
        tuple(lines),
        size,
        draw(st.sampled_from(["vertical", "horizontal"])),
        draw(st.floats(-45, 45)),
        draw(st.sampled_from([0, 90, 180, 270])),
    )


def has_xml_texts(page: Page) -> bool:
    """Whether XML can hold every text of a page."""
    found = [
        text for line in page.lines for each in line.characters for one in each.reading.candidates for text in (one.character, one.romaji)
    ]
    return all(clean(text) == text for text in found)
