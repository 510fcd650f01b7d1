"""What a book page is made of: sized glyphs, the brush's way between them, marks, drawings and the title in the fold."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from synthetic_pages import paper
from synthetic_pages.book_glyphs import GlyphBank

Ink = NDArray[np.float32]  # (H, W), 0..1
KINDS = ("main", "ruby", "note")


@dataclass(frozen=True)
class Placed:
    """One character: its `box` left, top, right, bottom in px, its line's number and `kind`, an index into `KINDS`."""

    character: str
    box: tuple[int, int, int, int]
    line: int
    kind: int


@dataclass
class BookPage:
    """The `ink` of a page's text, that of everything else in print (`furniture`), and its characters in reading order."""

    ink: Ink
    furniture: Ink
    size: float
    characters: list[Placed] = field(default_factory=list)
    lines: int = 0


@dataclass(frozen=True)
class Style:
    """What a page's text has in common: sizes in character sizes, chances 0..1."""

    pitch: float  # of columns
    gap: float
    ruby: float
    kana_ruby: float
    ruby_size: float
    note: float
    note_size: float
    rules: bool
    linked: float
    touching: float
    sway: float
    slant: float
    pen: int
    marks: float
    ragged: float
    titles: float

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Style:
        """Any style."""
        ruby = float(rng.uniform(0.2, 0.9)) if rng.random() < 0.5 else 0.0
        return cls(
            pitch=max(rng.uniform(1.15, 2.3), rng.uniform(1.4, 2.0) if ruby else 0),
            gap=rng.uniform(-0.02, 0.3),
            ruby=ruby,
            kana_ruby=ruby * (rng.random() < 0.2),
            ruby_size=rng.uniform(0.3, 0.46),
            note=rng.uniform(0.03, 0.12) if rng.random() < 0.3 else 0.0,
            note_size=rng.uniform(0.42, 0.6),
            rules=rng.random() < 0.25,
            linked=rng.uniform(0.1, 0.6) if rng.random() < 0.5 else 0.0,
            touching=rng.uniform(0, 0.25),
            sway=rng.uniform(0.01, 0.06),
            slant=rng.normal(0, 0.04),
            pen=int(rng.integers(-1, 2)),
            marks=rng.uniform(0, 0.1) if rng.random() < 0.3 else 0.0,
            ragged=rng.uniform(0, 0.35),
            titles=rng.uniform(0.2, 0.8) if rng.random() < 0.4 else 0.0,
        )


