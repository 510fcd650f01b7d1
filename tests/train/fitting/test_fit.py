"""A fit follows its recipe: callbacks, schedules, averages, memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from fastai.callback.core import Callback
from fastai.callback.mixup import CutMix, MixUp

from kmnist_model import KMNIST
from train.data.splits import Examples, Split
from train.errors import DivergenceError
from train.fitting.callbacks import Average
from train.fitting.fit import fit
from train.fitting.learner import make_learner
from train.fitting.resume import FILE
from train.recipe import Recipe


@pytest.fixture(scope="module")
def split() -> Split:
    """A hundred inks with a bar whose place tells the class."""
    rng = np.random.default_rng(0)
    inks, labels = rng.integers(0, 60, (200, 28, 28), np.uint8), np.arange(200) % 10
    for ink, label in zip(inks, labels, strict=True):
        ink[:, 2 * label + 3 : 2 * label + 5] = 255
    examples = Examples(inks, labels)
    return Split("bars", KMNIST, examples.take(slice(160)), examples.take(slice(160, None)), examples.take(slice(0)))


SMALL = Recipe(width=4, epochs=1, batch_size=16, learning_rate=0.05, mix=False)


@pytest.mark.parametrize(("field", "callback"), [("mixup", MixUp), ("cutmix", CutMix), ("ema", Average)])
def test_callbacks_come_with_their_fields(split: Split, field: str, callback: type) -> None:
    learner = make_learner(SMALL.changed({field: 0.4}), split)
    assert any(isinstance(each, callback) for each in learner.cbs)
    assert not any(isinstance(each, callback) for each in make_learner(SMALL, split).cbs)


@pytest.mark.slow
@pytest.mark.parametrize(
    "values",
    [
        {"mixup": 0.4},
        {"cutmix": 1.0},
        {"ema": 0.9},
        {"schedule": "flat_cosine"},
        {"schedule": "constant"},
        {"optimizer": "adam", "learning_rate": 0.003},
    ],
    ids=str,
)
def test_each_choice_learns(split: Split, values: dict[str, object]) -> None:
    fitted = fit(SMALL.changed({"epochs": 4, "augment": False, **values}), split)
    assert len(fitted.epochs) == 4
    assert len(fitted.steps["loss"]) == len(fitted.steps["rate"]) == 40
    assert fitted.epochs[-1]["valid_loss"] < 0.9 * fitted.epochs[0]["valid_loss"]


def test_the_schedules_differ_as_they_should(split: Split) -> None:
    rates = {
        name: fit(SMALL.changed({"schedule": name, "epochs": 2}), split).steps["rate"] for name in ("one_cycle", "flat_cosine", "constant")
    }
    assert set(rates["constant"]) == {0.05}
    assert rates["flat_cosine"][:10] == [0.05] * 10
    assert rates["flat_cosine"][-1] < 0.01
    assert rates["one_cycle"][0] < 0.01
    assert max(rates["one_cycle"]) == pytest.approx(0.05, rel=0.01)


def test_the_average_is_what_is_kept(split: Split) -> None:
    own, averaged = (fit(SMALL.changed({"ema": decay}), split).network.state_dict() for decay in (0.0, 0.99))
    start = make_learner(SMALL, split).model.state_dict()
    moved = [float((state["head.weight"] - start["head.weight"]).norm()) for state in (own, averaged)]
    assert 0 < moved[1] < 0.5 * moved[0], "an average of ten steps is nearer the start"


def test_no_epochs_leave_the_network_as_it_was_made(split: Split) -> None:
    fitted = fit(SMALL.changed({"epochs": 0}), split)
    start = make_learner(SMALL, split).model.state_dict()
    assert all(torch.equal(value, start[name].contiguous()) for name, value in fitted.network.state_dict().items())
    assert fitted.epochs == []


def test_where_memory_runs_out_the_batch_is_halved(
    split: Split, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = torch.nn.Conv2d.forward

    def greedy(self: torch.nn.Conv2d, x: torch.Tensor) -> torch.Tensor:
        if self.training and len(x) > 8:
            raise torch.OutOfMemoryError("no memory for this batch")
        return whole(self, x)

    monkeypatch.setattr(torch.nn.Conv2d, "forward", greedy)
    fitted = fit(SMALL, split)
    assert fitted.recipe.batch_size == 8
    assert "Memory ran out with a batch of 16: beginning again with 8." in capsys.readouterr().err


class Spoil(Callback):
    """Make the loss of a step no number by `value`, or the weights after a step; in the finder if it is `in_finder`."""

    order = -5

    def __init__(self, value: float, step: int = 0, weights_after: int = 0, in_finder: bool = False) -> None:
        self.value, self.step, self.weights_after, self.in_finder = value, step, weights_after, in_finder

    def after_loss(self) -> None:
        if self.training and hasattr(self, "lr_finder") == self.in_finder and self.learn.train_iter + 1 == self.step:
            self.learn.loss = self.learn.loss * self.value

    def after_step(self) -> None:
        if self.train_iter + 1 == self.weights_after:
            for weights in self.model.parameters():
                weights.data.fill_(self.value)


@pytest.mark.parametrize(("value", "name"), [(float("nan"), "NaN"), (float("inf"), "infinite")])
def test_a_loss_that_is_no_number_ends_the_fit_at_once(split: Split, value: float, name: str) -> None:
    spoil = Spoil(value, step=13)
    expected = rf"^The training loss became {name} at step 13 \(epoch 2 of 3\), at a learning rate of 0\.05; .*: give a --learning-rate below 0\.05\.$"
    with pytest.raises(DivergenceError, match=expected):
        fit(SMALL.changed({"epochs": 3, "schedule": "constant"}), split, track=[spoil])
    assert spoil.learn.train_iter == 13, "no further step"


@pytest.mark.parametrize("decay", [0.0, 0.9])
def test_weights_that_are_no_numbers_reach_no_checkpoint(split: Split, tmp_path: Path, decay: float) -> None:
    recipe = SMALL.changed({"epochs": 3, "ema": decay})
    with pytest.raises(DivergenceError, match=r"^The validation loss became NaN at step 20 \(epoch 2 of 3\)"):
        fit(recipe, split, folder=tmp_path, track=[Spoil(float("nan"), weights_after=20)])
    state = torch.load(tmp_path / FILE, weights_only=True)
    assert state["done"] == 1
    assert all(value.isfinite().all() for value in state["model"].values())


def test_the_finder_may_diverge(split: Split) -> None:
    fitted = fit(SMALL.changed({"learning_rate": None}), split, track=[Spoil(float("inf"), step=60, in_finder=True)])
    assert fitted.finder is not None
    assert not np.isfinite(fitted.finder.raw[-1])
    assert len(fitted.epochs) == 1
