"""From a fit to a weights file: calibrated, described, checked, and put where kmnist_model finds it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from kmnist_model import checkpoint
from kmnist_model.checkpoint import Card
from kmnist_model.recognizer import WEIGHTS, Recognizer
from train.calibrate import accuracy, calibrate, loss, uncalibrated
from train.download import DataError
from train.fit import Fitted
from train.task import Task

LICENCE = "CC BY-SA 4.0"
_LARGEST = 5_000_000  # bytes of a shipped file


def write(path: Path, fitted: Fitted, task: Task) -> Card:
    """Calibrate a fit on the validation kinds of its `task`, write its weights file to `path`, and return its card."""
    card = uncalibrated(fitted.recipe, task.split.alphabet, [f"{task.split.source}; protocol {task.split.name}", *task.added], LICENCE)
    checkpoint.save(path, fitted.network, card)
    return _calibrate(path, task, fitted)


def _calibrate(path: Path, task: Task, fitted: Fitted) -> Card:
    """Fit temperature and threshold of the weights file at `path` on the validation kinds of `task`, write them and the validation figures into it, and return its card."""
    card, network = checkpoint.load(path)
    recognizer = Recognizer.load(path, "cpu")
    found = calibrate(recognizer, task.kinds.values())
    validation = {
        name: {"n": len(kind), "accuracy": accuracy(recognizer, kind), "loss": loss(recognizer, kind, found.temperature)}
        for name, kind in task.kinds.items()
    }
    for name, kind in task.other_kinds.items():
        refused = recognizer.familiarity(recognizer.logits(kind.inks)) < found.threshold
        validation[f"other, {name}"] = {"n": len(kind), "refused": float(refused.mean())}
    metrics = {"validation": validation, "fit_seconds": round(fitted.seconds), "kept_epoch": fitted.kept}
    card = replace(card, temperature=found.temperature, threshold=found.threshold, metrics=metrics)
    checkpoint.save(path, network, card)
    return card


def ship(path: Path, name: str, figures: dict[str, Any], folder: Path = WEIGHTS) -> Path:
    """Copy a weights file to `folder` under `name`, with its held-out `figures` in the metadata, and check that the copy answers the same.

    Raises `DataError` where the copy is over 5 MB or answers differently.
    """
    card, network = checkpoint.load(path)
    target = folder / f"{name}.safetensors"
    trial = target.with_name(target.name + ".trial")
    checkpoint.save(trial, network, replace(card, metrics={**card.metrics, "held_out": figures}))
    probes = np.random.default_rng(0).integers(0, 256, (64, 28, 28), np.uint8)
    before, after = (Recognizer.load(file, "cpu").logits(probes) for file in (path, trial))
    if not np.array_equal(before, after) or trial.stat().st_size > _LARGEST:
        trial.unlink()
        raise DataError(f"{target.name} would be over {_LARGEST:,} bytes or not answer as {path.name}: it was not shipped.")
    return trial.replace(target)
