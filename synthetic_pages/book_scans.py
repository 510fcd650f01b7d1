"""Makes scans of book pages as libraries photograph them, with every character's box: the detector learns from these."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from synthetic_pages import paper
from synthetic_pages.book_glyphs import GlyphBank
from synthetic_pages.book_pages import set_page
from synthetic_pages.book_parts import BookPage, Placed

Picture = NDArray[np.uint8]  # (H, W, 3)
_PATCH = 72  # px, of bare paper cut from a real scan
_PATCHES = 12  # of one scan
_TABLES = ("#8f9092", "#b9bbbd", "#d8d6d2", "#202022", "#3b3a38", "#6b5138", "#4a5a4a")


@dataclass(frozen=True)
class Scan:
    """A real scan: its `picture`, where the book lies in it (left, top, right, bottom), or None, and `patches` of bare paper."""

    picture: Picture
    book: tuple[int, int, int, int] | None
    patches: list[Picture]


@dataclass(frozen=True)
class MadeScan:
    """A made scan: `picture`, `characters` with their boxes in its px, and the `size` of a character of the main text, px."""

    picture: Picture
    characters: list[Placed]
    size: float


def open_scans(folder: Path) -> list[Scan]:
    """The real scans in `folder`: NAME.jpg, with NAME.xml (VOC) where its text is annotated; text is never cut out."""
    scans = []
    for path in sorted(folder.rglob("*.jpg")):
        with Image.open(path) as image:
            picture = np.asarray(image.convert("RGB"))
        book, text = None, np.zeros(picture.shape[:2], np.bool_)
        if path.with_suffix(".xml").exists():
            for found in ET.parse(path.with_suffix(".xml")).getroot().findall("object"):
                left, top, right, bottom = (int(float(found.findtext(f"bndbox/{key}") or 0)) for key in ("xmin", "ymin", "xmax", "ymax"))
                if "overall" in (found.findtext("name") or ""):
                    book = (left, top, right, bottom)
                else:
                    text[top:bottom, left:right] = True
        scans.append(Scan(picture, book, _bare_patches(picture, book, text)))
    return scans


def _bare_patches(picture: Picture, book: tuple[int, int, int, int] | None, text: NDArray[np.bool_]) -> list[Picture]:
    """The quietest squares of paper: bright, and without a mark."""
    height, width = picture.shape[:2]
    left, top, right, bottom = book or (round(0.15 * width), round(0.1 * height), round(0.85 * width), round(0.85 * height))
    found = []
    for y in range(top + 8, bottom - _PATCH - 8, _PATCH // 2):
        for x in range(left + 8, right - _PATCH - 8, _PATCH // 2):
            if text[y : y + _PATCH, x : x + _PATCH].any():
                continue
            patch = picture[y : y + _PATCH, x : x + _PATCH]
            grey = cv2.cvtColor(patch, cv2.COLOR_RGB2GRAY)
            saturated = np.ptp(patch.reshape(-1, 3).mean(0)) > 12  # a grey table is no paper
            if saturated and grey.mean() > 90:
                found.append((float(np.ptp(np.percentile(grey, [0.5, 99.5]))), y, x))
    return [picture[y : y + _PATCH, x : x + _PATCH] for _, y, x in sorted(found)[:_PATCHES]]


def make_scan(rng: np.random.Generator, bank: GlyphBank, scans: list[Scan]) -> MadeScan:
    """One made scan: a page or a spread, on real or made paper, in a real or a made surrounding."""
    scan = scans[int(rng.integers(len(scans)))] if scans else None
    size = float(np.exp(rng.uniform(np.log(18), np.log(52))))
    real = scan is not None and scan.book is not None and rng.random() < 0.6
    if real:
        assert scan is not None
        assert scan.book is not None
        left, top, right, bottom = scan.book
        scale = float(np.clip(size / 34, 0.75, 1.3))
        picture = cv2.resize(scan.picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
        left, top, right, bottom = (round(v * scale) for v in (left, top, right, bottom))
        height, width = bottom - top, right - left
    else:
        spread = rng.random() < 0.3
        height = int(np.clip(size * rng.uniform(14, 34), 420, 1300))
        width = int(np.clip(height * (rng.uniform(1.2, 1.6) if spread else rng.uniform(0.55, 0.85)), 360, 1600))
        border = [round(rng.uniform(0, 0.16) * height) for _ in range(4)]
        picture = _table(rng, height + border[0] + border[1], width + border[2] + border[3])
        left, top = border[2], border[0]
    book = _book(rng, bank, scan, height, width, size)
    sheet, characters = book
    shear = np.radians(rng.normal(0, 0.7))
    turn = np.array([[np.cos(shear), -np.sin(shear)], [np.sin(shear), np.cos(shear)]])
    middle = np.array([width / 2, height / 2])
    matrix = np.column_stack([turn, middle - turn @ middle + np.array([left, top])])
    full = picture.shape[1::-1]
    lit = cv2.warpAffine(np.ones((height, width), np.float32), matrix, full)[:, :, None]
    picture = picture * (1 - lit) + cv2.warpAffine(sheet, matrix, full, borderMode=cv2.BORDER_REPLICATE) * lit
    moved = [_moved(each, matrix) for each in characters]
    return MadeScan(_through_the_lens(rng, picture), moved, size)


def _moved(character: Placed, matrix: NDArray[np.float64]) -> Placed:
    left, top, right, bottom = character.box
    x, y = matrix @ np.array([(left + right) / 2, (top + bottom) / 2, 1.0])
    half = ((right - left) / 2, (bottom - top) / 2)
    return replace(character, box=(round(x - half[0]), round(y - half[1]), round(x + half[0]), round(y + half[1])))


def _book(
    rng: np.random.Generator, bank: GlyphBank, scan: Scan | None, height: int, width: int, size: float
) -> tuple[NDArray[np.float32], list[Placed]]:
    """The open book: one page, or two with a gutter between them."""
    ground = _ground(rng, scan, height, width)
    spread = width > 1.05 * height
    halves = [(width // 2, width), (0, width // 2)] if spread else [(0, width)]
    ink = np.zeros((height, width), np.float32)
    characters: list[Placed] = []
    lines = 0
    for start, end in halves:
        blank = rng.random() < 0.06
        page = BookPage(ink[:, start:end] * 0, ink[:, start:end] * 0, size) if blank else set_page(rng, bank, height, end - start, size)
        ink[:, start:end] = np.maximum(page.ink, page.furniture)
        characters += [
            replace(each, box=(each.box[0] + start, each.box[1], each.box[2] + start, each.box[3]), line=each.line + lines)
            for each in page.characters
        ]
        lines += page.lines
    ink *= 1 - 0.6 * (rng.random() < 0.35) * _wear(rng, height, width, size)
    sheet = paper.make_sheet(rng, np.clip(ink, 0, 1), size, rng.random() < 0.6, None, ground)
    if rng.random() < 0.12:  # red ink
        strength = (ink * 0.9)[:, :, None]
        sheet = sheet * (1 - strength) + np.array([0.62, 0.16, 0.12], np.float32) * strength
    for _ in range(int(rng.integers(0, 4)) * (rng.random() < 0.4)):
        _worm(rng, sheet, size)
    if spread:
        x = np.arange(width, dtype=np.float32)
        shade = 1 - rng.uniform(0.1, 0.6) * np.exp(-np.abs(x - width / 2) / (width * rng.uniform(0.004, 0.02)))
        sheet = sheet * shade[None, :, None]
    return sheet.astype(np.float32), characters


def _ground(rng: np.random.Generator, scan: Scan | None, height: int, width: int) -> NDArray[np.float32] | None:
    """Bare paper from patches of a real scan, laid in mirrors and blended; None for paper made by `paper`."""
    if scan is None or not scan.patches or rng.random() < 0.35:
        return None
    patch = scan.patches[int(rng.integers(len(scan.patches)))].astype(np.float32) / 255
    tile = np.concatenate([patch, patch[:, ::-1]], 1)
    tile = np.concatenate([tile, tile[::-1]], 0)
    ground = np.tile(tile, (-(-height // len(tile)), -(-width // len(tile)), 1))[:height, :width]
    fine = ground - cv2.GaussianBlur(ground, (0, 0), 6) + ground.mean((0, 1))
    coarse = cv2.resize(rng.normal(1, 0.05, (5, 6)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    return np.clip(fine * coarse[:, :, None] * rng.uniform(0.85, 1.1), 0.05, 1).astype(np.float32)


def _wear(rng: np.random.Generator, height: int, width: int, size: float) -> NDArray[np.float32]:
    """Where the print is pale, 0..1."""
    coarse = rng.normal(0, 1, (max(3, round(height / size / 2)), max(3, round(width / size / 2)))).astype(np.float32)
    return np.clip(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC) - 0.6, 0, 1)


def _worm(rng: np.random.Generator, sheet: NDArray[np.float32], size: float) -> None:
    """A worm's way through the paper: a winding dark or bright line."""
    height, width = sheet.shape[:2]
    at, angle = np.array([rng.uniform(0, width), rng.uniform(0, height)]), rng.uniform(0, 6.28)
    colour = (np.array([0.25, 0.2, 0.15]) if rng.random() < 0.6 else np.array([0.95, 0.93, 0.9])).tolist()
    points = []
    for _ in range(int(rng.integers(6, 40))):
        angle += rng.normal(0, 0.6)
        at = at + size * 0.2 * np.array([np.cos(angle), np.sin(angle)])
        points.append(at.copy())
    cv2.polylines(sheet, [np.array(points).astype(np.int32)], False, colour, max(1, round(size * rng.uniform(0.05, 0.15))), cv2.LINE_AA)


