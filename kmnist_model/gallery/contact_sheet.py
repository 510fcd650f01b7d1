"""A picture of inks with the real characters nearest to each: a row for each ink."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from kmnist_model.gallery.gallery import ATTRIBUTION, LICENCE, Neighbour

_SIDE, _GAP, _FOOT = 96, 8, 22  # px
_SMALL = 11  # px, of the attribution's letters


def contact_sheet(rows: Sequence[tuple[NDArray[np.uint8], Sequence[Neighbour]]]) -> Image.Image:
    """A grey picture, dark ink on white: of each row the ink (size, size) uint8, a line, and its neighbours; the attribution below."""
    most = max((len(neighbours) for _, neighbours in rows), default=0)
    width, height = (most + 1) * (_SIDE + _GAP) + 3 * _GAP, len(rows) * (_SIDE + _GAP) + _GAP
    words, font = f"{ATTRIBUTION}. {LICENCE}.".replace("“", '"').replace("”", '"'), ImageFont.load_default(_SMALL)
    lines = _wrapped(words, font, width - 2 * _GAP)
    sheet = Image.new("L", (width, height + _FOOT * len(lines)), 255)
    draw = ImageDraw.Draw(sheet)
    for number, (ink, neighbours) in enumerate(rows):
        top = _GAP + number * (_SIDE + _GAP)
        sheet.paste(_dark(ink), (_GAP, top))
        line = 2 * _GAP + _SIDE
        draw.line((line, top, line, top + _SIDE), fill=160)
        for place, neighbour in enumerate(neighbours):
            sheet.paste(_dark(neighbour.picture), (3 * _GAP + _SIDE + place * (_SIDE + _GAP), top))
    for number, text in enumerate(lines):
        draw.text((_GAP, height + number * _FOOT), text, fill=96, font=font)
    return sheet


def _dark(ink: NDArray[np.uint8]) -> Image.Image:
    return Image.fromarray(255 - ink).resize((_SIDE, _SIDE), Image.Resampling.BICUBIC)


def _wrapped(words: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: int) -> list[str]:
    """The words in lines of at most `width` px."""
    lines = [""]
    for word in words.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and font.getlength(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines
