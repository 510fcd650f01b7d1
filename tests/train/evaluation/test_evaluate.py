"""The accuracies of evaluate, by scikit-learn, are what their definitions say, with classes that the test split lacks."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from numpy.typing import NDArray

from kmnist_model import KMNIST, KUZUSHIJI49, Alphabet
from train.evaluation.evaluate import macro_accuracy, top_accuracy

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


def test_macro_accuracy_is_the_mean_recall_of_the_classes_that_occur(predictions: Predictions) -> None:
    _, labels, probabilities = predictions
    answers = probabilities.argmax(1)
    recalls = [(answers[labels == index] == index).mean() for index in np.unique(labels)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert macro_accuracy(labels, answers) == pytest.approx(np.mean(recalls), abs=1e-12)


def test_macro_accuracy_weighs_classes_alike() -> None:
    assert macro_accuracy(np.array([0, 0, 0, 0, 2, 2]), np.array([0, 0, 0, 0, 1, 2])) == pytest.approx((1 + 0.5) / 2)


def test_top_accuracy_counts_the_first_five(predictions: Predictions) -> None:
    _, labels, probabilities = predictions
    best = np.argsort(-probabilities, axis=1, kind="stable")[:, :5]
    assert top_accuracy(labels, probabilities, 5) == pytest.approx((best == labels[:, None]).any(1).mean(), abs=1e-12)


@pytest.mark.parametrize("classes", [1, 2, 5])
def test_top_accuracy_of_few_classes_is_1(classes: int) -> None:
    probabilities = np.full((3, classes), 1 / classes)
    assert top_accuracy(np.zeros(3, np.int64), probabilities, 5) == 1