def _table(rng: np.random.Generator, height: int, width: int) -> NDArray[np.float32]:
    """What the book lies on, with a ruler, a label or a colour chart at times."""
    canvas = Image.new("RGB", (width, height), str(rng.choice(_TABLES)))
    draw = ImageDraw.Draw(canvas)
    if rng.random() < 0.5:
        strip = max(14, round(height * rng.uniform(0.03, 0.06)))
        top = height - strip if rng.random() < 0.5 else 0
        draw.rectangle((0, top, width, top + strip), fill="#e8e8e6")
        font = ImageFont.load_default(max(8, strip * 0.4))
        for centimetre in range(width // strip + 1):
            draw.line([(centimetre * strip, top), (centimetre * strip, top + strip * 0.4)], fill="black", width=2)
            draw.text((centimetre * strip + 3, top + strip * 0.4), str(centimetre + 10), fill="black", font=font)
    picture = np.asarray(canvas, np.float32) / 255
    return (picture + rng.normal(0, 0.012, picture.shape)).astype(np.float32)


def _through_the_lens(rng: np.random.Generator, picture: NDArray[np.float32]) -> Picture:
    height, width = picture.shape[:2]
    light = cv2.resize(rng.uniform(rng.uniform(0.6, 1), 1.05, (3, 3)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    picture = cv2.GaussianBlur(picture * light[:, :, None], (0, 0), float(rng.uniform(0.3, 1.1)))
    pixels = (np.clip(picture + rng.normal(0, 0.01, picture.shape), 0, 1) * 255).astype(np.uint8)
    encoded = cv2.imencode(".jpg", pixels[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(55, 95))])[1]
    decoded = cv2.imdecode(encoded, cv2.IMREAD_COLOR)
    assert decoded is not None  # it was encoded just now
    return decoded[:, :, ::-1]
