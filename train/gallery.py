"""Makes and measures the gallery of real brushed characters, from the training parts of Kuzushiji-Kanji and KMNIST alone.

What was tried, by the share of the eight nearest that are of the right class, 1,000 held-out kanji whose class has ten examples, 667 of KMNIST:

- all 131,795 examples: 92.3 and 91.5 % of 4,000 and 2,000; so nearest neighbours themselves lose 8 points
- 14 of each kanji and 150 of each kana by chance: 74.8 and 90.6 %; whitened by the spread within classes 75.3 and 91.3 %; on 96 principal directions 74.6 and 90.1 %
- the twelve nearest to the middle of each class of kanji: 77.6 and 92.6 %
- the eight nearest to the middle of each of up to four forms: 85.7 and 90.6 %
- and their vectors drawn to the middle of their form by half: 90.8 and 93.2 %; by four fifths 92.5 and 94.0 %
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans

from kmnist_model.errors import WeightsError
from kmnist_model.gallery.gallery import CELL, LEVELS, Gallery, project
from kmnist_model.recognizer import Recognizer
from train.data import kuzushiji
from train.data.data_folder import DataFolder
from train.data.drawing.resizing import resized
from train.data.splits import Examples

SOURCES = ("Kuzushiji-Kanji", "KMNIST")
DIMENSIONS = 80  # of the vectors
SHOWN = 8  # neighbours that the page shows
MIN_EXAMPLES = 10  # of a class of kanji, for the figure of those that have enough


@dataclass(frozen=True)
class Budget:
    """How a class is shown: in forms, each by pictures.

    There is a form for each `examples_of_form` examples, at most `most_forms`; `pictures` of each form, at least `least` of a class.
    """

    examples_of_form: int
    most_forms: int
    pictures: int
    least: int

    def forms(self, count: int) -> int:
        """The forms of a class with `count` examples."""
        return min(self.most_forms, 1 + count // self.examples_of_form)


BUDGETS = {"Kuzushiji-Kanji": Budget(40, 3, 8, 10), "KMNIST": Budget(40, 8, 40, 10)}
DRAWN = 0.6  # how far a picture's vector is drawn to the middle of its form


@dataclass(frozen=True)
class Part:
    """One dataset's training part: `examples` as the network reads them, their `features` (N, D), and their `pictures` (N, H, H) uint8."""

    source: str
    examples: Examples
    features: NDArray[np.float32]
    pictures: NDArray[np.uint8]


def parts(recognizer: Recognizer, data: DataFolder) -> list[Part]:
    """The training parts, as `recognizer` sees them. Raises `DataError` if a dataset is missing; about ten minutes on one core."""
    known = recognizer.alphabet
    kanji, kana = kuzushiji.old_kanji(data, known)[0], kuzushiji.kmnist(data, known)[0]
    pictures = (kuzushiji.old_kanji(data, known, CELL)[0].inks, resized(kana.inks, CELL))
    return [
        Part(source, examples, recognizer.features(examples.inks), cells)
        for source, examples, cells in zip(SOURCES, (kanji, kana), pictures, strict=True)
    ]


def make(recognizer: Recognizer, learnt: list[Part], dimensions: int = DIMENSIONS) -> Gallery:
    """The gallery of the chosen pictures of `learnt`. Raises `WeightsError` for a network without fingerprint."""
    if not recognizer.fingerprint:
        raise WeightsError("These weights give no features: make a gallery with weights of a preact_resnet.")
    mean, projection = principal(np.concatenate([part.features for part in learnt]), dimensions)
    found = [choose(project(part.features, mean, projection), part.examples.labels, BUDGETS[part.source]) for part in learnt]
    chosen = [places for places, _ in found]
    vectors = np.concatenate([drawn for _, drawn in found])
    characters = recognizer.alphabet.characters
    owners = np.concatenate([part.examples.labels[places] for part, places in zip(learnt, chosen, strict=True)])
    return Gallery(
        np.round(vectors * (127 / np.abs(vectors).max())).astype(np.int8),
        np.array([ord(characters[index]) for index in owners], np.uint32),
        np.repeat(np.arange(len(learnt), dtype=np.uint8), [len(which) for which in chosen]),
        tuple(part.source for part in learnt),
        mean,
        projection,
        recognizer.fingerprint,
        sprite(np.concatenate([part.pictures[which] for part, which in zip(learnt, chosen, strict=True)])),
    )


