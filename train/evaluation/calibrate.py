"""Temperature and reject threshold, fitted on validation data."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax
from sklearn.metrics import accuracy_score

from kmnist_model.alphabet import Alphabet
from kmnist_model.preprocess import MEAN, SIZE, STD
from kmnist_model.recognizer import Recognizer
from kmnist_model.weights_file import Card
from train.data.splits import Examples
from train.errors import DataError
from train.recipe import Recipe

KEPT = 0.985  # the share of the characters in the validation data that the threshold keeps
BINS = 15
_SURE = 0.99  # the share of a left-out source that is answered without a question mark
_DOUBT = 3.0  # nats between "sure" and "unknown": a factor of twenty in the odds


@dataclass(frozen=True)
class Calibration:
    """`temperature` divides the logits; a known logit below `threshold` is "unknown"."""

    temperature: float
    threshold: float


def fit_temperature(logits: NDArray[np.float32], labels: NDArray[np.int64]) -> float:
    """The temperature that maximises the likelihood of `labels` (N,) given `logits` (N, classes).

    See Guo et al. 2017, arXiv:1706.04599.
    """
    found = minimize_scalar(lambda log_temperature: _loss(logits, labels, np.exp(log_temperature)), bounds=(-3, 3), method="bounded")
    return float(np.exp(found.x))


def _loss(logits: NDArray[np.float32], labels: NDArray[np.int64], temperature: float) -> float:
    return -float(log_softmax(logits.astype(np.float64) / temperature, axis=1)[np.arange(len(labels)), labels].mean())


def calibrate(recognizer: Recognizer, kinds: Collection[Examples]) -> Calibration:
    """Fit one temperature for all `kinds` of validation characters, and the threshold that keeps `KEPT` of them."""
    logits = np.concatenate([recognizer.logits(kind.inks) for kind in kinds])
    labels = np.concatenate([kind.labels for kind in kinds])
    threshold = float(np.quantile(recognizer.known_logit(logits), 1 - KEPT))
    return Calibration(fit_temperature(logits[:, :-1], labels), threshold)


def calibrate_restrictions(recognizer: Recognizer, examples: Examples) -> dict[str, dict[str, float]]:
    """Temperature and threshold among the "kana" and among the "kanji" alone, of an alphabet that has both, from validation examples."""
    kinds = np.array([entry.kind for entry in recognizer.alphabet])
    found = {}
    logits = recognizer.logits(examples.inks)
    for kind in ("kana", "kanji"):
        columns = np.flatnonzero(kinds == kind)
        mine = np.isin(examples.labels, columns)
        if mine.any() and 1 < len(columns) < len(kinds):
            rows, labels = logits[mine][:, [*columns, len(kinds)]], np.searchsorted(columns, examples.labels[mine])
            threshold = float(np.quantile(recognizer.known_logit(rows), 1 - KEPT))
            found[kind] = {"temperature": fit_temperature(rows[:, :-1], labels), "threshold": threshold}
    return found


def with_left_out_thresholds(card: Card, other: Recognizer, left_out: Examples) -> Card:
    """`card` with thresholds by `left_out` examples, of a source that the fit of `other` left out: they hold for people no one trained on.

    "Sure" keeps `_SURE` of them, and the threshold lies `_DOUBT` below; the same among the kana, and among the kanji below their own
    threshold, if the examples have none. `other` has the alphabet of `card`. Raises `DataError` if it has not.
    """
    if other.alphabet.characters != card.alphabet.characters:
        raise DataError("The weights that left a source out know other characters: give a fit of the same dataset.")
    kinds = np.array([entry.kind for entry in card.alphabet])
    logits = other.logits(left_out.inks)
    sure = float(np.quantile(other.known_logit(logits), 1 - _SURE))
    restrictions = {}
    for kind, own in card.restrictions.items():
        columns = np.flatnonzero(kinds == kind)
        mine = np.isin(left_out.labels, columns)
        known = other.known_logit(logits[mine][:, [*columns, len(kinds)]])
        surely = float(np.quantile(known, 1 - _SURE)) if mine.any() else own["threshold"]
        restrictions[kind] = {**own, "threshold": surely - _DOUBT, "sure": surely}
    return replace(card, threshold=sure - _DOUBT, sure=sure, restrictions=restrictions)


def with_thresholds_of(card: Card, other: Card) -> Card:
    """`card` with the thresholds of `other`, whose fit `card`'s went on from; the temperatures stay its own.

    Raises `DataError` if they know other characters.
    """
    if other.alphabet.characters != card.alphabet.characters:
        raise DataError("The weights that the thresholds are of know other characters: give weights of the same dataset.")
    thresholds = {kind: {key: value for key, value in own.items() if key != "temperature"} for kind, own in other.restrictions.items()}
    restrictions = {kind: {**own, **thresholds.get(kind, {})} for kind, own in card.restrictions.items()}
    return replace(card, threshold=other.threshold, sure=other.sure, restrictions=restrictions)


def uncalibrated(recipe: Recipe, alphabet: Alphabet, training_data: list[str], licence: str, size: int = SIZE) -> Card:
    """The metadata of newly trained weights for inks of `size` px, before calibration."""
    return Card(
        architecture=recipe.architecture,
        width=recipe.width,
        alphabet=alphabet,
        mean=MEAN,
        std=STD,
        temperature=1.0,
        threshold=0.0,
        training_data=training_data,
        licence=licence,
        recipe=recipe.as_dict(),
        size=size,
    )


def calibration_error(probabilities: NDArray[np.float64], labels: NDArray[np.int64], bins: int = BINS) -> float:
    """The expected calibration error, 0..1.

    It is the gap of confidence and accuracy, averaged over `bins` equal bins of confidence by their share.
    """
    confidence, right = probabilities.max(1), probabilities.argmax(1) == labels
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [abs(right[place == n].mean() - confidence[place == n].mean()) * (place == n).mean() for n in np.unique(place)]
    return float(sum(gaps))


def accuracy(recognizer: Recognizer, examples: Examples) -> float:
    """The share of `examples` whose likeliest character is right, 0..1."""
    return float(accuracy_score(examples.labels, recognizer.logits(examples.inks)[:, :-1].argmax(1)))


def loss(recognizer: Recognizer, examples: Examples, temperature: float) -> float:
    """The mean negative log-likelihood of `examples` among the characters, in nats, at `temperature`."""
    return _loss(recognizer.logits(examples.inks)[:, :-1], examples.labels, temperature)
