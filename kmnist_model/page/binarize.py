"""Separate ink from paper: uneven light, stains, bleed-through, foxing, red seals, either polarity."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from kmnist_model.page.boundary import Mask

InkMap = NDArray[np.float32]  # (H, W), 0..1: the ink on each pixel

_MIN_CONTRAST = 0.15  # of the paper's brightness: fainter marks are not writing
_MAX_STROKE = 1 / 40  # of the longest side, a stroke's width
_FAINT = 0.35  # of the darkness that separates ink from paper: a hairline's edge
_RED = 0.22  # a seal's reflectance in red minus that in green and blue, relative to the paper


def binarize(rgb: NDArray[np.uint8], sheet: Mask) -> list[InkMap]:
    """The ink on each pixel (H, W), 0..1, of the picture (H, W, 3): black, and in a coloured picture the red that black leaves out.

    It is 0 outside `sheet` (H, W), and everywhere on a blank sheet. Red are seals, but corrections, punctuation and whole pages too.
    A closing as wide as the widest stroke gives the paper's brightness under each pixel; ink is the darkness relative to it.
    Foxing and seals are light in red and ink is dark, so the red channel is used.
    """
    inverted = is_inverted(rgb, sheet)
    picture = 255 - rgb if inverted else rgb
    dark = _darkness(picture[:, :, 0], sheet)
    if inverted or not _is_coloured(picture):
        return [_black(dark, _otsu_level(dark[sheet]), sheet)]
    level = _otsu_level(dark[sheet])
    seals = _seals(picture, sheet, dark)
    return [_black(dark * (1 - seals), level, sheet), _red(_darkness(rgb[:, :, 1], sheet) * seals, sheet)]


def _black(dark: InkMap, level: float | None, sheet: Mask) -> InkMap:
    """The ink of `dark` (H, W), relative to its strongest strokes; none without a `level` that parts ink from paper."""
    if level is None:
        return np.zeros(sheet.shape, np.float32)
    strong = float(np.percentile(dark[dark > level], 60)) if (dark > level).any() else level
    ink = np.clip((dark - _FAINT * level) / max(strong - _FAINT * level, 1e-3), 0, 1)
    ink[~sheet] = 0
    return _remove_faint_components(ink, dark, level)


def _red(dark: InkMap, sheet: Mask) -> InkMap:
    """The ink of `dark` (H, W), the darkness of what is red."""
    strong = dark[sheet & (dark > _MIN_CONTRAST)]
    if not strong.size:
        return np.zeros(sheet.shape, np.float32)
    ink = np.clip(dark / max(float(np.percentile(strong, 60)), 1e-3), 0, 1)
    ink[~sheet] = 0
    return ink.astype(np.float32)


def _is_coloured(rgb: NDArray[np.uint8]) -> bool:
    return bool(np.ptp(rgb[:: max(1, len(rgb) // 200)].astype(np.int16), axis=2).max(initial=0) > 40)


def is_inverted(rgb: NDArray[np.uint8], sheet: Mask) -> bool:
    """Whether the writing is lighter than its background: small local deviations are brighter than their surroundings."""
    step = max(1, max(sheet.shape) // 1000)
    gray = cv2.cvtColor(rgb[::step, ::step], cv2.COLOR_RGB2GRAY).astype(np.float32)
    wide = 2 * (max(gray.shape) // 40) + 1
    inner = cv2.erode(sheet[::step, ::step].astype(np.uint8), np.ones((wide, wide), np.uint8)) > 0
    if not inner.any():
        return False
    difference = (gray - cv2.blur(gray, (wide, wide)))[inner]
    return bool((difference**3).mean() > 0)  # ink is the rare, large deviation


def _darkness(channel: NDArray[np.uint8], sheet: Mask) -> InkMap:
    """The darkness (H, W) of each pixel relative to the paper around it, 0..1."""
    height, width = channel.shape
    scale = min(1.0, 640 / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(channel, size, interpolation=cv2.INTER_AREA)
    inside = cv2.resize(sheet.astype(np.float32), size, interpolation=cv2.INTER_NEAREST)
    small[inside == 0] = 0  # the table must not brighten the closing
    wide = 2 * round(max(size) * _MAX_STROKE / 2) + 1
    paper = cv2.morphologyEx(small, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (wide, wide))) * inside
    weight = cv2.GaussianBlur(inside, (0, 0), wide / 4)
    paper = cv2.GaussianBlur(paper, (0, 0), wide / 4) / np.maximum(weight, 0.02)  # the mean of the sheet's own part
    paper = cv2.resize(np.maximum(paper, 8), (width, height), interpolation=cv2.INTER_LINEAR)
    return np.clip(1 - channel / paper, 0, 1)


def _otsu_level(values: InkMap) -> float | None:
    """The darkness that separates ink from paper (Otsu 1979), or None for a blank sheet."""
    if not values.size:
        return None
    bytes_ = (values[:: max(1, values.size // 2_000_000)] * 255).astype(np.uint8).reshape(1, -1)
    level, _ = cv2.threshold(bytes_, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    ink, paper = bytes_[bytes_ > level] / 255, bytes_[bytes_ <= level] / 255
    if not ink.size or not paper.size:
        return None
    spread = np.sqrt((ink.var() * ink.size + paper.var() * paper.size) / bytes_.size)
    apart = ink.mean() - paper.mean()
    return float(level) / 255 if apart >= max(_MIN_CONTRAST, 3 * spread) else None


def _seals(rgb: NDArray[np.uint8], sheet: Mask, dark: InkMap) -> InkMap:
    """The confidence (H, W), 0..1, that a pixel is red ink: a seal reflects red and absorbs green and blue."""
    paper = (
        np.median(rgb[sheet & (dark < 0.1)][:: max(1, int(sheet.sum()) // 100_000)], axis=0)
        if (sheet & (dark < 0.1)).any()
        else np.full(3, 255)
    )
    green = cv2.max(rgb[:, :, 1], rgb[:, :, 2]) * np.float32(1 / max(float(paper[1:].max()), 1))
    red = rgb[:, :, 0] * np.float32(1 / max(float(paper[0]), 1))
    return np.clip((red - green - _RED) / 0.1, 0, 1)


def _remove_faint_components(ink: InkMap, dark: InkMap, level: float) -> InkMap:
    """`ink` without components that are nowhere as dark as ink: bleed-through, rims of stains, foxing, pale ruled lines."""
    mask = (dark > 0.8 * level) & (ink > 0)
    count, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)
    firm = np.bincount(labels[dark > 1.15 * level], minlength=count) if (dark > 1.15 * level).any() else np.zeros(count)
    area = np.bincount(labels.ravel(), minlength=count)
    keep = firm >= np.maximum(3, 0.15 * area)
    keep[0] = False
    wanted = cv2.dilate(keep[labels].astype(np.uint8), np.ones((3, 3), np.uint8))  # with the soft edge around
    return np.where(wanted > 0, ink, 0).astype(np.float32)
