"""Held-out figures of a weights file; held-out data is touched here alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmnist_model.ink import from_strokes
from kmnist_model.recognizer import Recognizer
from train import sources, strokes
from train.calibrate import accuracy, calibration_error
from train.data import PROTOCOLS, Examples
from train.download import DataError

_SEED = 20261123  # of drawings that no fit has seen
_KEPT = 0.97


def evaluate(recognizer: Recognizer, folder: Path, protocol: str = "t10k", official: bool = True) -> dict[str, Any]:
    """All held-out figures as fractions, with the number of examples behind each.

    `accuracy` and `ece` (15 bins) are of the protocol's held-out KMNIST images, `n` of them. The other kinds are added where
    `folder` has their files. "unknown" is left out of account for accuracies: they are of the best candidate.
    """
    split = PROTOCOLS[protocol](folder, official)
    if not len(split.held_out) or split.alphabet.characters != recognizer.alphabet.characters:
        raise DataError(f"The protocol {protocol} holds nothing out for these weights: evaluate with t10k or official.")
    logits = recognizer.logits(split.held_out.inks)
    probabilities = recognizer.probabilities(logits)
    right = probabilities.argmax(1) == split.held_out.labels
    figures: dict[str, Any] = {
        "protocol": protocol,
        "n": len(right),
        "accuracy": float(right.mean()),
        "errors": int((~right).sum()),
        "ece": calibration_error(probabilities, split.held_out.labels),
    }
    kept = {"kmnist": recognizer.familiarity(logits)}
    refused: dict[str, NDArray[np.float64]] = {}
    rng = np.random.default_rng(_SEED)
    drawn = sources.drawn(recognizer.alphabet, 100, rng)
    figures["drawn"] = {"n": len(drawn), "accuracy": accuracy(recognizer, drawn)}
    scribbles = np.stack([from_strokes(strokes.scribble(rng)) for _ in range(1000)])
    figures["scribbles"] = {"n": len(scribbles), "refused": _refused(recognizer, scribbles)}
    if (folder / "hiragana").is_dir():
        handwriting = sources.modern(folder, recognizer.alphabet, sources.HELD_OUT_PAGES)
        figures["modern"] = {
            "n": len(handwriting.characters),
            "accuracy": accuracy(recognizer, handwriting.characters),
        }
        kept["modern"] = _scores(recognizer, handwriting.characters)
        refused["other kana"] = _scores(recognizer, handwriting.outliers)
    figures["unknown"] = _rejection(recognizer, kept, refused)
    return figures


def _scores(recognizer: Recognizer, examples: Examples) -> NDArray[np.float64]:
    return recognizer.familiarity(recognizer.logits(examples.inks))


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
