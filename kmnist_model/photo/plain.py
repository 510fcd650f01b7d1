"""A plain picture: dark marks on one paper in soft light, or light ones on dark, with nothing else on it."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from kmnist_model.stroke_width import SIZE, Gray

SIDE = 512  # px, the longest side of the picture that is measured
_MIN_CONTRAST = 0.12  # of the paper's brightness: fainter marks are paper
_SHEET = 0.2  # of the longest side: a narrower light area is a stroke ...
_SOLID = 0.8  # ... as is one that fills less of its convex hull ...
_FILLED = 0.6  # ... or one with more dark within its outline
_SMALL = 256  # px, the longest side on which a picture is judged as a whole
_CUT, _COVERED = 0.25, 0.45  # of the border, and of the picture: a table has more, strokes that the border cuts have less
_THICKEST = 0.3  # of the longest side, a stroke
_FLAT = 0.9  # of the brightest bare paper, the darkest
_ALIKE = 0.65  # of the darkest part's darkness: a finger's is less
_HEAVY = 0.02  # of the dark pixels: smaller parts are not compared
_BESIDE = 9  # px: so near to ink, paper is not bare
_SPAN = 0.8  # of a side, by a character that fills the picture
_MIN_SEPARATION = 4.0  # of ink and paper, in standard deviations: pure noise split in two reaches 2.7


def is_light_on_dark(gray: Gray) -> bool:
    """Whether a picture (H, W), 0..1, is light strokes on a dark ground: nothing light is a sheet of paper, wide and filled."""
    light = gray > _otsu(gray)
    border = np.concatenate([light[0], light[-1], light[:, 0], light[:, -1]])
    if border.mean() > 0.3 or light.mean() > 0.5:
        return False
    outlines, _ = cv2.findContours(light.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    return not any(_is_sheet(outline, light) for outline in sorted(outlines, key=cv2.contourArea)[-3:])


def _is_sheet(outline: NDArray[np.int32], light: NDArray[np.bool_]) -> bool:
    """Whether what lies within an `outline` of the `light` (H, W) is a sheet."""
    if min(cv2.minAreaRect(outline)[1]) < _SHEET * max(light.shape):
        return False
    area = cv2.contourArea(outline)
    inside = cv2.drawContours(np.zeros(light.shape, np.uint8), [outline], 0, 1, -1).astype(np.bool_)
    return bool(area > _SOLID * cv2.contourArea(cv2.convexHull(outline)) and light[inside].mean() > _FILLED)


def is_one_character(level: NDArray[np.uint8], more: float) -> bool:
    """Whether a picture (H, W) is filled by one character, of more than `more` px: strokes from border to border on flat, evenly lit paper."""
    scale = min(1.0, _SMALL / max(level.shape))
    small = cv2.resize(level, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    threshold, _ = cv2.threshold(small, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    if (small <= threshold).mean() > 0.5:
        small, threshold = 255 - small, 255 - threshold - 1  # light strokes
    dark = (small <= threshold).astype(np.uint8)
    border = np.concatenate([dark[0], dark[-1], dark[:, 0], dark[:, -1]])
    if border.mean() > _CUT or dark.mean() > _COVERED or dark.sum() <= more * scale**2:
        return False
    bare = small[cv2.dilate(dark, np.ones((_BESIDE, _BESIDE), np.uint8)) == 0]
    if not bare.size or np.percentile(bare, 5) < _FLAT * np.percentile(bare, 95):
        return False
    thickest = 2 * cv2.distanceTransform(dark, cv2.DIST_L2, 3).max()
    rows, columns = np.flatnonzero(dark.any(1)), np.flatnonzero(dark.any(0))
    spans = [(places[-1] + 1 - places[0]) / side for places, side in ((rows, len(dark)), (columns, dark.shape[1]))]
    if thickest > _THICKEST * max(dark.shape) or max(spans) < _SPAN:
        return False
    count, labels, stats, _ = cv2.connectedComponentsWithStats(dark, connectivity=8)
    heavy = [number for number in range(1, count) if stats[number, cv2.CC_STAT_AREA] > _HEAVY * dark.sum()]
    tones = [1 - float(np.median(small[labels == number])) / float(np.median(bare)) for number in heavy]
    return bool(tones) and min(tones) > _ALIKE * max(tones)


def ink_on(gray: Gray) -> Gray | None:
    """The amount of ink on each pixel (H, W), 0..1; None for a blank sheet."""
    if gray.size < 4 or np.ptp(gray) < _MIN_CONTRAST:
        return None
    dark = gray <= _otsu(gray)
    border = np.concatenate([dark[0], dark[-1], dark[:, 0], dark[:, -1]])
    if border.mean() + dark.mean() > 1:  # most of the picture and its border is paper
        gray = 1 - gray
    marks = np.clip(1 - gray / np.maximum(_paper(gray), 1e-3), 0, 1)  # in units of the paper's brightness
    level = _otsu(marks)
    ink, paper = marks[marks > level], marks[marks <= level]
    if not ink.size or not paper.size:
        return None
    separation = ink.mean() - paper.mean()
    spread = math.sqrt((ink.var() * ink.size + paper.var() * paper.size) / marks.size)
    if separation < _MIN_CONTRAST or separation < _MIN_SEPARATION * spread:
        return None
    floor = np.median(paper)
    floor += 4.5 * np.median(np.abs(paper - floor))  # three standard deviations of the paper's grain
    return np.clip((marks - floor) / max(np.percentile(ink, 75) - floor, 1e-3), 0, 1).astype(np.float32)


def _otsu(values: Gray) -> float:
    """The level that separates `values` best into two classes (Otsu 1979), among 256 between their minimum and maximum."""
    low = float(values.min())
    step = (float(values.max()) - low + 1e-6) / 256
    level, _ = cv2.threshold(((values - low) / step).astype(np.uint8).reshape(1, -1), 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    return low + (level + 1) * step


def _paper(gray: Gray) -> Gray:
    """The brightness of the bare paper under each pixel: a quadratic surface fitted from above.

    It keeps the fall-off of a lamp, or a soft shadow, from being taken for ink.
    """
    height, width = gray.shape
    if min(height, width) < 2 * SIZE:
        return np.full_like(gray, np.percentile(gray, 90))
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    surface = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], -1)
    step = max(1, min(height, width) // 64)
    basis, values = surface[::step, ::step].reshape(-1, 6), gray[::step, ::step].ravel()
    weights = np.ones_like(values)
    for _ in range(8):  # asymmetric least squares: pixels below the surface are ink and hardly count
        weighted = basis * weights[:, None]
        coefficients = np.linalg.solve(basis.T @ weighted + 1e-6 * np.eye(6, dtype=np.float32), values @ weighted)
        weights = np.where(values < basis @ coefficients - 0.02, np.float32(0.02), np.float32(1))
    return np.clip(surface @ coefficients, np.percentile(gray, 50) / 2, 1)
