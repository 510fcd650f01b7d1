"""Photographs of one character in the twelve scenes that people bring: table, thumb, shadow, practice square, squared paper and others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from synthetic_pages import camera
from synthetic_pages.camera import Layer, Picture
from synthetic_pages.maker import Source

_INKS = ((0.1, 0.1, 0.11), (0.08, 0.08, 0.09), (0.14, 0.15, 0.2), (0.12, 0.18, 0.5), (0.55, 0.1, 0.1))  # black, felt pen, blue, red
_PRINTS = ((0.55, 0.68, 0.85), (0.6, 0.6, 0.62), (0.55, 0.75, 0.6), (0.7, 0.45, 0.25), (0.85, 0.45, 0.45), (0.2, 0.2, 0.22))
_PAPERS = ((0.96, 0.96, 0.95), (0.95, 0.93, 0.87), (0.9, 0.88, 0.82), (0.86, 0.86, 0.84), (0.97, 0.95, 0.78))


@dataclass(frozen=True)
class Scene:
    """A `picture` of one `character`."""

    picture: Image.Image
    character: str


class _Sheet:
    """A sheet (side, side) with one glyph in the middle third, to print on."""

    def __init__(self, rng: np.random.Generator, glyph: NDArray[np.uint8], share: tuple[float, float], side: int = 1200) -> None:
        self.rng, self.side = rng, side
        self.size = rng.uniform(*share) * side  # px, the glyph's longest side
        self.glyph = _enlarge(glyph, self.size)
        self.left, self.top = (
            round(float(np.clip((side - extent) / 2 + rng.uniform(-0.08, 0.08) * side, 4, side - extent - 4)))
            for extent in self.glyph.shape[::-1]
        )
        tone = np.array(_PAPERS[rng.integers(len(_PAPERS))], np.float32)
        grain = 1 + 0.008 * camera.noise(rng, (side, side), 2) + 0.008 * camera.noise(rng, (side, side), 40)
        self.picture: Picture = cv2.merge([np.minimum(grain * share, np.float32(1)) for share in tone])

    @property
    def middle(self) -> tuple[float, float]:
        return self.left + self.glyph.shape[1] / 2, self.top + self.glyph.shape[0] / 2

    @property
    def box(self) -> tuple[float, float, float, float]:
        return self.left, self.top, self.left + self.glyph.shape[1], self.top + self.glyph.shape[0]

    def print_lines(self, lines: Layer, colour: tuple[float, float, float] | None = None) -> None:
        """Print `lines` (side, side) in one colour."""
        colour = colour or _PRINTS[self.rng.integers(len(_PRINTS))]
        printed = lines > 0
        self.picture[printed] *= 1 - lines[printed][:, None] * (1 - np.array(colour, np.float32))

    def write(self, strength: float = 1.0, colour: tuple[float, float, float] | None = None) -> Picture:
        """Write the glyph, over whatever is printed."""
        below = self.picture[self.top : self.top + self.glyph.shape[0], self.left : self.left + self.glyph.shape[1]]
        ink = (self.glyph * np.float32(strength))[:, :, None]
        chosen = np.array(colour or _INKS[self.rng.integers(len(_INKS))], np.float32)
        below[:] = below * (1 - ink) + np.minimum(chosen, below) * ink
        return self.picture


def _enlarge(glyph: NDArray[np.uint8], size: float) -> Layer:
    """The glyph cropped to its ink, `size` px long, with a pen's sharp edges."""
    rows, columns = np.flatnonzero((glyph > 64).any(1)), np.flatnonzero((glyph > 64).any(0))
    cropped = np.pad(glyph[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].astype(np.float32) / 255, 1)
    scale = size / max(cropped.shape)
    drawn = cv2.resize(cropped, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA)
    sharp = max(1.0, scale / 3)
    return np.clip((cv2.GaussianBlur(drawn, (0, 0), max(scale / 4, 0.1)) - 0.42) * sharp + 0.42, 0, 1)


def _lines(side: int) -> Layer:
    return np.zeros((side, side), np.float32)


def _stroke(lines: Layer, a: tuple[float, float], b: tuple[float, float], width: float) -> None:
    """A printed line from `a` to `b`, x, y in px, `width` px wide, at fractions of a pixel."""
    ends = [tuple(round(value * 16) for value in point) for point in (a, b)]
    cv2.line(lines, ends[0], ends[1], 1.0, max(1, round(width)), cv2.LINE_AA, 4)


def _framed(sheet: _Sheet, margin: float) -> tuple[float, float, float, float]:
    """A square around the glyph, `margin` of its size away."""
    x, y = sheet.middle
    half = sheet.size * (0.5 + margin)
    return x - half, y - half, x + half, y + half


def _view(rng: np.random.Generator, sheet: Picture, degrees: float = 5) -> Picture:
    """A picture filled by the sheet, turned and seen at an angle."""
    return camera.filled(sheet, camera.tilted(rng, sheet.shape[:2], degrees) - 100, (sheet.shape[0] - 200, sheet.shape[1] - 200))