def sized(rng: np.random.Generator, glyph: NDArray[np.uint8], character: str, size: float, style: Style) -> Ink:
    """The glyph as large as it stands in a line: kanji fill their square, long kana reach over it, flat ones keep its width."""
    height, width = glyph.shape
    aspect = height / width
    if character >= "一":
        longest = size * rng.uniform(0.85, 1.15)
    elif aspect > 1.8:
        longest = size * rng.uniform(0.8, 0.9 + 0.35 * min(aspect, 3))
    elif aspect < 0.6:
        longest = size * rng.uniform(0.6, 1.05)
    else:
        longest = size * rng.uniform(0.6, 1.05)
    scale = longest / max(height, width)
    angle = np.radians(rng.normal(0, 3))
    squeeze = np.exp(rng.normal(0, 0.08))
    matrix = scale * np.array([[np.cos(angle) * squeeze, -np.sin(angle) + style.slant], [np.sin(angle), np.cos(angle) / squeeze]])
    if scale < 0.6:
        shrunk = cv2.resize(glyph, None, fx=max(scale * 2, 2 / width), fy=max(scale * 2, 2 / height), interpolation=cv2.INTER_AREA)
        matrix = matrix @ np.diag([width / shrunk.shape[1], height / shrunk.shape[0]])
        glyph = shrunk
    size_out = (np.abs(matrix) @ np.array(glyph.shape[::-1]) + 4).astype(int)
    move = size_out / 2 - matrix @ (np.array(glyph.shape[::-1]) / 2)
    drawn = cv2.warpAffine(glyph, np.column_stack([matrix, move]), (int(size_out[0]), int(size_out[1])), flags=cv2.INTER_LINEAR)
    drawn = drawn.astype(np.float32) / np.float32(255)
    sharpness = rng.uniform(1.3, 2.2)
    drawn = np.clip((drawn - 0.4 + 0.08 * style.pen) * sharpness + 0.5, 0, 1) * (drawn > 0.02)
    rows, columns = np.flatnonzero((drawn > 0.3).any(1)), np.flatnonzero((drawn > 0.3).any(0))
    if not len(rows) or not len(columns):
        return np.ones((2, 2), np.float32)
    return drawn[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def put(ink: Ink, drawn: Ink, top: int, left: int) -> tuple[int, int, int, int] | None:
    """Add a glyph; returns its box, or None where it does not fit."""
    height, width = drawn.shape
    if top < 0 or left < 0 or top + height > ink.shape[0] or left + width > ink.shape[1]:
        return None
    np.maximum(ink[top : top + height, left : left + width], drawn, out=ink[top : top + height, left : left + width])
    return left, top, left + width, top + height


def link(rng: np.random.Generator, ink: Ink, above: tuple[int, int, int, int], below: tuple[int, int, int, int], size: float) -> None:
    """The brush's path from one character to the next, when it stays on the paper."""
    one, two = ink[above[1] : above[3], above[0] : above[2]], ink[below[1] : below[3], below[0] : below[2]]
    from_x = above[0] + int(np.median(np.flatnonzero(one[-3:].max(0) > 0.3))) if (one[-3:] > 0.3).any() else (above[0] + above[2]) // 2
    to_x = below[0] + int(np.median(np.flatnonzero(two[:3].max(0) > 0.3))) if (two[:3] > 0.3).any() else (below[0] + below[2]) // 2
    pen = max(1, round(size * rng.uniform(0.03, 0.07)))
    line = np.zeros_like(ink[min(above[3], below[1]) - 2 : max(above[3], below[1]) + 3])
    offset = min(above[3], below[1]) - 2
    cv2.line(line, (from_x, above[3] - offset), (to_x, below[1] - offset), 1.0, pen, cv2.LINE_AA)
    np.maximum(ink[offset : offset + len(line)], line, out=ink[offset : offset + len(line)])


def mark(rng: np.random.Generator, page: BookPage, box: tuple[int, int, int, int], size: float) -> None:
    """Punctuation or a reading mark beside a character; not text."""
    side = rng.random() < 0.7
    at = (round(box[2] + 0.12 * size if side else box[0] - 0.12 * size), round(box[3] - rng.uniform(-0.15, 0.1) * size))
    radius = max(1, round(size * rng.uniform(0.04, 0.12)))
    if rng.random() < 0.5:
        cv2.circle(page.furniture, at, radius, 1.0, max(1, radius // 3), cv2.LINE_AA)
    else:
        cv2.ellipse(page.furniture, at, (radius, max(1, radius // 2)), 50, 0, 360, 1.0, -1, cv2.LINE_AA)


def drawing(rng: np.random.Generator, page: BookPage, area: tuple[int, int, int, int]) -> None:
    """A drawing, at times in a frame."""
    left, top, right, bottom = area
    height, width = bottom - top, right - left
    if height < 16 or width < 16:
        return
    sketch = np.zeros((height, width), np.float32)
    for _ in range(int(rng.integers(1, 4))):
        part = paper.draw(rng, max(16, round(height * rng.uniform(0.3, 1))), max(16, round(width * rng.uniform(0.3, 1))))
        y, x = int(rng.integers(height - part.shape[0] + 1)), int(rng.integers(width - part.shape[1] + 1))
        np.maximum(sketch[y : y + part.shape[0], x : x + part.shape[1]], part, out=sketch[y : y + part.shape[0], x : x + part.shape[1]])
    pen = max(1, round(page.size * rng.uniform(0.02, 0.09)))
    for _ in range(int(rng.integers(0, 6))):
        centre = (int(rng.integers(width)), int(rng.integers(height)))
        radius = max(2, round(page.size * rng.uniform(0.3, 3)))
        kind = rng.integers(5)
        if kind == 0:
            cv2.circle(sketch, centre, radius, 1.0, pen if rng.random() < 0.8 else -1, cv2.LINE_AA)
        elif kind == 1:
            corner = (centre[0] + round(rng.uniform(0.5, 4) * radius), centre[1] + round(rng.uniform(0.5, 4) * radius))
            cv2.rectangle(sketch, centre, corner, 1.0, pen, cv2.LINE_AA)
        elif kind == 2:  # a cog
            for tooth in np.arange(0, 2 * np.pi, rng.uniform(0.1, 0.3)):
                spoke = np.array([np.cos(tooth), np.sin(tooth)])
                ends = [tuple(int(v) for v in np.array(centre) + spoke * radius * r) for r in (1.0, rng.uniform(1.05, 1.2))]
                cv2.line(sketch, ends[0], ends[1], 1.0, pen, cv2.LINE_AA)
            cv2.circle(sketch, centre, radius, 1.0, pen, cv2.LINE_AA)
        elif kind == 3:
            _scale(rng, sketch, centre, page.size, pen)
        else:  # hatching
            step = max(2, round(page.size * rng.uniform(0.12, 0.3)))
            for number in range(int(rng.integers(5, 40))):
                y = centre[1] + number * step
                cv2.line(sketch, (centre[0], y), (centre[0] + radius, y), 1.0, max(1, pen // 2), cv2.LINE_AA)
    place = (slice(top, bottom), slice(left, right))
    np.maximum(page.furniture[place], sketch, out=page.furniture[place])
    if rng.random() < 0.5:
        cv2.rectangle(page.furniture, (left, top), (right, bottom), 1.0, pen)


def _scale(rng: np.random.Generator, sketch: Ink, at: tuple[int, int], size: float, pen: int) -> None:
    """The scale of a measure: ticks as far apart as characters, between rails or on one."""
    step, width, count = size * rng.uniform(0.15, 1.1), round(size * rng.uniform(0.3, 1.3)), int(rng.integers(6, 40))
    long, thin = int(rng.integers(1, 6)), max(1, pen // 2)  # every so many ticks one is long
    for number in range(count):
        y = round(at[1] + number * step)
        start = at[0] if number % long == 0 else at[0] + width // 2
        cv2.line(sketch, (start, y), (at[0] + width, y), 1.0, thin, cv2.LINE_AA)
    for x in (at[0] + width, at[0])[: int(rng.integers(3))]:
        cv2.line(sketch, (x, at[1]), (x, round(at[1] + count * step)), 1.0, thin, cv2.LINE_AA)


def fold_title(rng: np.random.Generator, bank: GlyphBank, page: BookPage, at: int) -> None:
    """A title across the paper's edge, of which half is seen; not text."""
    width = page.ink.shape[1]
    edge = 0 if at < width / 2 else width
    y = page.ink.shape[0] * rng.uniform(0.08, 0.3)
    for character in bank.run(rng, int(rng.integers(2, 8))):
        glyph = bank.draw(rng, character)
        if glyph is None:
            continue
        drawn = cv2.resize(glyph, (round(page.size * 0.9), round(page.size * 0.9)), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
        half = drawn.shape[1] // 2
        part = drawn[:, half:] if edge == 0 else drawn[:, :half]
        top = round(y)
        if top + len(part) >= len(page.furniture):
            return
        place = (slice(top, top + len(part)), slice(0, part.shape[1]) if edge == 0 else slice(width - part.shape[1], width))
        if page.ink[place].any():
            return
        np.maximum(page.furniture[place], part, out=page.furniture[place])
        y += page.size * rng.uniform(1.0, 1.4)
