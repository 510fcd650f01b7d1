"""A recipe: read from TOML and from the command line, refused with the nearest right name, and followed by the fit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from fastai.callback.mixup import CutMix, MixUp

from kmnist_model import KMNIST
from train.arguments import parser, recipe_of
from train.data.splits import Examples, Split
from train.fitting.callbacks import Average
from train.fitting.fit import fit
from train.fitting.learner import make_learner
from train.recipe import TUTORIAL, Recipe, RecipeError, parse_setting, read_toml


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


def test_toml_gives_the_same_recipe_again(tmp_path: Path) -> None:
    recipe = Recipe(epochs=3, learning_rate=0.2, ema=0.9, mix=False, architecture="resnet18")
    path = tmp_path / "recipe.toml"
    path.write_text(recipe.to_toml())
    assert read_toml(path, Recipe()) == recipe


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("epochs=30", {"epochs": 30}),
        ("ema = 0.99", {"ema": 0.99}),
        ("augment=false", {"augment": False}),
        ("architecture=resnet34", {"architecture": "resnet34"}),
        ('architecture="resnet34"', {"architecture": "resnet34"}),
        ("learning_rate=none", {"learning_rate": None}),
    ],
)
def test_a_setting_is_parsed(text: str, values: dict[str, object]) -> None:
    assert parse_setting(text) == values
    assert Recipe().changed(values).as_dict().items() >= values.items()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("cutuot=3", r"no 'cutuot' \(did you mean cutout\?\)"),
        ("learning-rate=3", r"did you mean learning_rate\?"),
        ("epochs=many", "epochs cannot be 'many': give a whole number"),
        ("epochs=1.5", "epochs cannot be 1.5: give a whole number"),
        ("epochs=true", "epochs cannot be True"),
        ("augment=1", "augment cannot be 1: give true or false"),
        ("architecture=resnet43", r"No network is called 'resnet43' \(did you mean resnet34"),
        ("optimizer=sgdd", r"did you mean sgd\?"),
        ("schedule=cosine", "choose one of one_cycle, flat_cosine, constant"),
        ("epochs", "write name=value"),
        ("=3", "write name=value"),
        ("ema=1.0", "below 1"),
        ("batch_size=1", "at least 2"),
    ],
)
def test_what_a_recipe_cannot_be_is_rejected(text: str, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        Recipe().changed(parse_setting(text))


@pytest.mark.parametrize("content", [b"epochs = [", b"\xff\xfe", b"epoch = 3"])
def test_a_file_that_is_no_recipe_is_rejected_in_one_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "recipe.toml"
    path.write_bytes(content)
    with pytest.raises(RecipeError) as caught:
        read_toml(path, Recipe())
    assert str(caught.value).endswith(".")


def test_the_command_line_outranks_the_file_and_the_file_the_tutorial(tmp_path: Path) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text("epochs = 7\nbatch_size = 64\n")
    words = ["fit", "--tutorial", "--recipe", str(path), "--set", "momentum=0.8", "--epochs", "3"]
    recipe = recipe_of(parser().parse_args(words))
    assert recipe == TUTORIAL.changed({"epochs": 3, "batch_size": 64, "momentum": 0.8})


def test_the_mix_is_kmnists_alone() -> None:
    assert recipe_of(parser().parse_args(["fit"])).mix
    assert not recipe_of(parser().parse_args(["fit", "--dataset", "k49"])).mix


def test_another_architecture_has_a_width_of_its_own() -> None:
    assert Recipe(width=16).changed({"architecture": "resnet18"}).width is None


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


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"learning_rate": 0.0}, "learning_rate cannot be 0.0: give a number above 0 or none."),
        ({"learning_rate": float("nan")}, "learning_rate cannot be nan: give a number above 0 or none."),
        ({"momentum": True}, "momentum cannot be True: give a number."),
        ({"width": "wide"}, "width cannot be 'wide': give a whole number or none."),
        ({"epochs": -1}, "epochs cannot be -1: give a number of at least 0."),
        ({"mixup": 0.4, "cutmix": 1.0}, "A fit mixes whole inks or patches, not both: set mixup or cutmix to 0."),
    ],
    ids=str,
)
def test_the_constructor_itself_rejects_in_one_sentence(values: dict[str, object], message: str) -> None:
    with pytest.raises(RecipeError) as caught:
        Recipe(**values)
    assert str(caught.value) == message


def test_a_recipe_cannot_be_changed_in_place() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Recipe().epochs = 3


def test_a_whole_number_is_a_number() -> None:
    assert Recipe().changed({"momentum": 0, "learning_rate": 1}) == Recipe(momentum=0.0, learning_rate=1.0)
