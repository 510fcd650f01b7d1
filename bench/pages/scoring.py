"""Scores of read pages against their truth: detection F1, reading accuracy, character error rate, error of the skew."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from rapidfuzz.distance import Levenshtein
from scipy.optimize import linear_sum_assignment

from bench.section import Figures
from kmnist_model import Page
from synthetic_pages.maker import MadePage

_MIN_IOU = 0.5


class Tally:
    """Counts over pages: true, detected, matched and correctly read characters, and wrong text."""

    def __init__(self) -> None:
        self.pages = self.true = self.detected = self.matched = self.right = self.wrong_text = 0
        self.skew: list[float] = []

    def add(self, made: MadePage, page: Page) -> None:
        """Count one page."""
        pairs = match([truth.box for truth in made.characters], [character.box for character in page.characters])
        self.pages += 1
        self.true += len(made.characters)
        self.detected += len(page.characters)
        self.matched += len(pairs)
        self.right += sum(made.characters[true].character == page.characters[detected].text for true, detected in pairs)
        self.wrong_text += edits(made.text.replace("\n", ""), page.text.replace("\n", ""))
        self.skew.append(abs(made.skew - page.skew))

    def figures(self) -> Figures:
        """F1 of detection, accuracy of the detected characters and character error rate, as fractions; the skew's error in degrees."""
        return {
            "pages": self.pages,
            "n": self.true,
            "f1": 2 * self.matched / max(self.true + self.detected, 1),
            "accuracy": self.right / max(self.matched, 1),
            "error_rate": self.wrong_text / max(self.true, 1),
            "skew_p95": float(np.percentile(self.skew, 95)),
        }


def match(true: Sequence[tuple[int, int, int, int]], detected: Sequence[tuple[int, int, int, int]]) -> list[tuple[int, int]]:
    """Pairs (index in `true`, index in `detected`) of boxes (x, y, width, height) with an IoU of at least 0.5, each box at most once.

    Of all one-to-one assignments it is the one with the greatest sum of IoU (Hungarian method).
    """
    if not true or not detected:
        return []
    a, b = np.array(true, float)[:, None], np.array(detected, float)[None]
    shared = np.clip(np.minimum(a[..., :2] + a[..., 2:], b[..., :2] + b[..., 2:]) - np.maximum(a[..., :2], b[..., :2]), 0, None).prod(-1)
    iou = shared / (a[..., 2:].prod(-1) + b[..., 2:].prod(-1) - shared)
    iou[iou < _MIN_IOU] = 0
    rows, columns = linear_sum_assignment(iou, maximize=True)
    return [(int(row), int(column)) for row, column in zip(rows, columns, strict=True) if iou[row, column]]


def edits(true: str, read: str) -> int:
    """The edit distance (Levenshtein) between two texts."""
    return int(Levenshtein.distance(true, read))
