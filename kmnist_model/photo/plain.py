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
