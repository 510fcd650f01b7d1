"""Mistakes and the training images nearest to them: by the network's own features, of the two classes in question alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from kmnist_model import Recognizer, build
from kmnist_model.weights_file import Card
from train.data.splits import Examples
from train.evaluation.diagnosis import diagnose
from train.evaluation.neighbours import SHOWN, Mistake, cosines, find


@pytest.fixture
def small(card: Card, network: torch.nn.Module) -> Recognizer:
    return Recognizer(card, network, torch.device("cpu"))


@pytest.fixture(scope="module")
def parts(inks: NDArray[np.uint8]) -> tuple[Examples, Examples]:
    """Ten drawings of each character to learn from, and ten others to read."""
    places = np.arange(200).reshape(10, 2, 10)
    learnt, test = (Examples(inks[places[:, part].ravel()], np.repeat(np.arange(10), 10)) for part in (0, 1))
    return learnt, test


def check(mistake: Mistake, recognizer: Recognizer, learnt: Examples) -> None:
    """The neighbours are the nearest of the training images of their class, by all of them."""
    for character, shown in ((mistake.answer, mistake.like_answer), (mistake.truth, mistake.like_truth)):
        pool = learnt.inks[learnt.labels == recognizer.alphabet.index(character)]
        similarity = cosines(recognizer.features(mistake.ink[None]), recognizer.features(pool))[0]
        np.testing.assert_array_equal(shown, pool[np.argsort(-similarity, kind="stable")[:SHOWN]])


def test_the_neighbours_are_the_nearest_of_either_class(small: Recognizer, parts: tuple[Examples, Examples]) -> None:
    learnt, test = parts
    diagnosis = diagnose(small, test)
    found = find(small, diagnosis, learnt, 5)
    assert len(found) == 5, "a network that learnt nothing reads nearly all of them wrong"
    assert [mistake.confidence for mistake in found] == sorted((mistake.confidence for mistake in found), reverse=True)
    for mistake in found:
        assert mistake.truth != mistake.answer
        check(mistake, small, learnt)


def test_a_class_without_training_images_has_no_neighbours(small: Recognizer, parts: tuple[Examples, Examples]) -> None:
    learnt, test = parts
    diagnosis = diagnose(small, test)
    (first,) = find(small, diagnosis, learnt, 1)
    without = learnt.take(learnt.labels != small.alphabet.index(first.answer))
    (mistake,) = find(small, diagnosis, without, 1)
    assert len(mistake.like_answer) == 0
    np.testing.assert_array_equal(mistake.like_truth, first.like_truth)


def test_a_network_without_features_has_mistakes_alone(card: Card, parts: tuple[Examples, Examples]) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        other = Recognizer(card, build("resnet18", len(card.alphabet) + 1).eval(), torch.device("cpu"))
    learnt, test = parts
    (mistake,) = find(other, diagnose(other, test), learnt, 1)
    assert (len(mistake.like_answer), len(mistake.like_truth)) == (0, 0)


def test_cosines_are_those_of_angles() -> None:
    features = np.array([[2, 0], [1, 1], [0, 0]], np.float32)
    np.testing.assert_allclose(cosines(features, features[:2]), [[1, 0.5**0.5], [0.5**0.5, 1], [0, 0]], atol=1e-6)
