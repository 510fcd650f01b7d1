"""A fit follows its recipe: callbacks, schedules, averages, memory."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from fastai.callback.mixup import CutMix, MixUp

from kmnist_model import KMNIST
from train.data.splits import Examples, Split
from train.fitting.callbacks import Average
from train.fitting.fit import fit
from train.fitting.learner import make_learner
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
