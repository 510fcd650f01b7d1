"""Deletion and insertion curves (Petsiuk 2018, arXiv:1806.07421): how well weights of pixels say what a network reads.

Ink is taken away, or put on an empty square, from the heaviest pixel on, and the network's probability of the character is read after each
part: a good order makes it fall, or rise, at once.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kmnist_model.recognizer import Recognizer

PARTS = 12  # in which the ink goes or comes


def areas(recognizer: Recognizer, ink: NDArray[np.uint8], weights: NDArray[np.floating], index: int) -> tuple[float, float]:
    """The mean probability of character `index` while ink (size, size) goes, and while it comes, in the order of `weights` (size, size)."""
    places = np.flatnonzero(ink)
    order = places[np.argsort(-weights.ravel()[places], kind="stable")]
    bounds = np.round(np.linspace(0, len(order), PARTS + 1)).astype(int)
    gone, come = [], []
    for bound in bounds:
        left, put = ink.ravel().copy(), np.zeros(ink.size, np.uint8)
        left[order[:bound]] = 0
        put[order[:bound]] = ink.ravel()[order[:bound]]
        gone.append(left)
        come.append(put)
    inks = np.stack(gone + come).reshape(-1, *ink.shape)
    probabilities = recognizer.probabilities(recognizer.logits(inks, fast=True))[:, index]
    return _area(probabilities[: PARTS + 1]), _area(probabilities[PARTS + 1 :])


def _area(values: NDArray[np.float64]) -> float:
    return float((values[1:] + values[:-1]).sum() / 2 / (len(values) - 1))
