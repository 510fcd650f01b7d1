"""Confusions, metrics by class, reliability and rejection of known answers."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from kmnist_model import KMNIST, KUZUSHIJI49, Alphabet
from train.data.splits import Examples
from train.evaluation.calibrate import calibration_error
from train.evaluation.diagnosis import Diagnosis, rejection_curve, reliability


@pytest.fixture
def diagnosis() -> Diagnosis:
    """Five images: き taken for お at 0.9, お for つ at 0.6, three right."""
    labels = np.array([1, 0, 0, 1, 3])
    guesses, sure = [0, 3, 0, 1, 3], [0.9, 0.6, 0.95, 0.8, 0.7]
    probabilities = np.full((5, 10), 0.0)
    for row, (guess, share) in enumerate(zip(guesses, sure, strict=True)):
        probabilities[row] = (1 - share) / 9
        probabilities[row, guess] = share
    return Diagnosis(KMNIST, Examples(np.zeros((5, 28, 28), np.uint8), labels), probabilities, probabilities, np.arange(5.0), 1.5)


def test_confusion_and_class_metrics(diagnosis: Diagnosis) -> None:
    assert diagnosis.confusion()[1, 0] == diagnosis.confusion()[0, 3] == 1
    assert diagnosis.confusion().sum() == 5
    assert {(is_, as_): n for is_, as_, n in diagnosis.confused(9)} == {(1, 0): 1, (0, 3): 1}
    assert diagnosis.mistakes(9) == [0, 1], "the surest first"
    found = {row.index: row for row in diagnosis.classes()}
    assert (found[0].count, found[0].recall, found[0].precision, found[0].f1) == (2, 0.5, 0.5, 0.5)
    assert found[3].recall == 1
    assert found[3].precision == 0.5


def test_reliability_bins_hold_all_answers(diagnosis: Diagnosis) -> None:
    bins = reliability(diagnosis.probabilities, diagnosis.examples.labels)
    assert sum(it.count for it in bins) == 5
    gaps = sum(abs(it.accuracy - it.confidence) * it.count / 5 for it in bins)
    assert gaps == pytest.approx(calibration_error(diagnosis.probabilities, diagnosis.examples.labels))


def test_rejecting_the_worst_first_makes_the_rest_better() -> None:
    rejected, accuracy = rejection_curve(np.array([0.1, 0.9, 0.8, 0.2]), np.array([False, True, True, False]))
    assert rejected.tolist() == [0, 0.25, 0.5, 0.75]
    assert accuracy.tolist() == pytest.approx([0.5, 2 / 3, 1, 1])


Predictions = tuple[Alphabet, NDArray[np.int64], NDArray[np.float64]]


@pytest.fixture(params=[0, 1, 2, 3], ids=lambda seed: f"seed {seed}")
def predictions(request: pytest.FixtureRequest) -> Predictions:
    """Random probabilities of an alphabet, right more often than by chance; of the classes half are never in the labels."""
    rng = np.random.default_rng(request.param)
    alphabet = (KMNIST, KUZUSHIJI49)[request.param % 2]
    labels = rng.choice(np.arange(0, len(alphabet), 2), 500)
    logits = rng.normal(0, 1, (500, len(alphabet)))
    logits[np.arange(500), labels] += 1.5
    probabilities = np.exp(logits)
    return alphabet, labels, probabilities / probabilities.sum(1, keepdims=True)


def test_the_confusion_matrix_has_a_row_and_a_column_for_each_class(predictions: Predictions) -> None:
    alphabet, labels, probabilities = predictions
    examples = Examples(np.zeros((len(labels), 28, 28), np.uint8), labels)
    counts = np.zeros((len(alphabet),) * 2, np.int64)
    np.add.at(counts, (labels, probabilities.argmax(1)), 1)
    assert np.array_equal(Diagnosis(alphabet, examples, probabilities, probabilities, np.zeros(len(labels)), 0.0).confusion(), counts)
