"""How far a sheet with printed lines is turned, and the picture turned back."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from kmnist_model.photo.light import Level, Marks

Mask = NDArray[np.bool_]  # (H, W)

_SIDE = 500  # px, the longest side of the picture that is searched
_THICK = 9  # px of it: what is wider in every direction is no line
_MIN_VOTES = 0.24  # of its shorter side: fewer pixels are no line
_LEAST = 9.0  # degrees: lines that are turned by less are found as they are
_RIGHT_ANGLE = 90


def lines_turned(marks: Marks, faint: float) -> float:
    """The angle, -45..45 degrees clockwise, by which most of the straight thin lines among marks (H, W) are off the level and the upright.

    0 where they are turned by less than 9 degrees, or there are none; marks below `faint` are paper.
    """
    scale = min(1.0, _SIDE / max(marks.shape))
    small = marks if scale == 1 else cv2.resize(marks, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    ink = (small > faint).astype(np.uint8)
    thin = ink - cv2.morphologyEx(ink, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_THICK, _THICK)))
    found = cv2.HoughLinesWithAccumulator(thin, 1, math.radians(1), max(20, round(_MIN_VOTES * min(ink.shape))))
    if found is None:
        return 0.0
    found = found.reshape(-1, 3)
    angles = np.round(np.degrees(found[:, 1])).astype(np.int64) % _RIGHT_ANGLE
    votes = np.bincount(angles, found[:, 2] ** 2, _RIGHT_ANGLE)
    votes = votes + np.roll(votes, 1) + np.roll(votes, -1)
    angle = float(np.argmax(votes))
    angle -= _RIGHT_ANGLE if angle > _RIGHT_ANGLE / 2 else 0
    return angle if abs(angle) >= _LEAST else 0.0


def turn_back(level: Level, angle: float) -> tuple[Level, Mask]:
    """The picture (H, W) turned by `angle` degrees anticlockwise, whole, on a larger one; and which pixels of this it covers."""
    height, width = level.shape
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), angle, 1.0)
    cosine, sine = abs(matrix[0, 0]), abs(matrix[0, 1])
    size = math.ceil(width * cosine + height * sine), math.ceil(width * sine + height * cosine)
    matrix[:, 2] += (size[0] - width) / 2, (size[1] - height) / 2
    turned = cv2.warpAffine(level, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    covered = cv2.warpAffine(np.full_like(level, 255), matrix, size, flags=cv2.INTER_NEAREST)
    return np.asarray(turned, np.uint8), cv2.erode(covered, np.ones((7, 7), np.uint8)) > 0