def _lit(rng: np.random.Generator, picture: Picture, depth: float = 0.4) -> Image.Image:
    picture *= camera.lamp(rng, picture.shape[:2], rng.uniform(0, depth))[:, :, None]
    return camera.expose(rng, picture)


def _plain(rng: np.random.Generator, glyph: NDArray[np.uint8]) -> Image.Image:
    return _lit(rng, _view(rng, _Sheet(rng, glyph, (0.35, 0.7)).write()))


def _table(rng: np.random.Generator, glyph: NDArray[np.uint8]) -> Image.Image:
    sheet = _Sheet(rng, glyph, (0.3, 0.6), 900).write()
    ground = camera.table(rng, (1200, round(1200 * rng.uniform(1, 1.33))))
    corners = camera.tilted(rng, (900, 900), 8, 0.05) * rng.uniform(0.65, 0.95)
    room = np.array(ground.shape[1::-1]) - corners.max(0) - corners.min(0)
    return _lit(rng, camera.lay(rng, sheet, ground, corners + room * rng.uniform(0.35, 0.65, 2).astype(np.float32)))


def _corner(rng: np.random.Generator, glyph: NDArray[np.uint8]) -> Image.Image:
    made = _Sheet(rng, glyph, (0.25, 0.45))
    sheet = made.write()
    ground = camera.table(rng, (1200, 1200))
    corners = camera.tilted(rng, (1200, 1200), 10, 0.04) * rng.uniform(0.95, 1.25)
    away = rng.uniform(0.05, 0.2) * 1200 * rng.choice([-1, 1], 2)  # the table is seen on two sides
    room = (np.array([1200, 1200]) - corners.max(0) - corners.min(0)) / 2
    return _lit(rng, camera.lay(rng, sheet, ground, (corners + room + away).astype(np.float32)))


def _thumb(rng: np.random.Generator, glyph: NDArray[np.uint8]) -> Image.Image:
    sheet = _Sheet(rng, glyph, (0.3, 0.55), 1100)
    picture = sheet.write()
    margin = 0.06 * sheet.side
    free = (sheet.box[0] - margin, sheet.box[1] - margin, sheet.box[2] + margin, sheet.box[3] + margin)
    return _lit(rng, camera.thumb(rng, picture, free))


def _shadow(rng: np.random.Generator, glyph: NDArray[np.uint8]) -> Image.Image:
    sheet = _Sheet(rng, glyph, (0.35, 0.65), 1100)
    picture = sheet.write()
    return _lit(rng, picture * camera.shadow(rng, picture.shape[:2], sheet.middle, sheet.size)[:, :, None], 0.25)


def _practice(rng: np.random.Generator, glyph: NDArray[np.uint8]) -> Image.Image:
    sheet = _Sheet(rng, glyph, (0.35, 0.6))
    left, top, right, bottom = _framed(sheet, rng.uniform(0.12, 0.3))
    frame, cross = _lines(sheet.side), _lines(sheet.side)
    width = rng.uniform(2, 6)
    for a, b in (
        ((left, top), (right, top)),
        ((right, top), (right, bottom)),
        ((right, bottom), (left, bottom)),
        ((left, bottom), (left, top)),
    ):
        _stroke(frame, a, b, width)
    dash, x, y = rng.uniform(8, 22), (left + right) / 2, (top + bottom) / 2
    share, thin = rng.uniform(0.45, 0.65), rng.uniform(1, max(1.2, 0.7 * width))
    for start in np.arange(0, right - left - dash * share, dash):
        _stroke(cross, (left + start, y), (left + start + dash * share, y), thin)
        _stroke(cross, (x, top + start), (x, top + start + dash * share), thin)
    colour = _PRINTS[rng.integers(len(_PRINTS))]
    sheet.print_lines(frame, colour)
    sheet.print_lines(cross * np.float32(rng.uniform(0.5, 1)), colour)
    return _lit(rng, _view(rng, sheet.write()))


def _square(rng: np.random.Generator, glyph: NDArray[np.uint8]) -> Image.Image:
    sheet = _Sheet(rng, glyph, (0.3, 0.6))
    left, top, right, bottom = _framed(sheet, rng.uniform(0.08, 0.25))
    side, width = right - left, rng.uniform(1.5, 5)
    gutter = rng.uniform(0.12, 0.3) * side if rng.random() < 0.5 else 0.0  # manuscript paper leaves room for furigana beside the column
    lines = _lines(sheet.side)
    if rng.random() < 0.35:  # one square
        cv2.rectangle(lines, (round(left), round(top)), (round(right), round(bottom)), 1.0, round(width), cv2.LINE_AA)
    else:  # part of a manuscript sheet
        for column in range(-4, 5):
            x = left + column * (side + gutter)
            for edge in {x, x + side}:
                _stroke(lines, (edge, -9), (edge, sheet.side + 9), width)
            for row in range(-5, 6):
                _stroke(lines, (x, top + row * side), (x + side, top + row * side), width)
    sheet.print_lines(lines)
    return _lit(rng, _view(rng, sheet.write()))


