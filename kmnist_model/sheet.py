"""Find the sheet: which part of a photograph or a library's scan is the page, and not the table, a ruler, a chart or the silk around it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]  # (H, W)

_SMALL = 480  # px, the longest side at which the sheet is looked for
_EDGE = 0.15  # of full brightness within 7 px: a sheet's edge is at least this sharp, a shadow's is not
_LEAST = 0.12  # of the picture: less is not the sheet
_SOLID = 0.8  # of its convex hull: a sheet is nearly a rectangle


def find_sheet(rgb: NDArray[np.uint8]) -> Mask:
    """Where on the picture (H, W, 3) the page lies, as (H, W) bool; everywhere when no edge of a sheet shows.

    Writing is thin, so a median wide enough to pass over it leaves the surfaces; they are parted in two by brightness (Otsu 1979),
    again and again as long as the part around the middle has a sharp, nearly rectangular outline: table, mount, sheet.
    """
    height, width = rgb.shape[:2]
    scale = min(1.0, _SMALL / max(height, width))
    small = cv2.resize(rgb, (max(1, round(width * scale)), max(1, round(height * scale))), interpolation=cv2.INTER_AREA)
    if min(small.shape[:2]) < 32:
        return np.ones((height, width), np.bool_)
    wide = 2 * (max(small.shape[:2]) // 60) + 1
    surface = cv2.medianBlur(small, wide)
    gray = cv2.cvtColor(surface, cv2.COLOR_RGB2GRAY)
    inside = np.ones(gray.shape, np.uint8)
    for depth in range(3):
        part = _middle_part(gray, inside)
        if part is None or (depth and not _is_surrounded(part, inside)):
            break
        inside = part
    if inside.all():
        return np.ones((height, width), np.bool_)
    away = max(1, round(0.012 * max(gray.shape)))  # the shadow, the deckle and the blur of the edge
    inside = cv2.erode(inside, np.ones((2 * away + 1, 2 * away + 1), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=1)
    return cv2.resize(inside, (width, height), interpolation=cv2.INTER_NEAREST).astype(np.bool_)


def _middle_part(gray: NDArray[np.uint8], inside: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """The part of `inside` around its middle that a sharp, nearly rectangular edge sets apart, or None."""
    values = gray[inside > 0]
    level, _ = cv2.threshold(values.reshape(1, -1), 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    bright = ((gray > level) & (inside > 0)).astype(np.uint8)
    rows, columns = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
    height, width = rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1
    middle = (
        slice(rows[0] + height // 4, rows[-1] - height // 4 + 1),
        slice(columns[0] + width // 4, columns[-1] - width // 4 + 1),
    )
    part = bright if 2 * bright[middle].sum() >= inside[middle].sum() else inside - bright
    close, broad = max(3, max(gray.shape) // 60) | 1, max(5, min(height, width) // 8) | 1
    part = cv2.morphologyEx(np.pad(part, close), cv2.MORPH_CLOSE, np.ones((close, close), np.uint8))[close:-close, close:-close]
    core = cv2.morphologyEx(np.pad(part, broad, mode="edge"), cv2.MORPH_OPEN, _disc(broad))[broad:-broad, broad:-broad]
    part &= cv2.dilate(core, _disc(broad // 3 | 1))  # without a ruler or a finger that touches, and with its corners
    count, labels, stats, _ = cv2.connectedComponentsWithStats(part)
    if count < 2:
        return None
    largest = stats[1:, cv2.CC_STAT_AREA].max()
    sheets = np.zeros_like(part)
    area = 0
    for label in range(1, count):
        if stats[label, cv2.CC_STAT_AREA] < 0.4 * largest:  # an open book may show as two
            continue
        contours, _ = cv2.findContours((labels == label).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        cv2.fillConvexPoly(sheets, cv2.convexHull(np.concatenate(contours)), 1)
        area += stats[label, cv2.CC_STAT_AREA]
    sheets &= inside
    hull = int(sheets.sum())
    if hull < _LEAST * gray.size or hull > 0.97 * inside.sum() or area < _SOLID * hull:
        return None
    return sheets if _sharpness(gray, sheets, inside) >= _EDGE * 255 else None


def _disc(across: int) -> NDArray[np.uint8]:
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (across, across)).astype(np.uint8)


def _is_surrounded(part: NDArray[np.uint8], inside: NDArray[np.uint8]) -> bool:
    """Whether `part` stands off from the outline of `inside` on three sides at least, as a sheet on its mount does and a lit half does not."""
    off = 0
    for axis in (0, 1):
        mine, whole = np.flatnonzero(part.any(axis)), np.flatnonzero(inside.any(axis))
        off += int(mine[0] > whole[0] + 1) + int(mine[-1] < whole[-1] - 1)
    return off >= 3


def _sharpness(gray: NDArray[np.uint8], part: NDArray[np.uint8], inside: NDArray[np.uint8]) -> float:
    """The median step of brightness across the outline of `part`, over a few pixels."""
    brush = np.ones((7, 7), np.uint8)
    outline = (cv2.dilate(part, np.ones((3, 3), np.uint8)) - part) & inside
    if not outline.any():
        return 0.0
    values = gray.astype(np.float32)
    brightest = cv2.dilate(values, brush)
    darkest = cv2.erode(values, brush)
    return float(np.median((brightest - darkest)[outline > 0]))
