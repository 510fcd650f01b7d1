"""Makes a synthetic page: glyphs in columns on damaged paper, photographed with the objects around it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from synthetic_pages import paper, table

Layer = NDArray[np.float32]  # (H, W), 0..1
Glyph = tuple[str, NDArray[np.uint8]]  # the character, "〓" for one outside the alphabet, and (28, 28) white ink
Source = Callable[[np.random.Generator], Glyph]


@dataclass(frozen=True)
class Truth:
    """The ground truth of one character: its `box` (x, y, width, height) in px of the picture, and its column or line in reading order."""

    character: str
    box: tuple[int, int, int, int]
    column: int


@dataclass(frozen=True)
class MadePage:
    """A synthetic page: `picture`, `characters` in reading order, `skew` in degrees clockwise, `direction`."""

    picture: Image.Image
    characters: list[Truth]
    skew: float
    direction: str

    @property
    def text(self) -> str:
        """The page's text, a line for each column."""
        columns = sorted({truth.column for truth in self.characters})
        return "\n".join("".join(truth.character for truth in self.characters if truth.column == column) for column in columns)


@dataclass(frozen=True)
class Setting:
    """The layout of a page: character `size` in px, `columns` x `rows`, `hard` or not, `horizontal` lines or not."""

    size: float
    columns: int
    rows: int
    hard: bool
    horizontal: bool


