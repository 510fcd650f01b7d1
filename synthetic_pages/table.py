"""Photographs a sheet: table, book, ruler, colour chart, label, silk mount, fingers, lamp, lens, JPEG."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Labels = NDArray[np.uint16]
Sheet = NDArray[np.float32]  # (H, W, 3), 0..1

CHART = (
    "#7a4f3c",
    "#c6957f",
    "#5b7a9c",
    "#566b3d",
    "#8380b0",
    "#5fbfab",
    "#d87a2e",
    "#4558a4",
    "#c44f60",
    "#5a3a6b",
    "#9fbc40",
    "#f2f2f0",
    "#9d9d9d",
    "#343434",
)


def photograph(rng: np.random.Generator, sheet: Sheet, labels: Labels, skew: float, hard: bool) -> tuple[NDArray[np.uint8], Labels]:
    """The picture (H, W, 3) uint8 of `sheet` turned by `skew` degrees, and its `labels` in the picture's pixels."""
    bare = rng.random() < (0.25 if hard else 0.6)  # cropped to the paper, as many scans are
    scene = _Scene(rng, sheet, labels, skew, bare)
    if not bare:
        if rng.random() < (0.5 if hard else 0.3):
            scene.add_objects()
        if hard and rng.random() < 0.2:
            scene.add_fingers()
    picture = scene.picture
    if rng.random() < (0.8 if hard else 0.5):
        picture = picture * _light(rng, picture.shape[0], picture.shape[1], 0.4 if hard else 0.15)
    if hard and rng.random() < 0.12:
        picture = 1 - 0.94 * picture  # a rubbing: white on black
    return _through_the_lens(rng, picture, hard), scene.labels


