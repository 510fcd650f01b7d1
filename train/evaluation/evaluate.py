"""Measures a weights file on the test split; test images are read here and in the report only."""

from __future__ import annotations

import time
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, balanced_accuracy_score, top_k_accuracy_score

from kmnist_model.recognizer import Recognizer
from train.data import kuzushiji, sources
from train.data.data_folder import DataFolder
from train.data.drawing import strokes
from train.data.splits import Examples, Split
from train.errors import DataError
from train.evaluation.calibrate import accuracy, calibration_error
from train.evaluation.wide import measure_wide

_SEED = 20261123  # of drawings that are never trained on
LATENCIES = 50
_KEPT = 0.97
_MAX_DRAWN = 100  # characters of an alphabet for which drawings are measured


def evaluate(recognizer: Recognizer, split: Split, data: DataFolder) -> dict[str, Any]:
    """All test metrics as fractions, with the number of examples behind each.

    `accuracy`, `macro_accuracy` (balanced accuracy over the classes in the test split), `top5_accuracy` and `ece` (15 bins) are of the `n`
    test images of `split`. Drawings, scribbles and, if `data` has it, modern handwriting are added for small alphabets. Accuracies are of
    the best candidate, also where the verdict is "unknown". Raises `DataError` if `split` has no test images for these weights.
    """
    alphabet = recognizer.alphabet
    if not len(split.test) or split.alphabet.characters != alphabet.characters:
        raise DataError(f"The protocol {split.name} has no test images for these weights: evaluate with the dataset they were made from.")
    logits, labels = recognizer.logits(split.test.inks), split.test.labels
    probabilities = recognizer.probabilities(logits)
    answers = probabilities.argmax(1)
    metrics: dict[str, Any] = {
        "protocol": split.name,
        "n": len(labels),
        "accuracy": float(accuracy_score(labels, answers)),
        "macro_accuracy": macro_accuracy(labels, answers),
        "top5_accuracy": top_accuracy(labels, probabilities, 5),
        "errors": int((answers != labels).sum()),
        "ece": calibration_error(probabilities, labels),
        "classes": len(alphabet),
        "classes_never_held_out": len(alphabet) - len(np.unique(labels)),
    }
    kept = {alphabet.name: recognizer.known_logit(logits)}
    rejected: dict[str, NDArray[np.float64]] = {}
    if len(alphabet) <= _MAX_DRAWN:
        rng = np.random.default_rng(_SEED)
        drawn = sources.drawn(alphabet, 100, rng)
        metrics["drawn"] = {"n": len(drawn), "accuracy": accuracy(recognizer, drawn)}
        scribbles = np.stack([strokes.to_ink(strokes.scribble(rng)) for _ in range(1000)])
        metrics["scribbles"] = {"n": len(scribbles), "refused": _rejected_share(recognizer, scribbles)}
        if data.has("hiragana"):
            handwriting = sources.modern(data, alphabet, sources.TEST_PAGES)
            if len(handwriting.characters):  # none are kanji
                metrics["modern"] = {"n": len(handwriting.characters), "accuracy": accuracy(recognizer, handwriting.characters)}
                kept["modern"] = _scores(recognizer, handwriting.characters)
            rejected["other kana"] = _scores(recognizer, handwriting.outliers)
    metrics["unknown"] = _rejection(recognizer, kept, rejected)
    if alphabet.name == kuzushiji.NAME:
        metrics["wide"] = measure_wide(recognizer, data)
    return metrics


def macro_accuracy(labels: NDArray[np.int64], answers: NDArray[np.int64]) -> float:
    """The balanced accuracy: the mean recall over the classes in `labels` (N,), given the `answers` (N,)."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="y_pred contains classes not in y_true")
        return float(balanced_accuracy_score(labels, answers))


def top_accuracy(labels: NDArray[np.int64], probabilities: NDArray[np.float64], k: int) -> float:
    """The share of `labels` (N,) among the `k` most probable classes of `probabilities` (N, classes)."""
    classes = probabilities.shape[1]
    if k >= classes:  # all of them
        return 1.0
    return float(top_k_accuracy_score(labels, probabilities, k=k, labels=np.arange(classes)))


def latency(recognizer: Recognizer, inks: NDArray[np.uint8]) -> float:
    """Milliseconds to read `inks` (N, 28, 28), the median of `LATENCIES` runs."""
    seconds = []
    for _ in range(LATENCIES):
        began = time.perf_counter()
        recognizer.read_ink(inks)
        seconds.append(time.perf_counter() - began)
    return 1000 * float(np.median(seconds))


def _scores(recognizer: Recognizer, examples: Examples) -> NDArray[np.float64]:
    return recognizer.known_logit(recognizer.logits(examples.inks))


def _rejected_share(recognizer: Recognizer, inks: NDArray[np.uint8]) -> float:
    return float(np.mean([reading.verdict != "character" for reading in recognizer.read_ink(inks)]))


def _rejection(recognizer: Recognizer, kept: dict[str, NDArray[np.float64]], rejected: dict[str, NDArray[np.float64]]) -> dict[str, Any]:
    """The shares that the threshold keeps and rejects, and rejects if it keeps `_KEPT` of all characters."""
    threshold = recognizer.card.threshold
    strict = float(np.quantile(np.concatenate(list(kept.values())), 1 - _KEPT))
    return {
        "kept": {name: {"n": len(scores), "share": float((scores >= threshold).mean())} for name, scores in kept.items()},
        "refused": {
            name: {
                "n": len(scores),
                "share": float((scores < threshold).mean()),
                f"share_at_{_KEPT:.0%}_kept": float((scores < strict).mean()),
            }
            for name, scores in rejected.items()
        },
    }
