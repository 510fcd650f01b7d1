"""The steps from a photograph to the ink of its one character."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from kmnist_model.photo.cluster import choose, find_parts
from kmnist_model.photo.light import Level, Light, divide
from kmnist_model.photo.lines import erase_lines
from kmnist_model.stroke_width import Gray

WORKING_SIDE = 1000  # px

_REACHES = (0.05, 0.1, 0.2)  # of the longer side: the widest stroke


@dataclass(frozen=True)
class Found:
    """What a photograph holds: the character's `ink` (h, w), 0..1, or None; whether there were `marks`; how many printed `lines`."""

    ink: Gray | None
    marks: bool
    lines: int = 0


def find(level: Level) -> Found:
    """Find the character on a photograph (H, W) uint8 of its brightness."""
    longest = max(level.shape)
    found = Found(None, False)
    for reach in _REACHES:
        found = _look(level, max(9, round(reach * longest) | 1))
        if found.ink is not None:
            break
    return found


def _look(level: Level, reach: int) -> Found:
    light = divide(level, reach)
    faint = max(0.055, 4.5 * light.noise)
    ink = light.marks > faint
    marks, lines = erase_lines(light.marks, ink)
    parts = find_parts(marks, marks > faint)
    if not len(parts):
        return Found(None, bool(ink.any()), lines)
    usable = np.ones(len(parts), np.bool_)
    usable &= (parts.boxes[:, :2] > 0).all(1) & (parts.boxes[:, 2] < level.shape[1]) & (parts.boxes[:, 3] < level.shape[0])
    chosen = choose(parts, usable, level.shape)
    if chosen is None:
        return Found(None, True, lines)
    left, top = parts.boxes[chosen, :2].min(0).astype(int)
    right, bottom = parts.boxes[chosen, 2:].max(0).astype(int)
    own = np.isin(parts.labels[top:bottom, left:right], parts.numbers[chosen])
    cut = marks[top:bottom, left:right] * own
    full = np.percentile(cut[own], 75)
    return Found(np.clip(cut / full, 0, 1).astype(np.float32), True, lines)
