"""The most confident mistakes, and the training images that are nearest to them in the network's features."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmnist_model.recognizer import Recognizer
from train.data.splits import Examples, Inks
from train.evaluation.diagnosis import Diagnosis

SHOWN = 3  # neighbours of either class
_MAX_OF_CLASS = 1000  # training images that are compared, evenly drawn: a class of Kuzushiji-49 has up to 7,000


@dataclass(frozen=True, eq=False)
class Mistake:
    """A held-out `ink` (size, size) of the character `truth` that was read as `answer` with `confidence`, 0..1.

    `like_answer` and `like_truth` (up to `SHOWN`, size, size) are the nearest training images of either; none where none are to be had.
    """

    ink: Inks
    truth: str
    answer: str
    confidence: float
    like_answer: Inks
    like_truth: Inks

    @property
    def words(self) -> tuple[str, str, float]:
        """The character, what it was read as, and the confidence."""
        return self.truth, self.answer, self.confidence


def cosines(features: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    """The cosine similarities (N, M) of features (N, D) to `others` (M, D)."""
    return _units(features) @ _units(others).T


def _units(features: NDArray[np.float32]) -> NDArray[np.float32]:
    return features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-9)


def find(recognizer: Recognizer, diagnosis: Diagnosis, learnt: Examples, most: int) -> list[Mistake]:
    """The `most` most confident mistakes of `diagnosis`, with their neighbours among the images that the weights have `learnt` from.

    A network without features (torchvision's) has no neighbours.
    """
    places = diagnosis.mistakes(most)
    examples, characters = diagnosis.examples, diagnosis.alphabet.characters
    labels, answers = examples.labels[places].tolist(), diagnosis.answers[places].tolist()
    pools = _pools(recognizer, learnt, {*labels, *answers}) if recognizer.fingerprint and places else {}
    features = recognizer.features(examples.inks[places]) if pools else np.zeros((len(places), 0), np.float32)
    none = examples.inks[:0]

    def like(own: NDArray[np.float32], label: int) -> Inks:
        if label not in pools:
            return none
        inks, theirs = pools[label]
        return inks[np.argsort(-cosines(own[None], theirs)[0], kind="stable")[:SHOWN]]

    return [
        Mistake(
            examples.inks[place],
            characters[label],
            characters[answer],
            float(diagnosis.confidence[place]),
            like(own, answer),
            like(own, label),
        )
        for place, label, answer, own in zip(places, labels, answers, features, strict=True)
    ]


def _pools(recognizer: Recognizer, learnt: Examples, labels: Iterable[int]) -> dict[int, tuple[Inks, NDArray[np.float32]]]:
    """The training images of each of the `labels` that has any, with their features."""
    found: dict[int, Any] = {}
    for label in sorted(labels):
        mine = np.flatnonzero(learnt.labels == label)
        if len(mine):
            inks = learnt.inks[mine[np.linspace(0, len(mine) - 1, min(len(mine), _MAX_OF_CLASS)).astype(np.int64)]]
            found[label] = inks, recognizer.features(inks)
    return found
