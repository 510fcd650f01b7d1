"""Estimate a page's skew: the angle at which columns, lines and frames project most sharply."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

MAX_SKEW = 10.0  # degrees, either way
_POINTS = 20_000
_COARSE, _FINE = 0.25, 0.05  # degrees
_BIN, _BLUR = 0.05, 4.0  # character sizes, and bins: enough to blur a stroke's edges, too little for a column's


def estimate_skew(mask: NDArray[np.bool_], size: float) -> float:
    """Degrees by which the writing of `mask` (H, W), True for ink, is rotated clockwise, within `MAX_SKEW` either way.

    `size` is that of a character in px. Projection profiles (Postl 1986) of columns and lines together: the sum of squares is
    largest when ink falls into the fewest bins.
    """
    rows, columns = np.nonzero(mask)
    if len(rows) < 50:
        return 0.0
    chosen = np.random.default_rng(0).permutation(len(rows))[:_POINTS]
    x, y = columns[chosen] - columns.mean(), rows[chosen] - rows.mean()
    coarse = np.arange(-MAX_SKEW, MAX_SKEW + _COARSE / 2, _COARSE)  # 0 among them
    best = coarse[_sharpness(x, y, coarse, _BIN * size).argmax()]
    fine = np.arange(best - _COARSE, best + _COARSE + _FINE / 2, _FINE)
    return round(float(fine[_sharpness(x, y, fine, _BIN * size).argmax()]), 2)


def _sharpness(x: NDArray[np.float64], y: NDArray[np.float64], angles: NDArray[np.float64], bin_px: float) -> NDArray[np.float64]:
    """For each angle, the sharpness of the points' projections on both axes, each relative to its mean over the angles."""
    reach = float(np.hypot(x, y).max()) + bin_px
    bins = int(2 * reach / bin_px) + 1
    scores = np.empty((2, len(angles)))
    for n, angle in enumerate(np.radians(angles)):
        across, along = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
        for axis, places in enumerate((across, along)):
            counts = np.bincount(((places + reach) / bin_px).astype(np.int64), minlength=bins).astype(np.float32)
            scores[axis, n] = (cv2.GaussianBlur(counts.reshape(1, -1), (0, 0), _BLUR) ** 2).sum()
    return (scores / scores.mean(1, keepdims=True)).sum(0)


def residual_skew(columns: list[NDArray[np.float64]]) -> float:
    """Degrees clockwise by which columns are still rotated, from their characters' centres (n, 2) each.

    One slope for all columns, by least squares without outliers.
    """
    along = [points[:, 1] - points[:, 1].mean() for points in columns if len(points) > 2]
    across = [points[:, 0] - points[:, 0].mean() for points in columns if len(points) > 2]
    if not along:
        return 0.0
    y, x = np.concatenate(along), np.concatenate(across)
    keep = np.ones(len(y), np.bool_)
    slope = 0.0
    for _ in range(3):
        slope = float((x[keep] * y[keep]).sum() / max((y[keep] ** 2).sum(), 1e-9))
        rest = np.abs(x - slope * y)
        keep = rest <= 2.5 * np.median(rest[keep]) + 1e-9
    return float(-np.degrees(np.arctan(slope)))
