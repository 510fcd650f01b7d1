"""Each found character's own ink, without its neighbours'."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from kmnist_model.page.binarize import InkMap

_MARGIN = 0.12  # of a box's longer side: its character may reach so far over it
_OWN = 0.6  # of a shape's pixels in a box: then all of it is the character's
INK_LEVEL = 80 / 255  # more is a stroke
_EDGE = np.ones((3, 3), np.uint8)  # the soft edge around a stroke


@dataclass(frozen=True)
class OwnInk:
    """The `ink` (h, w), 0..1, of one character, and its `box` left, top, right, bottom, px: tight around the ink."""

    ink: InkMap
    box: tuple[int, int, int, int]


class Ink:
    """A page's ink (H, W), 0..1, and its connected shapes."""

    def __init__(self, ink: InkMap) -> None:
        self.ink = ink
        _, self._labels, stats, _ = cv2.connectedComponentsWithStats((ink > INK_LEVEL).astype(np.uint8), connectivity=8)
        self._areas = stats[:, cv2.CC_STAT_AREA]

    def cut(self, box: NDArray[np.float32]) -> OwnInk | None:
        """The ink of the character found at `box` left, top, right, bottom; None if there is none.

        It is all ink within the box, and what of the shapes that are mostly within it lies just outside.
        """
        left, top, right, bottom = (float(side) for side in box)
        margin = _MARGIN * max(right - left, bottom - top)
        height, width = self.ink.shape
        rows = slice(max(int(top - margin), 0), min(int(np.ceil(bottom + margin)), height))
        columns = slice(max(int(left - margin), 0), min(int(np.ceil(right + margin)), width))
        labels = self._labels[rows, columns]
        if not labels.size:
            return None
        y, x = np.arange(rows.start, rows.stop) + 0.5, np.arange(columns.start, columns.stop) + 0.5
        inside = ((y >= top) & (y <= bottom))[:, None] & ((x >= left) & (x <= right))[None]
        shapes, counts = np.unique(labels[inside], return_counts=True)
        own = shapes[(shapes > 0) & (counts >= _OWN * self._areas[shapes])]
        keep = (labels > 0) & (inside | np.isin(labels, own))
        across, down = np.flatnonzero(keep.any(0)), np.flatnonzero(keep.any(1))
        if not len(across):
            return None
        wide = cv2.dilate(keep.astype(np.uint8), _EDGE) > 0
        ink = np.where(wide, self.ink[rows, columns], 0).astype(np.float32)
        tight = (columns.start + across[0], rows.start + down[0], columns.start + across[-1] + 1, rows.start + down[-1] + 1)
        return OwnInk(ink, (int(tight[0]), int(tight[1]), int(tight[2]), int(tight[3])))
