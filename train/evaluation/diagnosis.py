"""Error analysis on a test split: confusions, metrics by class, calibration, and accuracy under rejection."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax
from sklearn.metrics import confusion_matrix

from kmnist_model.alphabet import Alphabet
from kmnist_model.recognizer import Recognizer
from train.data.splits import Examples
from train.evaluation.calibrate import BINS


@dataclass(frozen=True)
class ClassMetrics:
    """One class: `count` images of it, its `index`, and `recall`, `precision` and their harmonic mean `f1`, 0..1."""

    index: int
    count: int
    recall: float
    precision: float
    f1: float


@dataclass(frozen=True)
class Diagnosis:
    """The answers to `examples` (N).

    `probabilities` (N, characters) are calibrated, `raw` ones have temperature 1; a `known_logit` (N,) below `threshold` is "unknown".
    """

    alphabet: Alphabet
    examples: Examples
    probabilities: NDArray[np.float64]
    raw: NDArray[np.float64]
    known_logit: NDArray[np.float64]
    threshold: float

    @property
    def answers(self) -> NDArray[np.int64]:
        """The likeliest class (N,)."""
        return self.probabilities.argmax(1)

    @property
    def right(self) -> NDArray[np.bool_]:
        """Which answers (N,) are right."""
        return self.answers == self.examples.labels

    @property
    def confidence(self) -> NDArray[np.float64]:
        """The probability (N,) of each answer."""
        return self.probabilities.max(1)

    def confusion(self) -> NDArray[np.int64]:
        """The counts (characters, characters): true class by row, answer by column."""
        return np.asarray(confusion_matrix(self.examples.labels, self.answers, labels=np.arange(len(self.alphabet))), np.int64)

    def confused(self, most: int) -> list[tuple[int, int, int]]:
        """The `most` frequent mistakes as (class, read as, how often)."""
        pairs = np.stack([self.examples.labels, self.answers], 1)[~self.right]
        kinds, counts = np.unique(pairs, axis=0, return_counts=True)
        return [(int(kinds[n, 0]), int(kinds[n, 1]), int(counts[n])) for n in np.argsort(-counts, kind="stable")[:most]]

    def classes(self) -> list[ClassMetrics]:
        """The metrics of each class that has images, worst F1 first."""
        size = len(self.alphabet)
        count, guessed = np.bincount(self.examples.labels, minlength=size), np.bincount(self.answers, minlength=size)
        hits = np.bincount(self.examples.labels[self.right], minlength=size)
        found = []
        for index in np.flatnonzero(count).tolist():
            recall, precision = hits[index] / count[index], hits[index] / max(guessed[index], 1)
            f1 = 2 * hits[index] / (count[index] + guessed[index])
            found.append(ClassMetrics(index, int(count[index]), float(recall), float(precision), float(f1)))
        return sorted(found, key=lambda metrics: metrics.f1)

    def mistakes(self, most: int) -> list[int]:
        """The indices of the `most` most confident wrong answers, most confident first."""
        wrong = np.flatnonzero(~self.right)
        return wrong[np.argsort(-self.confidence[wrong], kind="stable")][:most].tolist()


def diagnose(recognizer: Recognizer, examples: Examples) -> Diagnosis:
    """Read `examples` with `recognizer`."""
    logits = recognizer.logits(examples.inks)
    return Diagnosis(
        recognizer.alphabet,
        examples,
        recognizer.probabilities(logits),
        softmax(logits[:, :-1].astype(np.float64), axis=1),
        recognizer.known_logit(logits),
        recognizer.card.threshold,
    )


@dataclass(frozen=True)
class Bin:
    """One of `BINS` equal bins of confidence: mean `confidence`, `accuracy` and `count` of its answers."""

    confidence: float
    accuracy: float
    count: int


def reliability(probabilities: NDArray[np.float64], labels: NDArray[np.int64]) -> list[Bin]:
    """The bins that are not empty, by rising confidence.

    They make the reliability diagram of Guo et al. 2017, arXiv:1706.04599.
    """
    confidence, right = probabilities.max(1), probabilities.argmax(1) == labels
    place = np.minimum((confidence * BINS).astype(int), BINS - 1)
    masks = [place == n for n in np.unique(place)]
    return [Bin(float(confidence[mask].mean()), float(right[mask].mean()), int(mask.sum())) for mask in masks]


def rejection_curve(scores: NDArray[np.float64], right: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The share rejected and the accuracy of the rest, (N,) each.

    The answers of the lowest `scores` are rejected first.
    """
    order = np.argsort(-scores, kind="stable")
    kept = np.arange(1, len(order) + 1)
    accuracy = np.cumsum(right[order]) / kept
    return 1 - kept[::-1] / len(order), accuracy[::-1]