def principal(features: NDArray[np.float32], dimensions: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The mean (D,) of features (N, D), and the projection (D, dimensions) on the directions of their largest spread."""
    mean = features.mean(0)
    centred = (features - mean).astype(np.float64)
    _, vectors = np.linalg.eigh(centred.T @ centred / len(centred))
    return mean, np.ascontiguousarray(vectors[:, ::-1][:, :dimensions]).astype(np.float32)


def choose(
    vectors: NDArray[np.float32], labels: NDArray[np.int64], budget: Budget, seed: int = 0
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The places of the examples that stand for their classes, and their vectors (N, D), drawn to the middle of their form.

    The forms of a class are its clusters; the examples nearest to the middle of each are chosen.
    """
    chosen, drawn = [], []
    for index in np.unique(labels):
        mine = np.flatnonzero(labels == index)
        forms = budget.forms(len(mine))
        member = KMeans(forms, n_init=1, random_state=seed).fit_predict(vectors[mine]) if forms > 1 else np.zeros(len(mine), np.int32)
        for form in range(forms):
            those = mine[member == form]
            middle = vectors[those].mean(0)
            middle /= np.linalg.norm(middle)
            nearest = those[np.argsort(-(vectors[those] @ middle), kind="stable")[: max(budget.pictures, -(-budget.least // forms))]]
            chosen.append(nearest)
            drawn.append((1 - DRAWN) * vectors[nearest] + DRAWN * middle)
    vectors = np.concatenate(drawn)
    return np.concatenate(chosen), vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def sprite(pictures: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Pictures (N, side, side) uint8 as grey levels in one sprite, as square as can be, row by row."""
    side, columns = pictures.shape[1], int(np.ceil(len(pictures) ** 0.5))
    rows = -(-len(pictures) // columns)
    cells = np.zeros((rows * columns, side, side), np.uint8)
    cells[: len(pictures)] = np.round(pictures * ((LEVELS - 1) / 255))
    return cells.reshape(rows, columns, side, side).transpose(0, 2, 1, 3).reshape(rows * side, columns * side)


def measure(gallery: Gallery, recognizer: Recognizer, data: DataFolder, most: int | None = None) -> dict[str, Any]:
    """The share of the eight nearest that are of the right class, of held-out characters; of kanji, those whose class has ten examples or more.

    `most` limits the characters of each dataset, drawn evenly from its test part.
    """
    known = recognizer.alphabet
    learnt, checked, kanji = kuzushiji.old_kanji(data, known)
    counts = np.bincount(np.concatenate([learnt.labels, checked.labels, kanji.labels]), minlength=len(known))
    tests = {"kanji": kanji.take(counts[kanji.labels] >= MIN_EXAMPLES), "kmnist": kuzushiji.kmnist(data, known)[2]}
    return {name: right_share(gallery, recognizer, _spread(examples, most)) for name, examples in tests.items()}


def _spread(examples: Examples, most: int | None) -> Examples:
    return examples if most is None or len(examples) <= most else examples.take(np.linspace(0, len(examples) - 1, most).astype(np.int64))


def right_share(gallery: Gallery, recognizer: Recognizer, examples: Examples, among: NDArray[np.bool_] | None = None) -> dict[str, Any]:
    """The number of examples, and the share of their eight nearest that are of their class, 0..1; of the pictures `among` (N,) only."""
    truth = [ord(recognizer.alphabet.characters[index]) for index in examples.labels]
    right = [
        (gallery.codepoints[gallery.search(features, SHOWN, among)[0]] == codepoint).mean()
        for features, codepoint in zip(recognizer.features(examples.inks), truth, strict=True)
    ]
    return {"n": len(examples), "share": float(np.mean(right))}


def make_and_measure(recognizer: Recognizer, data: DataFolder) -> Gallery:
    """The gallery for `recognizer`, with figures of 1,000 held-out characters of each dataset; the bench measures all. Raises `DataError`."""
    gallery = make(recognizer, parts(recognizer, data))
    return replace(gallery, metrics=measure(gallery, recognizer, data, 1000))
