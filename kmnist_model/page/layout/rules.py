"""Printed rules and frames of a page: what no column goes across."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from kmnist_model.page.boundary import Mask

_LENGTH = 3.0  # character sizes: longer is no stroke of a character
_WOBBLE = np.ones((3, 1), np.uint8)  # px that a rule may rise or fall along its length
_COVERED = 0.9  # of a column's width that a rule crosses
_WIDTH = 0.5  # of a character: the middle of its column


class Rules:
    """The level rules of a page whose lines are columns, in `ink` (H, W), True where something is drawn; `size` is a character's in px."""

    def __init__(self, ink: Mask, size: float) -> None:
        length = max(3, round(_LENGTH * size))
        drawn = cv2.dilate(ink.astype(np.uint8), _WOBBLE)
        self.level = cv2.morphologyEx(drawn, cv2.MORPH_OPEN, np.ones((1, length), np.uint8))

    def part(self, before: NDArray[np.float32], after: NDArray[np.float32]) -> bool:
        """Whether a rule runs between two characters, by their boxes left, top, right, bottom in px, one below the other."""
        left, right = min(before[0], after[0]), max(before[2], after[2])
        inset = (1 - _WIDTH) / 2 * (right - left)
        rows = slice(max(int((before[1] + before[3]) / 2), 0), int((after[1] + after[3]) / 2) + 1)
        between = self.level[rows, max(int(left + inset), 0) : int(right - inset) + 1]
        return bool(between.size and between.mean(1).max() >= _COVERED)
