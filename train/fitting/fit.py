"""The fit: finder, schedule, checkpoints, and the choice of the epoch that is kept."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from fastai.callback.core import Callback
from fastai.learner import Learner

from train.data.splits import Examples, Split
from train.fitting import distributed
from train.fitting import resume as checkpoints
from train.fitting.callbacks import StopAtDivergence
from train.fitting.finder import FinderResult, find_rate, full_precision_after
from train.fitting.learner import make_learner, seed_everything
from train.recipe import Recipe, RecipeError


@dataclass(frozen=True)
class FitResult:
    """A trained `network` on the CPU, the `recipe` with its learning rate, and the `finder`'s result if it ran.

    `steps` has rate and raw loss, `epochs` the metrics and the seconds since the start, `seconds` the duration with the finder. `kept` is
    the epoch of the weights: the last one, or the best one by validation loss if the fit was `stopped`.
    """

    network: torch.nn.Module
    recipe: Recipe
    finder: FinderResult | None
    steps: dict[str, list[float]]
    epochs: list[dict[str, float]]
    seconds: float
    kept: int
    stopped: bool = False


def fit(
    recipe: Recipe,
    split: Split,
    outliers: Examples | None = None,
    init: dict[str, torch.Tensor] | None = None,
    folder: Path | None = None,
    resume: bool = False,
    track: Sequence[Callback] = (),
) -> FitResult:
    """Train by `recipe` and keep the weights of the last epoch.

    On one machine a seed gives the same weights again. With a `folder` each epoch writes a checkpoint there, from which `resume`
    continues. The first Ctrl-C ends the fit after the epoch and keeps the best one by validation loss (torchrun waits 30 s for that, or
    its --shutdown-timeout). If memory runs out, the batch is halved and the fit starts again. `track` are more callbacks. Raises
    `DivergenceError` at the first loss that is NaN or infinite.
    """
    while True:
        try:
            return _fit(recipe, split, outliers, init, folder, resume, track)
        except torch.OutOfMemoryError:
            if recipe.batch_size < 4:
                raise
            if distributed.processes() > 1:  # the other processes still have memory and wait for this one
                raise RecipeError(f"Memory ran out with a batch of {recipe.batch_size}: give half as many with --batch-size.") from None
            half = recipe.batch_size // 2
            print(f"Memory ran out with a batch of {recipe.batch_size}: beginning again with {half}.", file=sys.stderr)
            recipe, resume = recipe.changed({"batch_size": half}), False
            if torch.cuda.is_available():
                torch.cuda.empty_cache()


def _fit(
    recipe: Recipe,
    split: Split,
    outliers: Examples | None,
    init: dict[str, torch.Tensor] | None,
    folder: Path | None,
    resume: bool,
    track: Sequence[Callback],
) -> FitResult:
    began = time.perf_counter()
    identity = {
        **recipe.as_dict(),
        "processes": distributed.processes(),
        "dataset": split.name,
        "alphabet": split.alphabet.characters,
        "examples": len(split.train),
    }
    earlier = checkpoints.load(folder, identity) if folder is not None and resume else None
    learner = make_learner(recipe, split, outliers, init)
    checkpoint, history = checkpoints.Checkpoint(folder, identity), learner.history
    learner.add_cbs([checkpoint, *track])
    result = None
    if earlier is not None:
        checkpoint.restore(earlier)
        history.restore(earlier["history"])
        notes = earlier["notes"]
        result, recipe = notes["found"] and FinderResult(**notes["found"]), recipe.changed({"learning_rate": notes["learning_rate"]})
        if distributed.is_writer():
            print(f"Continuing after epoch {earlier['done']} of {recipe.epochs}.", file=sys.stderr)
    elif recipe.learning_rate is None and recipe.epochs:
        result = find_rate(learner, recipe.seed)
        recipe = recipe.changed({"learning_rate": result.suggestions["minimum"]})
    checkpoint.notes = {"found": result and asdict(result), "learning_rate": recipe.learning_rate}
    divergence = StopAtDivergence(recipe.learning_rate)
    learner.add_cb(divergence)  # after the finder, which may diverge
    if earlier is None:
        seed_everything(recipe.seed)
    with checkpoints.patient_interrupt(checkpoint), full_precision_after(learner):
        _run(learner, recipe, checkpoint.done)
    if divergence.error:
        raise divergence.error
    stopped = checkpoint.done < recipe.epochs
    network = learner.model.to("cpu", memory_format=torch.contiguous_format).eval()
    if stopped and checkpoint.best is not None:
        network.load_state_dict(checkpoint.best["model"])
    kept = checkpoint.best["epoch"] if stopped and checkpoint.best else checkpoint.done
    before = history.epochs[earlier["done"] - 1]["seconds"] if earlier else 0.0
    return FitResult(network, recipe, result, history.steps, history.epochs, before + time.perf_counter() - began, kept, stopped)


def _run(learner: Learner, recipe: Recipe, done: int) -> None:
    """Train the remaining epochs by the recipe's schedule."""
    if recipe.schedule == "one_cycle" or recipe.epochs == 0:
        learner.fit_one_cycle(recipe.epochs, recipe.learning_rate, start_epoch=done)
    elif recipe.schedule == "flat_cosine":
        learner.fit_flat_cos(recipe.epochs, recipe.learning_rate, start_epoch=done)
    else:
        learner.fit(recipe.epochs, recipe.learning_rate, start_epoch=done)
