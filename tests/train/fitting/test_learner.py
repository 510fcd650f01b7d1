"""The loader draws weighted examples by their chances, and a network starts from another's body and head."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from kmnist_model import KMNIST
from kmnist_model.network import build
from train.data.splits import Examples, Split
from train.fitting.fit import fit
from train.fitting.learner import InkLoader, load_body, make_learner
from train.recipe import Recipe


def _examples(count: int, size: int = 28) -> Examples:
    return Examples(np.zeros((count, size, size), np.uint8), np.arange(count) % 10)


def test_an_epoch_is_as_many_samples_as_are_asked_for_drawn_by_their_weights() -> None:
    weights = np.array([0.7, 0.0, 0.3] + [0.0] * 7)
    loader = InkLoader(_examples(10), weights=weights, samples=2000, bs=100, shuffle=True, drop_last=True)
    loader.rng.seed(0)
    labels = torch.cat([labels for _, labels in loader])
    assert len(labels) == 2000
    counts = np.bincount(labels.numpy(), minlength=10) / 2000
    assert counts == pytest.approx(weights, abs=0.05)
    assert counts[1] == 0


def test_without_weights_each_example_comes_once() -> None:
    loader = InkLoader(_examples(10), bs=5, shuffle=True)
    assert sorted(torch.cat([labels for _, labels in loader]).tolist()) == list(range(10))


def test_a_fit_at_another_size_that_begins_smaller() -> None:
    examples = _examples(40, 48)
    split = Split("large", KMNIST, examples, examples, examples.take(slice(0)), weights=np.full(40, 1 / 40))
    recipe = Recipe(
        architecture="preact_resnet18", width=4, epochs=5, batch_size=8, learning_rate=0.01, mix=False, early_size=32, samples=16
    )
    sides: list[int] = []
    learner = make_learner(recipe, split)
    learner.model.stem.register_forward_pre_hook(lambda _, inputs: sides.append(inputs[0].shape[-1]) if learner.training else None)
    learner.fit_one_cycle(recipe.epochs, recipe.learning_rate)
    assert sides == [32] * 7 + [48] * 3
    assert len(fit(recipe, split).steps["loss"]) == 10


@pytest.mark.parametrize(("width", "plain"), [(4, True), (8, False)])
def test_narrow_networks_keep_the_plain_layout(width: int, plain: bool) -> None:
    """In channels last, their backward pass overwrites memory on some CPUs."""
    examples = _examples(16)
    split = Split("small", KMNIST, examples, examples, examples.take(slice(0)))
    learner = make_learner(Recipe(width=width, batch_size=8, mix=False), split)
    weights = [value for value in learner.model.parameters() if value.ndim == 4 and min(value.shape[1:]) > 1]
    assert {value.is_contiguous() for value in weights} == {plain}
    assert learner.prepare.memory_format is (torch.contiguous_format if plain else torch.channels_last)


def test_the_head_is_copied_where_it_is_given() -> None:
    one, other = build("preact_resnet20", 11, 4), build("preact_resnet20", 11, 4)
    state = one.state_dict()
    fresh = other.head.weight.clone()
    load_body(other, {name: value for name, value in state.items() if not name.startswith("head.")})
    assert torch.equal(other.stem.weight, one.stem.weight)
    assert torch.equal(other.head.weight, fresh)
    load_body(other, state)
    assert torch.equal(other.head.weight, one.head.weight)


def test_another_width_is_refused() -> None:
    with pytest.raises(ValueError, match="another architecture or width"):
        load_body(build("preact_resnet20", 11, 8), build("preact_resnet20", 11, 4).state_dict())