class _Scene:
    def __init__(self, rng: np.random.Generator, sheet: Sheet, labels: Labels, skew: float, bare: bool) -> None:
        self.rng = rng
        sheet, labels = _mount(rng, sheet, labels, bare)
        height, width = sheet.shape[:2]
        turn = np.radians(skew)
        cos, sin = np.cos(turn), np.sin(turn)
        border = 0 if bare else round(min(height, width) * rng.uniform(0.06, 0.2))
        full = (round(width * abs(cos) + height * abs(sin)) + 2 * border, round(height * abs(cos) + width * abs(sin)) + 2 * border)
        matrix = np.array([[cos, -sin], [sin, cos]])
        move = np.array(full) / 2 - matrix @ (np.array([width, height]) / 2)
        affine = np.column_stack([matrix, move])
        dark = rng.random() < 0.5
        ground = np.full(3, rng.uniform(0.05, 0.16) if dark else rng.uniform(0.35, 0.55)) * rng.uniform(0.9, 1.1, 3)
        self.picture = np.empty((full[1], full[0], 3), np.float32)
        self.picture[:] = np.median(sheet.reshape(-1, 3)[:: max(1, sheet.size // 30000)], 0) if bare else ground
        if not bare:
            self.picture += rng.normal(0, 0.01, (full[1], full[0], 1)).astype(np.float32)
        lit = cv2.warpAffine(np.ones((height, width), np.float32), affine, full)[:, :, None]
        if not bare:  # the sheet's own shadow on the table
            shadow = cv2.GaussianBlur(np.roll(lit[:, :, 0], (4, 5), (0, 1)), (0, 0), 5)[:, :, None]
            self.picture *= 1 - 0.5 * shadow
        self.picture = self.picture * (1 - lit) + cv2.warpAffine(sheet, affine, full, borderMode=cv2.BORDER_REPLICATE) * lit
        self.labels = cv2.warpAffine(labels, affine, full, flags=cv2.INTER_NEAREST)
        self.border = border

    def add_objects(self) -> None:
        """A ruler, a colour chart and a printed label along the picture's edge."""
        height, width = self.picture.shape[:2]
        strip = max(14, round(self.border * 0.55))
        canvas = Image.new("RGB", (width, strip), "#e8e8e6")
        draw = ImageDraw.Draw(canvas)
        font = ImageFont.load_default(max(8, strip * 0.35))
        for centimetre in range(int(width / strip) + 1):
            draw.line([(centimetre * strip, 0), (centimetre * strip, strip * 0.4)], fill="black", width=2)
            draw.text((centimetre * strip + 3, strip * 0.4), str(centimetre), fill="black", font=font)
        side = strip
        for number, colour in enumerate(CHART):
            draw.rectangle((width // 3 + number * side, 0, width // 3 + (number + 1) * side, strip), fill=colour)
        draw.text((width * 0.03, strip * 0.45), "Catalogue 1842-17  Library", fill="black", font=font)
        top = height - strip - 2 if self.rng.random() < 0.5 else 2
        free = self.labels[top : top + strip].max(initial=0) == 0
        if free:
            self.picture[top : top + strip] = np.asarray(canvas, np.float32)[: height - top] / 255

    def add_fingers(self) -> None:
        """Two fingers over the sheet's edge, where nothing is written."""
        height, width = self.picture.shape[:2]
        over = np.zeros((height, width), np.float32)
        length = self.border * 1.4
        for x in self.rng.uniform(0.2, 0.8, 2) * width:
            cv2.ellipse(over, (round(x), height), (round(length * 0.35), round(length)), 0, 0, 360, 1.0, -1)
        if (self.labels[over > 0] == 0).all():
            over = cv2.GaussianBlur(over, (0, 0), 2)[:, :, None]
            self.picture = self.picture * (1 - over) + np.array([0.8, 0.6, 0.5], np.float32) * over


def copy_border(rng: np.random.Generator, picture: NDArray[np.uint8], labels: Labels) -> tuple[NDArray[np.uint8], Labels]:
    """A scanner's black edge on one or two sides, outside the picture."""
    height, width = picture.shape[:2]
    edges = [0, 0, 0, 0]  # above, below, left, right
    for side in rng.choice(4, int(rng.integers(1, 3)), replace=False):
        edges[side] = round(rng.uniform(0.02, 0.06) * min(height, width))
    above, below, left, right = edges
    black = tuple(int(value) for value in rng.integers(4, 16, 3))
    bordered = cv2.copyMakeBorder(picture, above, below, left, right, cv2.BORDER_CONSTANT, value=black)
    return bordered, np.pad(labels, ((above, below), (left, right)))


def _mount(rng: np.random.Generator, sheet: Sheet, labels: Labels, bare: bool) -> tuple[Sheet, Labels]:
    """The sheet as a scroll's on patterned silk, as the right page of an open book, or as it is."""
    height, width = sheet.shape[:2]
    kind = rng.random()
    if bare or kind < 0.5:
        return sheet, labels
    if kind < 0.7:  # silk: a dull woven pattern around the paper
        border = round(min(height, width) * rng.uniform(0.05, 0.12))
        y, x = np.mgrid[: height + 2 * border, : width + 2 * border].astype(np.float32)
        weave = 0.06 * np.sin(x / 5) * np.sin(y / 5) + 0.05 * np.sin((x + y) / 23)
        silk = np.clip(np.array([0.45, 0.5, 0.38]) * rng.uniform(0.7, 1.1) + weave[:, :, None], 0, 1).astype(np.float32)
        silk[border:-border, border:-border] = sheet
        return silk, np.pad(labels, border)
    gutter = rng.integers(width // 3, width * 2 // 3) if width > 400 else width // 2
    columns = labels.any(0)  # a book opens between two columns
    clear = np.flatnonzero(~columns)
    if len(clear):
        gutter = int(clear[np.abs(clear - gutter).argmin()])
    x = np.arange(width, dtype=np.float32)
    shade = 1 - 0.45 * np.exp(-np.abs(x - gutter) / (width * 0.015))
    book = sheet * shade[None, :, None]
    edge = max(3, width // 60)
    book = np.pad(book, ((edge, edge), (edge, edge), (0, 0)))
    cover = np.array([0.42, 0.3, 0.18], np.float32)
    mask = np.ones(book.shape[:2], bool)
    mask[edge:-edge, edge:-edge] = False
    book[mask] = cover
    return book, np.pad(labels, edge)


def _light(rng: np.random.Generator, height: int, width: int, depth: float) -> Sheet:
    """A lamp to one side, and at times the shadow of a hand."""
    coarse = rng.uniform(1 - depth, 1, (3, 3)).astype(np.float32)
    light = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    if rng.random() < depth:
        y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j].astype(np.float32)
        side = x * np.cos(a := rng.uniform(0, 6.28)) + y * np.sin(a) - rng.uniform(0.1, 0.4)
        light *= 1 - 0.3 / (1 + np.exp(np.clip(side * 40, -30, 30)))
    return np.clip(light, 0.25, 1.05)[:, :, None]


def _through_the_lens(rng: np.random.Generator, picture: Sheet, hard: bool) -> NDArray[np.uint8]:
    picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.4, 1.3 if hard else 0.8))
    picture = picture + rng.normal(0, rng.uniform(0.004, 0.025 if hard else 0.01), picture.shape).astype(np.float32)
    pixels = (np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8)
    quality = int(rng.integers(70, 95))
    encoded = cv2.imencode(".jpg", pixels[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    decoded: NDArray[np.uint8] | None = cv2.imdecode(encoded, cv2.IMREAD_COLOR)
    assert decoded is not None  # it was encoded just now
    return decoded[:, :, ::-1]
