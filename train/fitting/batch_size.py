"""The batch-size finder: start large, and halve while the network does not learn or memory runs out."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import torch

from train.recipe import Recipe

MAX_SIZE, MIN_SIZE = 512, 8
_MIN_FALL = 0.1  # of the first smoothed loss: less is noise
_SMOOTH = 0.9


@dataclass(frozen=True)
class Trial:
    """One batch size: `rate`, raw `losses` (empty if memory ran out), and whether it `learns`."""

    size: int
    rate: float
    losses: list[float]
    learns: bool

    @property
    def smooth(self) -> list[float]:
        """The exponential moving average of the losses, with Adam's bias correction."""
        mean, smooth = 0.0, []
        for number, loss in enumerate(self.losses, 1):
            mean = _SMOOTH * mean + (1 - _SMOOTH) * loss
            smooth.append(mean / (1 - _SMOOTH**number))
        return smooth


def find_batch_size(recipe: Recipe, train: Callable[[Recipe, int], list[float]], samples: int, most: int = MAX_SIZE) -> list[Trial]:
    """Halve the batch size from 512, or what `most` examples fill, until one learns.

    The last trial is the pick. `train(recipe, steps)` trains that many steps at the recipe's rate and size and returns the raw losses.
    Each size sees the same number of `samples`; the rate, the recipe's own for its own size, is scaled with the size (Goyal et al. 2017,
    arXiv:1706.02677). A size learns if its smoothed loss ends at least a tenth below its start.
    """
    trials: list[Trial] = []
    size = MAX_SIZE
    while size > max(most, MIN_SIZE):
        size //= 2
    while size >= MIN_SIZE:
        rate = (recipe.learning_rate or 0.1) * size / recipe.batch_size
        try:
            losses = train(recipe.changed({"batch_size": size, "learning_rate": rate}), max(2, samples // size))
        except torch.OutOfMemoryError:
            losses = []
            print(f"Memory runs out with a batch of {size}.", file=sys.stderr)
        trial = Trial(size, rate, losses, False)
        if losses and np.isfinite(losses).all():
            smooth = trial.smooth
            trial = replace(trial, learns=smooth[-1] < (1 - _MIN_FALL) * smooth[0])
        trials.append(trial)
        if trial.learns:
            break
        size //= 2
    return trials


def table(trials: list[Trial]) -> str:
    """The trials, a line each, separated by tabs."""
    lines = ["batch\trate\tsteps\tloss, first\tloss, last\tlearns"]
    for trial in trials:
        ends = [f"{trial.smooth[0]:.3f}", f"{trial.smooth[-1]:.3f}"] if trial.losses else ["-", "out of memory"]
        lines.append("\t".join([str(trial.size), f"{trial.rate:.3g}", str(len(trial.losses)), *ends, "yes" if trial.learns else "no"]))
    return "\n".join(lines)


def save_picture(trials: list[Trial], path: Path) -> None:
    """Draw the smoothed losses over the samples seen, a line for each size, as a PNG."""
    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    for trial, colour in zip(trials, ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"), strict=False):
        label = f"{trial.size}, rate {trial.rate:.2g}{', learns' if trial.learns else ''}"
        axes.plot(np.arange(1, len(trial.losses) + 1) * trial.size, trial.smooth, color=colour, label=label)
    axes.set(xlabel="samples seen", ylabel="smoothed loss", title="Batch-size finder")
    axes.legend(fontsize="small", title="batch")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)
    plt.close(figure)