def _graph(rng: np.random.Generator, glyph: NDArray[np.uint8]) -> Image.Image:
    sheet = _Sheet(rng, glyph, (0.3, 0.6))
    pitch, width, bold = rng.uniform(30, 90), rng.uniform(1, 3), rng.random() < 0.3
    lines = _lines(sheet.side)
    for number, place in enumerate(np.arange(rng.uniform(0, pitch), sheet.side, pitch)):
        thick = width * (1.8 if bold and number % 5 == 0 else 1)
        _stroke(lines, (place, -9), (place, sheet.side + 9), thick)
        _stroke(lines, (-9, place), (sheet.side + 9, place), thick)
    sheet.print_lines(lines * np.float32(rng.uniform(0.5, 1)), _PRINTS[rng.integers(5)])
    return _lit(rng, _view(rng, sheet.write()))


def _ruled(rng: np.random.Generator, glyph: NDArray[np.uint8]) -> Image.Image:
    sheet = _Sheet(rng, glyph, (0.3, 0.6))
    pitch, width, upright = rng.uniform(70, 220), rng.uniform(1.5, 4), rng.random() < 0.35
    lines = _lines(sheet.side)
    for place in np.arange(rng.uniform(0, pitch), sheet.side, pitch):
        a, b = (-9.0, float(place)), (sheet.side + 9.0, float(place))
        _stroke(lines, a[::-1] if upright else a, b[::-1] if upright else b, width)
    sheet.print_lines(lines)
    return _lit(rng, _view(rng, sheet.write()))


def _binder(rng: np.random.Generator, glyph: NDArray[np.uint8]) -> Image.Image:
    sheet = _Sheet(rng, glyph, (0.3, 0.55))
    side, lines = sheet.side, _lines(sheet.side)
    edge = rng.uniform(0.08, 0.14) * side
    mirrored = rng.random() < 0.4
    place = side - edge - 60 if mirrored else edge + 60
    _stroke(lines, (place, -9), (place, side + 9), rng.uniform(1.5, 4))
    if rng.random() < 0.5:
        pitch = rng.uniform(70, 200)
        for row in np.arange(rng.uniform(0, pitch), side, pitch):
            _stroke(lines, (-9, row), (side + 9, row), 2)
    sheet.print_lines(lines)
    picture = sheet.write()
    holes, count = _lines(side), int(rng.integers(2, 8))
    radius = rng.uniform(0.014, 0.028) * side
    for row in np.linspace(0.15, 0.85, count) * side:
        cv2.circle(holes, (round(side - edge if mirrored else edge), round(row)), round(radius), 1.0, -1, cv2.LINE_AA)
    under = np.array(rng.uniform(0.08, 0.45)) * rng.uniform(0.8, 1.2, 3)
    picture = picture * (1 - holes[:, :, None]) + under.astype(np.float32) * holes[:, :, None]
    return _lit(rng, _view(rng, picture, 3))


def _pencil(rng: np.random.Generator, glyph: NDArray[np.uint8]) -> Image.Image:
    sheet = _Sheet(rng, glyph, (0.35, 0.65))
    tooth = 1 + 0.18 * camera.noise(rng, sheet.glyph.shape, 2.5)
    sheet.glyph = np.clip(sheet.glyph * tooth, 0, 1).astype(np.float32)
    grey = rng.uniform(0.3, 0.5)
    return _lit(rng, _view(rng, sheet.write(rng.uniform(0.5, 0.85), (grey, grey, grey * 1.03))))


def _tiny(rng: np.random.Generator, glyph: NDArray[np.uint8]) -> Image.Image:
    side = 2000
    sheet = _Sheet(rng, glyph, (0.035, 0.08), side)
    sheet.left, sheet.top = (round(float(rng.uniform(0.2, 0.75)) * side) for _ in range(2))
    return _lit(rng, _view(rng, sheet.write(), 3)[:1500])


SCENES: dict[str, Callable[[np.random.Generator, NDArray[np.uint8]], Image.Image]] = {
    "plain": _plain,
    "table": _table,
    "corner": _corner,
    "thumb": _thumb,
    "shadow": _shadow,
    "practice square": _practice,
    "manuscript square": _square,
    "squared paper": _graph,
    "ruled paper": _ruled,
    "binder": _binder,
    "pencil": _pencil,
    "tiny": _tiny,
}


def make_scene(name: str, seed: int, source: Source) -> Scene:
    """One photograph of the scene called `name`, with a glyph of `source`."""
    rng = np.random.default_rng([seed, list(SCENES).index(name)])
    character, glyph = source(rng)
    return Scene(SCENES[name](rng, glyph), character)
