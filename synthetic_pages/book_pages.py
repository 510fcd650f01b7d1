"""Makes pages as old printed books have them: columns with ruby and two-line notes, frames, rules, drawings and wear."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from synthetic_pages import book_parts as parts
from synthetic_pages.book_glyphs import GlyphBank
from synthetic_pages.book_parts import KINDS, BookPage, Placed, Style


def set_page(rng: np.random.Generator, bank: GlyphBank, height: int, width: int, size: float) -> BookPage:
    """Set text of characters of `size` px on a bare page (height, width)."""
    page = BookPage(np.zeros((height, width), np.float32), np.zeros((height, width), np.float32), size)
    across, down = rng.uniform(0.02, 0.1), rng.uniform(0.02, 0.16)
    left, right = round(across * width), round((1 - rng.uniform(0.02, 0.1)) * width)
    top, bottom = round(down * height), round((1 - rng.uniform(0.02, 0.1)) * height)
    framed = rng.random() < 0.65
    if framed:
        pen = max(1, round(size * rng.uniform(0.03, 0.16)))
        cv2.rectangle(page.furniture, (left, top), (right, bottom), 1.0, pen)
        if rng.random() < 0.3:
            inner = round(pen + size * rng.uniform(0.08, 0.2))
            cv2.rectangle(page.furniture, (left + inner, top + inner), (right - inner, bottom - inner), 1.0, max(1, pen // 3))
    inset = round(size * rng.uniform(0.15, 0.5))
    style = Style.draw(rng)
    _block(rng, bank, page, (left + inset, top + inset, right - inset, bottom - inset), style, 0)
    if rng.random() < 0.35:  # the title in the fold, cut by the paper's edge; it is not text
        parts.fold_title(rng, bank, page, left if rng.random() < 0.5 else right)
    return page


def _block(rng: np.random.Generator, bank: GlyphBank, page: BookPage, area: tuple[int, int, int, int], style: Style, depth: int) -> None:
    """Fill an area with columns, or part it into storeys, drawings and text."""
    left, top, right, bottom = area
    size = page.size
    chance = rng.random()
    if depth < 2 and bottom - top > 12 * size and chance < 0.22:  # two storeys
        at = round(rng.uniform(0.25, 0.75) * (bottom - top)) + top
        if rng.random() < 0.5:
            cv2.line(page.furniture, (left, at), (right, at), 1.0, max(1, round(size * 0.06)))
        _block(rng, bank, page, (left, top, right, at - round(0.4 * size)), style, depth + 1)
        _block(rng, bank, page, (left, at + round(0.4 * size), right, bottom), style, depth + 1)
        return
    if depth < 2 and right - left > 8 * size and chance < 0.5:  # side by side
        at = round(rng.uniform(0.3, 0.7) * (right - left)) + left
        if rng.random() < 0.4:
            cv2.line(page.furniture, (at, top), (at, bottom), 1.0, max(1, round(size * 0.05)))
        margin = round(0.3 * size)
        drawing = int(rng.integers(3))  # on the right, on the left, or on neither side
        for number, part in enumerate(((at + margin, top, right, bottom), (left, top, at - margin, bottom))):
            if number == drawing:
                parts.drawing(rng, page, part)
                if rng.random() < 0.6:
                    _scatter(rng, bank, page, part, style)
            else:
                _block(rng, bank, page, part, style, depth + 1)
        return
    _columns(rng, bank, page, area, style)


def _columns(rng: np.random.Generator, bank: GlyphBank, page: BookPage, area: tuple[int, int, int, int], style: Style) -> None:
    left, top, right, bottom = area
    size, pitch = page.size, style.pitch * page.size
    if rng.random() < style.titles:
        right = _title(rng, bank, page, area, style)
    centre = right - (0.55 + (0.45 if style.ruby else 0)) * size
    while centre - 0.55 * size > left:
        start = top + size * rng.uniform(0, 0.4) + (size * rng.integers(1, 4) if rng.random() < 0.15 else 0)
        end = bottom - (rng.uniform(0, 0.8) * (bottom - top) if rng.random() < style.ragged else 0)
        if end - start > size:
            _column(rng, bank, page, centre, start, end, size, style, 0)
        if style.rules:
            at = round(centre - pitch / 2)
            cv2.line(page.furniture, (at, top), (at, bottom), float(rng.uniform(0.6, 1)), max(1, round(size * 0.04)))
        centre -= pitch


def _title(rng: np.random.Generator, bank: GlyphBank, page: BookPage, area: tuple[int, int, int, int], style: Style) -> int:
    """One to five large characters at the head of an area, at times in a box of their own; returns where the text beside them may begin."""
    left, top, right, bottom = area
    size = page.size * rng.uniform(1.0, 1.9)
    width, length = size * rng.uniform(1.3, 1.8), size * rng.uniform(1.2, 5.5)
    if right - left < 3 * width or bottom - top < length + size:
        return right
    plain = replace(style, note=0.0)
    end = _column(rng, bank, page, right - width / 2, top + size * 0.15, top + length, size, plain, 0)
    if rng.random() < 0.4:
        pen = max(1, round(page.size * rng.uniform(0.03, 0.08)))
        cv2.line(page.furniture, (round(right - width), top), (round(right - width), round(end + size * 0.2)), 1.0, pen)
        cv2.line(page.furniture, (round(right - width), round(end + size * 0.2)), (right, round(end + size * 0.2)), 1.0, pen)
    if end + 6 * page.size < bottom and rng.random() < 0.5:  # the text goes on below
        _columns(rng, bank, page, (round(right - width), round(end + size * 0.6), right, bottom), replace(style, titles=0.0))
    return round(right - width)


def _scatter(rng: np.random.Generator, bank: GlyphBank, page: BookPage, area: tuple[int, int, int, int], style: Style) -> None:
    """Short captions within a drawing's area, on paper left bare for them."""
    left, top, right, bottom = area
    for _ in range(int(rng.integers(1, 4))):
        size = page.size * rng.uniform(0.6, 1.0)
        length = size * rng.uniform(1.5, 7)
        if right - left < 3 * size or bottom - top < length + size:
            return
        x, y = rng.uniform(left + size, right - size), rng.uniform(top, bottom - length)
        box = (
            slice(max(round(y - size * 0.2), 0), round(y + length + size * 0.3)),
            slice(max(round(x - size * 0.8), 0), round(x + size * 0.8)),
        )
        if page.ink[box].any():
            continue
        page.furniture[box] *= rng.random() < 0.2
        _column(rng, bank, page, x, y, y + length, size, style, 0)


