"""Characters as a detector would find them, for tests of lines."""

from __future__ import annotations

import numpy as np

from kmnist_model.page.detector import KINDS, Detections

SIZE, PITCH = 20, 40


def detected(places: list[tuple[float, float]], kind: str = "main", size: float = SIZE, score: float = 0.9) -> Detections:
    """Characters at centres (x, y), each of which goes on `size * 1.2` px further down."""
    centres, count = np.array(places, np.float32).reshape(-1, 2), len(places)
    kinds = np.zeros((count, 3), np.float32)
    kinds[:, KINDS.index(kind)] = 1
    links = np.tile(np.array([0, 1.2 * size], np.float32), (count, 1))
    boxes = np.concatenate([centres - size / 2, centres + size / 2], 1).astype(np.float32)
    return Detections(boxes, np.full(count, score, np.float32), kinds, np.full(count, 0.9, np.float32), links)


def column(x: float, top: float, count: int, size: float = SIZE) -> list[tuple[float, float]]:
    """The centres of a column's characters."""
    return [(x, top + 1.2 * size * number) for number in range(count)]
