"""A fit from start to end: the task of a dataset becomes a calibrated weights file and a run record."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from kmnist_model import weights_file
from kmnist_model.alphabet import Alphabet
from kmnist_model.recognizer import Recognizer, weights_path
from kmnist_model.weights_file import Card, load_card, load_state
from train.data.task import Task
from train.evaluation.calibrate import accuracy, calibrate, calibrate_restrictions, loss, uncalibrated
from train.evaluation.evaluate import evaluate
from train.fitting import distributed, tracking
from train.fitting.fit import FitResult, fit
from train.fitting.learner import HEADS
from train.publishing import plots, run_record
from train.publishing.run_record import FitLog
from train.recipe import Recipe

LICENCE = "CC BY-SA 4.0"


@dataclass(frozen=True)
class FitRun:
    """A finished run: its `weights` file, the same `recognizer` on the CPU, the `fit` and its `record`."""

    weights: Path
    recognizer: Recognizer
    fit: FitResult
    record: FitLog

    @property
    def card(self) -> Card:
        """The metadata of the weights file, with temperature, threshold and validation metrics."""
        return self.recognizer.card


def run_fit(
    recipe: Recipe, task: Task, out: Path, *, init: str | Path | None = None, resume: bool = False, track: str | None = None
) -> FitRun | None:
    """Fit by `recipe`, calibrate the network, and write the weights and the record of the run to `out`.

    The files are the weights, recipe.toml, fit.json and, if the finder ran, its curve. `init` names the weights whose body the fit starts
    from (and the head, if they are of the same characters), `track` one of `tracking.TRACKERS`; `resume` continues from the checkpoint in `out`. Under torchrun only the writing process
    returns a run; the others return None.
    """
    body = start(init, task.split.alphabet) if init else None
    tracker = tracking.start(track, recipe, out) if track and distributed.is_writer() else None
    result = fit(recipe, task.split, task.outliers, body, out, resume, tracker.callbacks if tracker else ())
    if not distributed.is_writer():
        return None
    training_data = [f"{task.split.source}; protocol {task.split.name}", *task.added]
    if init:
        training_data.append(f"body pretrained on {load_card(weights_path(init)).alphabet.name}")
    recognizer = calibrated(result, task, training_data)
    weights = out / f"{task.split.alphabet.name}.safetensors"
    weights_file.save(weights, result.network, recognizer.card)
    if result.finder:
        plots.save_finder_curve(result.finder, out / "finder.png")
    if tracker:
        test_metrics = evaluate(recognizer, task.split, task.data) if len(task.split.test) else {}
        tracker.finish(result, recognizer, task.split, weights, test_metrics)
    (out / "recipe.toml").write_text(result.recipe.to_toml(), "utf-8")
    record = run_record.describe(result, recognizer.card, task.dataset, task.split.name, str(init or ""))
    record.write(out)
    return FitRun(weights, recognizer, result, record)


def start(init: str | Path, alphabet: Alphabet) -> dict[str, torch.Tensor]:
    """The weights called `init` for a fit to start from: the body, and the head too if they are of the same characters."""
    path = weights_path(init)
    same = load_card(path).alphabet.characters == alphabet.characters
    return {name: value for name, value in load_state(path).items() if same or not name.startswith(HEADS)}


def calibrated(result: FitResult, task: Task, training_data: list[str]) -> Recognizer:
    """The fitted network as a calibrated recogniser on the CPU.

    Its card has temperature, threshold and metrics of the validation kinds of `task`.
    """
    card = uncalibrated(result.recipe, task.split.alphabet, training_data, LICENCE, task.split.size)
    recognizer = Recognizer(card, result.network, torch.device("cpu"))
    found = calibrate(recognizer, task.kinds.values())
    validation: dict[str, dict[str, Any]] = {
        name: {"n": len(kind), "accuracy": accuracy(recognizer, kind), "loss": loss(recognizer, kind, found.temperature)}
        for name, kind in task.kinds.items()
    }
    for name, kind in task.other_kinds.items():
        rejected = recognizer.known_logit(recognizer.logits(kind.inks)) < found.threshold
        validation[f"other, {name}"] = {"n": len(kind), "refused": float(rejected.mean())}
    restrictions = calibrate_restrictions(recognizer, task.split.validation)
    metrics = {"validation": validation, "fit_seconds": round(result.seconds), "kept_epoch": result.kept}
    return recognizer.with_card(
        replace(card, temperature=found.temperature, threshold=found.threshold, metrics=metrics, restrictions=restrictions)
    )