def _column(
    rng: np.random.Generator,
    bank: GlyphBank,
    page: BookPage,
    centre: float,
    start: float,
    end: float,
    size: float,
    style: Style,
    kind: int,
) -> float:
    """Set one line of text from `start` to `end`; returns where it ends."""
    text = bank.run(rng, int((end - start) / (0.5 * size)) + 4)
    line, page.lines = page.lines, page.lines + 1
    along, sway, before = start, 0.0, None
    for position, character in enumerate(text):
        if kind == 0 and style.note and position and rng.random() < style.note and end - along > 3 * size:
            along = _note(rng, bank, page, centre + sway * size, along + 0.1 * size, end, size, style)
            line, page.lines, before = page.lines, page.lines + 1, None
            if along + size > end:
                return along
        glyph = bank.draw(rng, character)
        if glyph is None:
            continue
        drawn = parts.sized(rng, glyph, character, size, style)
        if along + drawn.shape[0] > end:
            return along
        sway = 0.85 * sway + rng.normal(0, style.sway)
        x = round(centre + sway * size + style.slant * (along - start) * 0.2 - drawn.shape[1] / 2)
        box = parts.put(page.ink, drawn, round(along), x)
        if box is None:
            return along
        page.characters.append(Placed(character, box, line, kind))
        if before is not None and character < "一" and rng.random() < style.linked:
            parts.link(rng, page.ink, before, box, size)
        ruby = style.ruby if character >= "一" else style.kana_ruby
        if kind == 0 and rng.random() < ruby:
            _ruby(rng, bank, page, box, size, style)
        if kind == 0 and rng.random() < style.marks:
            parts.mark(rng, page, box, size)
        gap = -rng.uniform(0, 0.08) if rng.random() < style.touching else max(0.02, style.gap + rng.normal(0, 0.07))
        gap += rng.uniform(0.4, 1.6) if rng.random() < 0.015 else 0
        along, before = box[3] + gap * size, box
    return along


def _note(
    rng: np.random.Generator, bank: GlyphBank, page: BookPage, centre: float, start: float, end: float, size: float, style: Style
) -> float:
    """A note in two narrow lines, right then left; returns where it ends."""
    small = size * style.note_size
    stop = min(end, start + small * rng.uniform(2, 9))
    ends = [
        _column(rng, bank, page, centre + side * small * rng.uniform(0.52, 0.62), start, stop, small, style, KINDS.index("note"))
        for side in (1, -1)
    ]
    return max(ends) + 0.15 * size


def _ruby(rng: np.random.Generator, bank: GlyphBank, page: BookPage, box: tuple[int, int, int, int], size: float, style: Style) -> None:
    """Kana of a reading beside a character."""
    small = size * style.ruby_size
    length = max(box[3] - box[1], small * 1.5) * rng.uniform(0.9, 1.2)
    top = (box[1] + box[3] - length) / 2
    kana = int(rng.integers(1, 5))
    line, page.lines = page.lines, page.lines + 1
    centre = box[2] + small * rng.uniform(0.5, 0.75)
    step = length / kana
    for number in range(kana):
        character = chr(int(rng.integers(0x3042, 0x3094)))
        glyph = bank.draw(rng, character)
        if glyph is None:
            continue
        drawn = parts.sized(rng, glyph, character, min(small, step * 1.05), style)
        placed = parts.put(page.ink, drawn, round(top + number * step), round(centre - drawn.shape[1] / 2 + rng.normal(0, 0.06 * small)))
        if placed is None:
            return
        page.characters.append(Placed(character, placed, line, KINDS.index("ruby")))
