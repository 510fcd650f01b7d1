"""The light on a photograph: how much darker each pixel is than the paper around it, in shadow as beside it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Level = NDArray[np.uint8]  # (H, W), brightness
Marks = NDArray[np.float32]  # (H, W), 0..1: darkness in units of the paper's brightness

_DARKEST_PAPER = 12  # of 255: darker surroundings tell nothing
_STEP = 0.46  # of the brighter side: the darker side of a sheet's edge; a shadow leaves more
_BROAD = 7  # px, the least breadth of a shadow
_SHADED = 0.06  # of the ink's pixels: fewer in shadow do not matter
_PALER = 0.2  # of the paper's brightness, a shadow than ink


@dataclass(frozen=True)
class Light:
    """What is left of a photograph once its light is divided out: `marks`, the `paper`'s brightness (H, W), and the `noise` of bare paper."""

    marks: Marks
    paper: Level
    noise: float


def divide(level: Level, reach: int) -> Light:
    """Divide the picture's brightness (H, W) by that of the paper; strokes up to `reach` px wide are marks, wider dark areas are paper.

    A closing is the brightest level that a square of `reach` px sees without leaving an area. So the edge of a shadow, however sharp,
    stays in the paper's brightness and leaves no mark, and a stroke that crosses it is as dark on either side.
    """
    smooth = cv2.GaussianBlur(level, (0, 0), 1.0)
    kernel = np.ones((reach, reach), np.uint8)
    height, width = smooth.shape
    padded = cv2.copyMakeBorder(smooth, reach, reach, reach, reach, cv2.BORDER_REPLICATE)  # the paper goes on beyond the picture
    paper = cv2.morphologyEx(padded, cv2.MORPH_CLOSE, kernel)[reach : reach + height, reach : reach + width]
    marks = 1 - smooth.astype(np.float32) / np.maximum(paper, _DARKEST_PAPER)
    np.clip(marks, 0, 1, out=marks)
    floor, noise = _grain(marks[::3, ::3])
    marks -= floor
    np.maximum(marks, 0, out=marks)
    return Light(marks, paper, noise)


def without_shade(marks: Marks, ink: NDArray[np.bool_]) -> float:
    """The level (0..1) between the marks of a shadow and those of strokes among the `ink` (H, W) of `marks`; 0 where there is no shadow.

    A shadow narrower than the widest stroke is a mark too, but an even, broad one, and much paler than ink.
    """
    values = marks[ink]
    level, _ = cv2.threshold((values * 255).astype(np.uint8).reshape(1, -1), 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    level = (level + 0.5) / 255
    pale = ink & (marks <= level)
    broad = cv2.morphologyEx(pale.astype(np.uint8), cv2.MORPH_OPEN, np.ones((_BROAD, _BROAD), np.uint8)).astype(np.bool_)
    if np.count_nonzero(broad) < _SHADED * len(values) or not pale[ink].any() or pale[ink].all():
        return 0.0
    return level if values[values > level].mean() - marks[broad].mean() > _PALER else 0.0


def edges(paper: Level, reach: int) -> NDArray[np.bool_]:
    """Where (H, W) a bright and a dark surface meet within `reach` px: the edge of a sheet on a table, not that of a shadow."""
    kernel = np.ones((reach, reach), np.uint8)
    low, high = cv2.erode(paper, kernel), cv2.dilate(paper, kernel)
    return low < _STEP * np.maximum(high, _DARKEST_PAPER)


def _grain(marks: Marks) -> tuple[float, float]:
    """The median mark of bare paper, and its standard deviation by the lower half, which ink does not reach."""
    values = np.sort(marks, axis=None)
    middle = float(values[values.size // 2])
    return middle, float(1.48 * np.median(middle - values[: values.size // 2 + 1]))
