"""The learning-rate finder, and short trials for the batch-size finder."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fastai.callback.core import Callback, CancelFitException, CancelValidException
from fastai.callback.schedule import minimum, slide, steep, valley
from fastai.learner import Learner

from train.fitting.callbacks import Autocast, RawLosses
from train.fitting.learner import seed_everything
from train.recipe import Recipe

FINDER_STEPS = 100


@dataclass(frozen=True)
class FinderResult:
    """The result of the learning-rate finder.

    It has `rates`, smoothed `losses`, `raw` losses, and fastai's `suggestions` by name. The suggestion `minimum` is a tenth of the rate
    at the lowest smoothed loss.
    """

    rates: list[float]
    losses: list[float]
    raw: list[float]
    suggestions: dict[str, float]


@contextmanager
def full_precision_after(learner: Learner) -> Iterator[None]:
    """Leave autocast at the end of the block, also after an exception."""
    try:
        yield
    finally:
        for callback in learner.cbs:
            if isinstance(callback, Autocast):
                callback.close()


def find_rate(learner: Learner, seed: int, steps: int = FINDER_STEPS) -> FinderResult:
    """Run fastai's finder (Smith 2017, arXiv:1506.01186) from `seed` for `steps` steps.

    The learner's weights are as before when it returns.
    """
    seed_everything(seed)
    rules = (minimum, steep, valley, slide)
    raw = RawLosses()
    before = {name: value.clone() for name, value in learner.model.state_dict().items()}
    with tempfile.TemporaryDirectory() as folder, learner.added_cbs(raw), full_precision_after(learner):
        learner.path = Path(folder)  # fastai makes a folder there
        learner.save = lambda *_, **__: None  # of several processes fastai lets only one save, and the others wait forever
        suggestions = learner.lr_find(num_it=steps, suggest_funcs=rules, show_plot=False)
        del learner.save
    learner.model.load_state_dict(before)
    learner.opt = None  # created again by the next fit
    rates, losses = learner.recorder.lrs, [float(loss) for loss in learner.recorder.losses]
    names = [rule.__name__ for rule in rules]
    return FinderResult(list(map(float, rates)), losses, raw.losses[: len(losses)], dict(zip(names, map(float, suggestions), strict=True)))


def train_steps(learner: Learner, recipe: Recipe, steps: int) -> list[float]:
    """Train `steps` steps at the recipe's rate, held constant, and return their raw losses.

    For trials only.
    """
    raw = RawLosses()
    seed_everything(recipe.seed)
    epochs = -(-steps // len(learner.dls.train))
    with learner.added_cbs([raw, _Steps(steps)]), full_precision_after(learner):
        learner.history.silent = True
        learner.fit(epochs, recipe.learning_rate)
    return raw.losses


class _Steps(Callback):
    """End a fit after `most` steps, without validation."""

    order = 90

    def __init__(self, most: int) -> None:
        self.most = most

    def after_batch(self) -> None:
        if self.training and self.train_iter >= self.most:
            raise CancelFitException

    def before_validate(self) -> None:
        raise CancelValidException
