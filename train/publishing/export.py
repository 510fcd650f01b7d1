"""Releases a weights file: checked, in half precision if nothing changes, and put where kmnist_model finds it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmnist_model import weights_file
from kmnist_model.errors import WeightsError
from kmnist_model.recognizer import WEIGHTS, Recognizer
from train.data.splits import Examples
from train.errors import DataError

_LARGEST = 5_000_000  # bytes of a shipped file


def ship(path: Path, name: str, figures: dict[str, Any], examples: Examples, folder: Path = WEIGHTS) -> Shipped:
    """Copy a weights file to `folder` under `name`, with its held-out `figures` in the metadata, and check that the copy answers all `examples` the same.

    The copy is in float16 where no answer changes by it, neither a character nor a verdict. Raises `DataError` where the copy is over 5 MB
    or answers differently in float32 too.
    """
    card, network = weights_file.load(path)
    target = folder / f"{name}.safetensors"
    trial = target.with_name(target.name + ".trial")
    before = _answers(path, examples)
    for half in (True, False):
        weights_file.save(trial, network, replace(card, metrics={**card.metrics, "held_out": figures}), half)
        try:
            after = _answers(trial, examples)
        except WeightsError:  # a weight beyond float16's largest number
            continue
        if np.array_equal(before.answers, after.answers) and np.array_equal(before.known, after.known):
            break
    else:
        trial.unlink()
        raise DataError(f"{target.name} would not answer as {path.name}: it was not shipped.")
    if trial.stat().st_size > _LARGEST:
        trial.unlink()
        raise DataError(f"{target.name} would be over {_LARGEST:,} bytes: it was not shipped.")
    return Shipped(trial.replace(target), half, len(examples), float(np.abs(after.logits - before.logits).max()))


@dataclass(frozen=True)
class Shipped:
    """A weights file that was put at `path`, in float16 if `half`: `n` images were answered as before, with logits that differ by at most `difference`."""

    path: Path
    half: bool
    n: int
    difference: float

    def __str__(self) -> str:
        kind = "float16" if self.half else "float32, since in float16 an answer changes"
        return f"{self.path}\t{kind}; {self.n:,} answers unchanged; logits differ by {self.difference:.2g} at most"


@dataclass(frozen=True)
class _Answers:
    """Likeliest classes (N,), which are `known` (N,) by the threshold, and the logits (N, characters + 1)."""

    answers: NDArray[np.int64]
    known: NDArray[np.bool_]
    logits: NDArray[np.float32]


def _answers(path: Path, examples: Examples) -> _Answers:
    recognizer = Recognizer.load(path, "cpu")
    logits = recognizer.logits(examples.inks)
    return _Answers(logits[:, :-1].argmax(1), recognizer.known_logit(logits) >= recognizer.card.threshold, logits)
