"""Draws pictures of characters from KanjiVG's strokes; compares inks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from train.data.drawing import strokes


def glyph(character: str, side: int = 200, pen: float = 0.06, margin: float = 0.1) -> Image.Image:
    """`character` in black on white, (side, side) mode L, antialiased; `pen` and `margin` are shares of the side."""
    fine = 8 if side <= 100 else 2
    square = Image.new("L", (side * fine, side * fine), 255)
    draw = ImageDraw.Draw(square)
    full, width = side * fine, max(1, round(pen * side * fine))
    for stroke in strokes.load(character):
        line = [(x, y) for x, y in (stroke / 109 * (1 - 2 * margin) + margin) * full]
        draw.line(line, fill=0, width=width, joint="curve")
        for x, y in (line[0], line[-1]):
            draw.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), fill=0)
    return square.reduce(fine)


def likeness(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """The correlation of two inks: 1 for the same, about 0 for unlike ones; 0 where one is blank."""
    if not one.any() or not other.any():
        return 0.0
    return float(np.corrcoef(one.ravel().astype(float), other.ravel().astype(float))[0, 1])


def box(ink: NDArray[np.uint8]) -> tuple[int, int, int, int]:
    """Left, top, right and bottom (both exclusive) of what is at least half as bright as full ink."""
    rows, columns = np.flatnonzero((ink > 127).any(1)), np.flatnonzero((ink > 127).any(0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
