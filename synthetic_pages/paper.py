"""Paper and its marks: grain, stains, foxing, bleed-through, ruled lines, frames, red seals, a drawing."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Layer = NDArray[np.float32]
Sheet = NDArray[np.float32]  # (H, W, 3), 0..1


def make_sheet(
    rng: np.random.Generator, ink: Layer, size: float, hard: bool, rules: Layer | None = None, ground: Sheet | None = None
) -> Sheet:
    """A sheet of paper with `ink` (H, W) and pale printed `rules` on it; `size` is a character's, in px.

    `ground` (H, W, 3) is bare paper to print on, instead of paper made here.
    """
    height, width = ink.shape
    tone = np.array([0.93, 0.88, 0.78] if rng.random() < 0.7 else [0.95, 0.94, 0.92]) * rng.uniform(0.88, 1.03)
    grain: Layer = sum(  # type: ignore[assignment] # of arrays, never of none
        _noise(rng, height, width, step) * share for step, share in ((2, 0.012), (size / 8, 0.012), (size * 4, 0.03 if hard else 0.015))
    )
    shade = 1 + grain
    sheet = np.clip(tone * shade[:, :, None], 0, 1).astype(np.float32) if ground is None else ground.copy()
    if hard:
        if rng.random() < 0.6:
            sheet *= _stains(rng, height, width, size)
        if rng.random() < 0.5:
            sheet *= _foxing(rng, height, width, size)
        if rng.random() < 0.6:
            behind = cv2.GaussianBlur(ink[:, ::-1], (0, 0), size / 25)
            sheet *= 1 - np.float32(rng.uniform(0.08, 0.28)) * np.roll(behind, round(size * rng.uniform(0.2, 0.6)), 1)[:, :, None]
        if rng.random() < 0.4:
            sheet = _frame(rng, sheet, size)
    if rules is not None:
        sheet *= 1 - 0.45 * rules[:, :, None]
    black = np.array([0.1, 0.09, 0.09]) * rng.uniform(0.6, 2.2 if hard else 1.2)
    strength = (ink * rng.uniform(0.88, 1.0))[:, :, None]
    sheet = sheet * (1 - strength) + np.minimum(black, sheet) * strength
    if hard and rng.random() < 0.5:
        sheet = _seal(rng, sheet, ink, size)
    return sheet.astype(np.float32)


def _noise(rng: np.random.Generator, height: int, width: int, step: float) -> Layer:
    """Smooth noise of about unit deviation with features of `step` px."""
    coarse = rng.normal(0, 1, (max(3, round(height / step)), max(3, round(width / step)))).astype(np.float32)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)


def _stains(rng: np.random.Generator, height: int, width: int, size: float) -> Sheet:
    """Water stains: a brown tint with a darker rim."""
    tint = np.ones((height, width, 3), np.float32)
    field = _noise(rng, height, width, size * 5)
    wet = np.clip((field - 0.8) * 4, 0, 1)
    rim = np.exp(-(((field - 0.85) / 0.06) ** 2))
    for channel, depth in enumerate((0.10, 0.16, 0.24)):
        tint[:, :, channel] -= depth * rng.uniform(0.5, 1) * wet + 0.08 * rim
    return tint


def _foxing(rng: np.random.Generator, height: int, width: int, size: float) -> Sheet:
    """Rust-brown spots of mould."""
    spots = np.zeros((height, width), np.float32)
    for _ in range(rng.integers(10, 60)):
        centre = (int(rng.integers(width)), int(rng.integers(height)))
        cv2.circle(spots, centre, max(1, round(size * rng.uniform(0.02, 0.09))), float(rng.uniform(0.3, 1)), -1)
    spots = cv2.GaussianBlur(spots, (0, 0), size / 40)
    return 1 - spots[:, :, None] * np.array([0.25, 0.42, 0.6], np.float32)


def _frame(rng: np.random.Generator, sheet: Sheet, size: float) -> Sheet:
    """A printed frame around the writing, near the sheet's edge, single or double."""
    height, width = sheet.shape[:2]
    inset, thick = round(size * rng.uniform(0.3, 0.5)), max(1, round(size * rng.uniform(0.03, 0.06)))
    lines = np.zeros((height, width), np.float32)
    cv2.rectangle(lines, (inset, inset), (width - inset, height - inset), 1.0, thick)
    if rng.random() < 0.5:
        inner = inset + 3 * thick
        cv2.rectangle(lines, (inner, inner), (width - inner, height - inner), 1.0, max(1, thick // 3))
    lines = cv2.GaussianBlur(lines, (0, 0), 0.7)
    return sheet * (1 - lines[:, :, None] * np.float32(rng.uniform(0.5, 0.85)))


def _seal(rng: np.random.Generator, sheet: Sheet, ink: Layer, size: float) -> Sheet:
    """A red seal, over writing or beside it: ink shines through."""
    height, width = ink.shape
    side = round(size * rng.uniform(1.0, 1.8))
    top, left = int(rng.integers(0, max(1, height - side))), int(rng.integers(0, max(1, width - side)))
    stamp = np.zeros((height, width), np.float32)
    cv2.rectangle(stamp, (left, top), (left + side, top + side), 1.0, max(2, side // 14))
    for _ in range(9):  # its carved characters
        x, y = rng.integers(side // 6, side - side // 6, 2)
        dx, dy = rng.permutation([int(rng.integers(side // 6, side // 3)), 0])
        cv2.line(stamp, (left + int(x), top + int(y)), (left + int(x + dx), top + int(y + dy)), 1.0, max(2, side // 16))
    stamp = cv2.GaussianBlur(stamp, (0, 0), 0.8) * np.float32(rng.uniform(0.7, 0.95))
    red = np.array([0.76, 0.2, 0.15], np.float32)
    return sheet * (1 - stamp[:, :, None] * (1 - red))


def rule(places: list[int], shape: tuple[int, int], size: float, horizontal: bool) -> Layer:
    """Thin lines (H, W) between columns, or lines, at `places` px across, for the length of the sheet."""
    lines = np.zeros(shape, np.float32)
    thick, end = max(1, round(0.02 * size)), round(0.4 * size)
    for place in places:
        if horizontal:
            cv2.line(lines, (end, place), (shape[1] - end, place), 1.0, thick)
        else:
            cv2.line(lines, (place, end), (place, shape[0] - end), 1.0, thick)
    return cv2.GaussianBlur(lines, (0, 0), 0.6)


def draw(rng: np.random.Generator, height: int, width: int) -> Layer:
    """A brush drawing (height, width): hills in washes, a contour over each, a moon."""
    drawing = np.zeros((height, width), np.float32)
    x = np.arange(width)
    for depth in range(3):
        knots = rng.uniform(0.15 + 0.2 * depth, 0.6 + 0.15 * depth, 6) * height
        ridge = np.interp(x, np.linspace(0, width, 6), knots) + 0.02 * height * np.sin(x / width * rng.uniform(9, 25))
        below = np.arange(height)[:, None] - ridge[None]
        wash = np.exp(-np.clip(below, 0, None) / (0.25 * height)) * (below > 0)
        drawing = np.maximum(drawing, 0.3 * wash.astype(np.float32))
        points = np.stack([x, ridge], 1).round().astype(np.int32)
        cv2.polylines(drawing, [points], False, float(rng.uniform(0.7, 0.95)), max(2, height // 60))
    cv2.circle(drawing, (int(width * rng.uniform(0.2, 0.8)), height // 7), height // 10, 0.8, max(2, height // 80))
    return cv2.GaussianBlur(drawing, (0, 0), 1.0)