def make_page(
    seed: int, source: Source, hard: bool, characters: int | None = None, megapixels: float | None = None, direction: str | None = None
) -> MadePage:
    """Make the page of that `seed` from glyphs of `source`, with 20 to 300 characters by default, easy or `hard`."""
    rng = np.random.default_rng([seed, int(hard)])
    wanted = characters or round(np.exp(rng.uniform(np.log(20), np.log(300))))
    horizontal = rng.random() < 0.1 if direction is None else direction == "horizontal"
    columns = int(np.clip(round(np.sqrt(wanted * rng.uniform(0.4, 0.9))), 2, 24))
    rows = -(-wanted // columns)
    setting = Setting(rng.uniform(44, 84), columns, rows, hard, horizontal)
    ink, labels, truths, rules = _set(rng, source, setting, wanted)
    more = np.random.default_rng([seed, int(hard), 1])  # of its own, so that the rest of a page does not change with it
    ruled = hard and more.random() < 0.2
    if hard and more.random() < 0.15:
        ink, labels = _illustrate(more, ink, labels, setting.size)
    if megapixels:
        scale = np.sqrt(megapixels * 1e6 * 0.7 / ink.size)
        size = (round(ink.shape[1] * scale), round(ink.shape[0] * scale))
        ink, labels = cv2.resize(ink, size, interpolation=cv2.INTER_CUBIC), cv2.resize(labels, size, interpolation=cv2.INTER_NEAREST)
        setting = Setting(setting.size * scale, columns, rows, hard, horizontal)
        rules = [round(place * scale) for place in rules]
    printed = paper.rule(rules, ink.shape, setting.size, horizontal) if ruled else None
    sheet = paper.make_sheet(rng, np.clip(ink, 0, 1), setting.size, hard, printed)
    skew = float(rng.uniform(-8, 8) if hard else rng.uniform(-2, 2))
    picture, labels = table.photograph(rng, sheet, labels, skew, hard)
    if hard and more.random() < 0.15:
        picture, labels = table.copy_border(more, picture, labels)
    return MadePage(Image.fromarray(picture), _found(labels, truths), skew, "horizontal" if horizontal else "vertical")


def _set(
    rng: np.random.Generator, source: Source, setting: Setting, wanted: int
) -> tuple[Layer, NDArray[np.uint16], list[tuple[str, int]], list[int]]:
    """The type area: ink (H, W), the number of each pixel's character (0 for none), the characters with their columns, and positions of rules."""
    size, hard = setting.size, setting.hard
    pitch = size * (rng.uniform(1.3, 1.7) if hard else rng.uniform(1.4, 1.9))
    margin = round(size * rng.uniform(1.0, 2.0))
    length = round(size * 1.3 * setting.rows + 2 * margin)
    breadth = round(pitch * (setting.columns - 1) + size * 1.2 + 2 * margin)
    height, width = (breadth, length) if setting.horizontal else (length, breadth)
    ink, labels = np.zeros((height, width), np.float32), np.zeros((height, width), np.uint16)
    set_so_far: list[tuple[str, int]] = []
    slant = rng.uniform(-0.12, 0.12) if hard else 0.0
    reach = 0.0
    for column in range(setting.columns):
        along = margin + size * rng.uniform(0, 0.3)
        across = (0.6 * size + margin) + pitch * column
        sway = 0.0
        for _ in range(min(setting.rows, wanted - len(set_so_far))):
            character, glyph = source(rng)
            drawn = _grow(rng, glyph, size * (rng.uniform(0.75, 1.1) if hard else rng.uniform(0.85, 1.05)), slant, hard)
            sway = 0.8 * sway + rng.normal(0, 0.025 * size)
            extent, thickness = (drawn.shape[1], drawn.shape[0]) if setting.horizontal else drawn.shape
            if along + extent > length - 0.4 * margin:
                break
            centre = across + sway
            top = round(centre - thickness / 2) if setting.horizontal else round(along)
            left = round(along) if setting.horizontal else round(width - centre - drawn.shape[1] / 2)
            set_so_far.append((character, column))
            _put(ink, labels, drawn, top, left, len(set_so_far))
            along += extent + size * _gap(rng, hard)
            reach = max(reach, along)
    end = min(length, round(reach + margin))  # a short page ends where its writing ends
    between = [0.6 * size + margin + pitch * (column + 0.5) for column in range(setting.columns - 1)]
    rules = [round(place if setting.horizontal else width - place) for place in between]
    return (ink[:, :end], labels[:, :end], set_so_far, rules) if setting.horizontal else (ink[:end], labels[:end], set_so_far, rules)


def _illustrate(rng: np.random.Generator, ink: Layer, labels: NDArray[np.uint16], size: float) -> tuple[Layer, NDArray[np.uint16]]:
    """A drawing under the writing, as wide as the sheet, at times in a frame; it is no character."""
    height, width = round(size * rng.uniform(4, 6)), ink.shape[1]
    gap = round(0.6 * size)
    drawing = np.zeros((height + gap, width), np.float32)
    drawing[gap // 2 : gap // 2 + height, gap:-gap] = paper.draw(rng, height, width - 2 * gap)
    if rng.random() < 0.5:
        cv2.rectangle(drawing, (gap, gap // 2), (width - gap, gap // 2 + height - 1), 0.9, max(2, round(0.05 * size)))
    return np.vstack([ink, drawing]), np.vstack([labels, np.zeros(drawing.shape, np.uint16)])


def _gap(rng: np.random.Generator, hard: bool) -> float:
    """Between two characters of a column, in character sizes; below 0 they touch."""
    if not hard:
        return rng.uniform(0.12, 0.35)
    return rng.uniform(-0.06, 0.0) if rng.random() < 0.12 else rng.uniform(0.04, 0.3)


def _grow(rng: np.random.Generator, glyph: NDArray[np.uint8], longest: float, slant: float, hard: bool) -> Layer:
    """The glyph at page size, cropped to its ink, leaning, its ink uneven as a brush leaves it."""
    mask = glyph > 64
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    cropped = glyph[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].astype(np.float32) / 255
    cropped = np.pad(cropped, 3)
    scale = longest / (max(cropped.shape) - 6)
    angle = np.radians(rng.uniform(-4, 4)) if hard else 0.0
    lean = slant + (rng.uniform(-0.06, 0.06) if hard else 0.0)
    matrix = scale * np.array([[np.cos(angle), -np.sin(angle) - lean], [np.sin(angle), np.cos(angle)]])
    height, width = round(cropped.shape[0] * scale * 1.2), round(cropped.shape[1] * scale * 1.3) + 2
    centre = np.array(cropped.shape[::-1]) / 2
    move = np.array([width, height]) / 2 - matrix @ centre
    drawn = cv2.warpAffine(cropped, np.column_stack([matrix, move]), (width, height), flags=cv2.INTER_CUBIC)
    drawn = np.clip(drawn * 1.6 - 0.15, 0, 1)  # a pen's edge, not an enlargement's; hairlines stay
    rows, columns = np.flatnonzero((drawn > 0.3).any(1)), np.flatnonzero((drawn > 0.3).any(0))
    drawn = drawn[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    coarse = rng.uniform(0.55 if hard else 0.85, 1.0, (4, 4)).astype(np.float32)
    return drawn * np.clip(cv2.resize(coarse, drawn.shape[::-1], interpolation=cv2.INTER_CUBIC), 0, 1)


def _put(ink: Layer, labels: NDArray[np.uint16], drawn: Layer, top: int, left: int, number: int) -> None:
    top, left = max(top, 0), max(left, 0)
    place = (slice(top, top + drawn.shape[0]), slice(left, left + drawn.shape[1]))
    drawn = drawn[: ink[place].shape[0], : ink[place].shape[1]]
    labels[place][(drawn > 0.3) & (drawn > ink[place])] = number
    np.maximum(ink[place], drawn, out=ink[place])


def _found(labels: NDArray[np.uint16], truths: list[tuple[str, int]]) -> list[Truth]:
    """The box of each character in the picture."""
    rows, columns = np.nonzero(labels)
    numbers = labels[rows, columns].astype(np.int64)
    count = len(truths) + 1
    low, high = np.full((2, count), 10**9), np.full((2, count), -1)
    for axis, values in enumerate((columns, rows)):
        np.minimum.at(low[axis], numbers, values)
        np.maximum.at(high[axis], numbers, values)
    sides = high - low + 1
    return [
        Truth(character, (int(low[0, n]), int(low[1, n]), int(sides[0, n]), int(sides[1, n])), column)
        for n, (character, column) in enumerate(truths, 1)
    ]
