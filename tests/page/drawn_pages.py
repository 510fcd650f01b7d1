"""Blobs in columns, as ink and as a pale page."""

from __future__ import annotations

import cv2
import numpy as np


def writing(rng: np.random.Generator, height: int = 800, width: int = 600, size: int = 40) -> np.ndarray:
    """Blobs in columns, (height, width) uint8, 255 where ink is."""
    ink = np.zeros((height, width), np.uint8)
    for x in range(100, width - 100, 70):
        for y in range(100, height - 100, 50):
            left, top = x + int(rng.integers(-3, 4)), y
            cv2.ellipse(ink, (left, top + size // 2), (size // 2 - 4, size // 2 - 2), 0, 0, 330, 255, 5)
    return ink


def pale_page(height: int, width: int, top: int, bottom: int) -> np.ndarray:
    """Pale paper (height, width, 3) with columns of dark blobs from `top` to `bottom`."""
    page = np.full((height, width, 3), (228, 220, 200), np.uint8)
    ink = writing(np.random.default_rng(0), bottom - top + 200, width)[100 : bottom - top + 100]
    page[top:bottom][ink > 127] = (30, 28, 28)
    return page
