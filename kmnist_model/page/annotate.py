"""A Page -> its picture with a coloured box and the romaji at each character."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from PIL import Image, ImageDraw, ImageFont

from kmnist_model.image import colours
from kmnist_model.page.types import Character, Page

SURE = 0.9  # probability: below it, a reading is marked as unsure
COLOURS = {"sure": "#009e73", "unsure": "#e69f00", "unknown": "#e0408a"}  # apart for colour-blind eyes, black letters legible on each
KINDS = {"note": "#0072b2", "ruby": "#56b4e9"}  # the boxes of notes and ruby, whose labels alone say how sure they are

_MIN_FONT = 9  # px: smaller letters are illegible


def annotate(image: Image.Image, page: Page) -> Image.Image:
    """An RGB copy of `image`, the upright picture that `page` was read from, with a box around each character and its romaji beside it.

    The font has the letters of ASCII alone: a label is the first of a kanji's readings, without macrons. The colour says whether the reading is sure (probability 0.9 or more), unsure or unknown; an unknown character's label is "?". Notes and ruby have boxes in their own colours, ruby without labels.
    """
    marked = Image.fromarray(colours(image, max(image.size)))
    drawn = [(character, each.kind) for each in page.lines for character in each.characters]
    if not drawn:
        return marked
    draw = ImageDraw.Draw(marked)
    side = (image.width * image.height) ** 0.5
    line = max(1, round(side / 500))
    typical = median(max(character.box[2:]) for character in page.characters or [each for each, _ in drawn])
    font = ImageFont.load_default(max(_MIN_FONT, min(side / 50, 0.45 * typical)))  # letters stay smaller than the characters
    for character, kind in drawn:  # all boxes first, so that no box crosses a label
        draw.rectangle(_frame(character, line), outline=KINDS.get(kind, COLOURS[sureness(character)]), width=line)
    for character in page.characters:
        _label(draw, character, image.size, line, font, page.direction == "horizontal")
    return marked


def places(pages: Sequence[str], folder: Path) -> dict[str, Path]:
    """The path in `folder` of each page's annotated picture: distinct, the same for the same pages, and never that of a page."""
    taken = {os.path.realpath(path).casefold() for path in pages}  # A.png and a.png are one file to some systems
    found = {}
    for path in pages:
        place, number = folder / f"{Path(path).stem}.png", 1
        while (key := os.path.realpath(place).casefold()) in taken:
            number += 1
            place = folder / f"{Path(path).stem}-{number}.png"
        taken.add(key)
        found[path] = place
    return found


def sureness(character: Character) -> str:
    """The confidence of the reading: "sure", "unsure" or "unknown"."""
    if character.reading.verdict != "character":
        return "unknown"
    return "sure" if character.reading.candidates[0].probability >= SURE else "unsure"


def label(romaji: str) -> str:
    """What is written beside a character: the first of the readings "chō, naga", in ASCII, as "cho"."""
    return unicodedata.normalize("NFD", romaji.partition(",")[0]).encode("ascii", "ignore").decode()


def _frame(character: Character, line: int) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of a frame of `line` px around the character's pixels."""
    x, y, width, height = character.box
    return x - line, y - line, x + width - 1 + line, y + height - 1 + line


def _label(
    draw: ImageDraw.ImageDraw,
    character: Character,
    size: tuple[int, int],
    line: int,
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
    above: bool,
) -> None:
    """Write the romaji into the gap beside the column, or `above` the line, inside a picture of `size`."""
    kind = sureness(character)
    text = "?" if kind == "unknown" else label(character.reading.candidates[0].romaji)
    if not text:  # a kanji whose readings no one gives
        return
    left, top, right, bottom = _frame(character, line)
    width, height = (round(side) + 2 * line for side in draw.textbbox((0, 0), text, font=font)[2:])
    if above:
        x, y = left, (top - height if top >= height else bottom + 1)
    else:
        x, y = (right + 1 if right + width < size[0] else left - width), top
    x, y = max(0, min(x, size[0] - width)), max(0, min(y, size[1] - height))
    draw.rectangle((x, y, x + width - 1, y + height - 1), fill=COLOURS[kind])
    draw.text((x + line, y + line), text, fill="black", font=font)
