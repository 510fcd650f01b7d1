"""Releases a weights file: checked, in half precision if nothing changes, and put where kmnist_model finds it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from kmnist_model import weights_file
from kmnist_model.errors import WeightsError
from kmnist_model.files import atomic_path
from kmnist_model.recognizer import WEIGHTS, Recognizer
from train.data.splits import Examples
from train.errors import DataError

_MAX_BYTES = 10_000_000  # what a Space takes without LFS
_CHANGED = 0.001  # the share of the answers that half precision may change where full precision would be too large


def release(path: Path, name: str, metrics: dict[str, Any], examples: Examples, folder: Path = WEIGHTS) -> Release:
    """Copy a weights file to `folder` under `name`, with its test `metrics`, if the copy answers the same.

    `examples` are the images that must be answered as before. The copy is in float16 if that changes no answer, neither a character nor a
    verdict, or at most one in a thousand and the copy would be over 10 MB in float32. Raises `DataError`, and leaves a released file as it
    is, if the copy is over 10 MB or answers differently in float32 too.
    """
    card, network = weights_file.load(path)
    target = folder / f"{name}.safetensors"
    before = _answers(Recognizer(card, network, torch.device("cpu")), examples)
    with atomic_path(target) as trial:
        for half in (True, False):
            weights_file.save(trial, network, replace(card, metrics={**card.metrics, "held_out": metrics}), half)
            try:
                after = _answers(Recognizer.load(trial, "cpu"), examples)
            except WeightsError:  # a weight beyond the largest number of float16
                continue
            changed = int(((before.answers != after.answers) | (before.known != after.known)).sum())
            whole = path.stat().st_size if half else trial.stat().st_size
            if not changed or (half and whole > _MAX_BYTES and changed <= _CHANGED * len(examples)):
                break
        else:
            raise DataError(f"{target.name} would not answer as {path.name}, so it was not released: train the weights again.")
        if trial.stat().st_size > _MAX_BYTES:
            raise DataError(f"{target.name} would be over {_MAX_BYTES:,} bytes, so it was not released: train a smaller network.")
    return Release(target, half, len(examples), changed, float(np.abs(after.logits - before.logits).max()))


@dataclass(frozen=True)
class Release:
    """A released weights file at `path`, in float16 if `half`.

    It answers all but `changed` of `n` images as before, with logits that differ by at most `difference`.
    """

    path: Path
    half: bool
    n: int
    changed: int
    difference: float

    def __str__(self) -> str:
        kind = "float16" if self.half else "float32, since in float16 an answer changes"
        return f"{self.path}\t{kind}; {self.n - self.changed:,} answers unchanged{f', {self.changed:,} changed' if self.changed else ''}; logits differ by {self.difference:.2g} at most"


@dataclass(frozen=True)
class _Answers:
    """Likeliest classes (N,), which are `known` (N,) by the threshold, and the logits (N, characters + 1)."""

    answers: NDArray[np.int64]
    known: NDArray[np.bool_]
    logits: NDArray[np.float32]


def _answers(recognizer: Recognizer, examples: Examples) -> _Answers:
    logits = recognizer.logits(examples.inks)
    return _Answers(logits[:, :-1].argmax(1), recognizer.known_logit(logits) >= recognizer.card.threshold, logits)
