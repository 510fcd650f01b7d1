"""How far a page's writing leans: the angle under which its columns, lines and frames project most sharply."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

MOST = 10.0  # degrees, either way
_POINTS = 20_000
_COARSE, _FINE = 0.25, 0.05  # degrees
_BIN, _BLUR = 0.05, 4.0  # character sizes, and bins: a stroke's own edges are blurred away, a column's are not


def estimate_skew(mask: NDArray[np.bool_], size: float) -> float:
    """Degrees by which the writing of `mask` (H, W), True where ink is, is turned clockwise, within `MOST` either way.

    `size` is that of a character in px. Projection profiles (Postl 1986), of the columns and of the lines together: the sum of
    squares is greatest where ink falls into the fewest bins.
    """
    rows, columns = np.nonzero(mask)
    if len(rows) < 50:
        return 0.0
    chosen = np.random.default_rng(0).permutation(len(rows))[:_POINTS]
    x, y = columns[chosen] - columns.mean(), rows[chosen] - rows.mean()
    coarse = np.arange(-MOST, MOST + _COARSE / 2, _COARSE)  # 0 among them
    best = coarse[_sharpness(x, y, coarse, _BIN * size).argmax()]
    fine = np.arange(best - _COARSE, best + _COARSE + _FINE / 2, _FINE)
    return round(float(fine[_sharpness(x, y, fine, _BIN * size).argmax()]), 2)


def _sharpness(x: NDArray[np.float64], y: NDArray[np.float64], angles: NDArray[np.float64], bin_px: float) -> NDArray[np.float64]:
    """For each angle how sharply the points project on both axes, each as a share of its mean over the angles."""
    reach = float(np.hypot(x, y).max()) + bin_px
    bins = int(2 * reach / bin_px) + 1
    scores = np.empty((2, len(angles)))
    for n, angle in enumerate(np.radians(angles)):
        across, along = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
        for axis, places in enumerate((across, along)):
            counts = np.bincount(((places + reach) / bin_px).astype(np.int64), minlength=bins).astype(np.float32)
            scores[axis, n] = (cv2.GaussianBlur(counts.reshape(1, -1), (0, 0), _BLUR) ** 2).sum()
    return (scores / scores.mean(1, keepdims=True)).sum(0)


def lean(columns: list[NDArray[np.float64]]) -> float:
    """Degrees clockwise by which columns lean, from their characters' centres (n, 2) each: one slope for all, by least squares, outliers left out."""
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


def turn(image: NDArray[np.uint8], degrees: float, size: tuple[int, int], matrix: NDArray[np.float64]) -> NDArray[np.uint8]:
    """`image` under the affine `matrix` (2, 3), `size` (width, height); untouched for 0 degrees."""
    return image if degrees == 0 else cv2.warpAffine(image, matrix, size, flags=cv2.INTER_LINEAR)


def upright(shape: tuple[int, int], degrees: float) -> tuple[NDArray[np.float64], tuple[int, int]]:
    """The affine map (2, 3) that turns a picture of `shape` back by `degrees`, and the (width, height) that holds it whole."""
    height, width = shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    cos, sin = abs(matrix[0, 0]), abs(matrix[0, 1])
    size = (int(np.ceil(height * sin + width * cos)), int(np.ceil(height * cos + width * sin)))
    matrix[:, 2] += np.array(size) / 2 - np.array([width, height]) / 2
    return matrix, size
