"""Held-out figures of a weights file; held-out data is touched here alone."""

from __future__ import annotations

import time
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, balanced_accuracy_score, top_k_accuracy_score

from kmnist_model.preprocess import from_strokes
from kmnist_model.recognizer import Recognizer
from train.data import sources, strokes
from train.data.data_folder import DataFolder
from train.data.splits import Examples, Split
from train.errors import DataError
from train.evaluation.calibrate import accuracy, calibration_error

_SEED = 20261123  # of drawings that no fit has seen
LATENCIES = 50
_KEPT = 0.97
_MOST_DRAWN = 100  # characters of an alphabet that is drawn


def evaluate(recognizer: Recognizer, split: Split, data: DataFolder) -> dict[str, Any]:
    """All held-out figures as fractions, with the number of examples behind each.

    `accuracy`, `macro_accuracy` (the mean over the classes that are held out: Kuzushiji-49's balanced accuracy), `top5_accuracy` and `ece`
    (15 bins) are of the held-out images of `split`, `n` of them. Drawings, scribbles and, if `data` has it, modern handwriting are
    added for alphabets whose characters KanjiVG can draw. "unknown" is left out of account for accuracies: they are of the best candidate.
    Raises `DataError` where nothing is held out for these weights.
    """
    alphabet = recognizer.alphabet
    if not len(split.held_out) or split.alphabet.characters != alphabet.characters:
        raise DataError(f"The protocol {split.name} holds nothing out for these weights: evaluate with the dataset they were made from.")
    logits, labels = recognizer.logits(split.held_out.inks), split.held_out.labels
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
    refused: dict[str, NDArray[np.float64]] = {}
    if len(alphabet) <= _MOST_DRAWN:
        rng = np.random.default_rng(_SEED)
        drawn = sources.drawn(alphabet, 100, rng)
        metrics["drawn"] = {"n": len(drawn), "accuracy": accuracy(recognizer, drawn)}
        scribbles = np.stack([from_strokes(strokes.scribble(rng)) for _ in range(1000)])
        metrics["scribbles"] = {"n": len(scribbles), "refused": _refused(recognizer, scribbles)}
        if data.has("hiragana"):
            handwriting = sources.modern(data, alphabet, sources.HELD_OUT_PAGES)
            if len(handwriting.characters):  # none are kanji
                metrics["modern"] = {"n": len(handwriting.characters), "accuracy": accuracy(recognizer, handwriting.characters)}
                kept["modern"] = _scores(recognizer, handwriting.characters)
            refused["other kana"] = _scores(recognizer, handwriting.outliers)
    metrics["unknown"] = _rejection(recognizer, kept, refused)
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
    """Milliseconds that reading `inks` (N, 28, 28) takes, the median of `LATENCIES` times."""
    seconds = []
    for _ in range(LATENCIES):
        began = time.perf_counter()
        recognizer.read_ink(inks)
        seconds.append(time.perf_counter() - began)
    return 1000 * float(np.median(seconds))


def _scores(recognizer: Recognizer, examples: Examples) -> NDArray[np.float64]:
    return recognizer.known_logit(recognizer.logits(examples.inks))


def _refused(recognizer: Recognizer, inks: NDArray[np.uint8]) -> float:
    return float(np.mean([reading.verdict != "character" for reading in recognizer.read_ink(inks)]))


def _rejection(recognizer: Recognizer, kept: dict[str, NDArray[np.float64]], refused: dict[str, NDArray[np.float64]]) -> dict[str, Any]:
    """What the shipped threshold keeps and refuses, and what it would refuse set to keep `_KEPT` of all real characters."""
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
            for name, scores in refused.items()
        },
    }
