"""Finds and measures the margin of conformal sets, each with its own half of the held-out characters of Kuzushiji-Kanji.

The validation part will not do: it has no rare class, so a margin by it (0.07 nats) holds 92 of 100 test characters. Neither half was learnt from.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmnist_model.errors import WeightsError
from kmnist_model.explain.sets import COVERAGE, Margin
from kmnist_model.recognizer import Recognizer
from train.data.splits import Examples


def halves(examples: Examples, seed: int = 0) -> tuple[Examples, Examples]:
    """Two halves by a seeded order: for calibration and for the test."""
    order = np.random.default_rng(seed).permutation(len(examples))
    return examples.take(np.sort(order[::2])), examples.take(np.sort(order[1::2]))


def gaps(recognizer: Recognizer, examples: Examples) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How many nats the right character is behind the best one (N,), and every character (N, C)."""
    scaled = recognizer.logits(examples.inks)[:, :-1].astype(np.float64) / recognizer.card.temperature
    behind = scaled.max(1, keepdims=True) - scaled
    return behind[np.arange(len(examples)), examples.labels], behind


def fit(recognizer: Recognizer, calibration: Examples, coverage: float = COVERAGE) -> Margin:
    """The smallest margin whose sets hold the right one of `coverage` of further examples like these.

    Raises `WeightsError` for weights without a fingerprint.
    """
    if not recognizer.fingerprint:
        raise WeightsError("These weights have no fingerprint: find a margin for weights of a preact_resnet.")
    behind, _ = gaps(recognizer, calibration)
    rank = min(len(behind), int(np.ceil((len(behind) + 1) * coverage)))  # of finite samples
    return Margin(recognizer.fingerprint, len(recognizer.alphabet), float(np.sort(behind)[rank - 1]), coverage, len(behind))


def measure(recognizer: Recognizer, margin: Margin, test: Examples) -> dict[str, Any]:
    """The share of sets that hold the right one, their mean size, and the share of sets with more than one character."""
    behind, every = gaps(recognizer, test)
    sizes = (every <= margin.nats).sum(1)
    return {
        "n": len(test),
        "coverage": float((behind <= margin.nats).mean()),
        "size": float(sizes.mean()),
        "unsure": float((sizes > 1).mean()),
    }
