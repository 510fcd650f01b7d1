from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from kmnist_model import KMNIST, from_strokes
from train.data.drawing import strokes
from train.fitting.augment import augment
from train.recipe import Recipe

STILL = Recipe(rotation=0, scale=0, aspect=0, shear=0, shift=0, elastic=0, pen=0, cutout=0)


@pytest.fixture
def batch(inks: NDArray[np.uint8]) -> torch.Tensor:
    torch.manual_seed(0)
    return torch.from_numpy(inks[:64].copy())


def test_shape_kind_and_range(batch: torch.Tensor) -> None:
    before = batch.clone()
    augmented = augment(batch, Recipe())
    assert (augmented.shape, augmented.dtype) == (batch.shape, torch.float32)
    assert augmented.min() >= 0
    assert augmented.max() < 255.1
    assert torch.equal(batch, before)


def test_with_everything_off_nothing_changes(batch: torch.Tensor) -> None:
    torch.testing.assert_close(augment(batch, STILL), batch.float(), atol=0.1, rtol=0)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("rotation", 10.0),
        ("scale", 0.12),
        ("aspect", 0.08),
        ("shear", 0.15),
        ("shift", 2.0),
        ("elastic", 0.7),
        ("pen", 0.5),
        ("cutout", 14),
    ],
)
def test_each_part_does_something_and_leaves_most_of_the_ink(batch: torch.Tensor, name: str, value: float) -> None:
    augmented = augment(batch, STILL.changed({name: value}))
    changed = (augmented - batch).abs().mean((1, 2)) > 1
    assert changed.float().mean() > 0.3
    assert 0.5 < augmented.sum() / batch.sum() < 1.5


def test_each_ink_gets_its_own(batch: torch.Tensor) -> None:
    augmented = augment(batch[:1].repeat(8, 1, 1), Recipe(cutout=0))
    assert len({ink.numpy().tobytes() for ink in augmented}) == 8


def test_a_seed_gives_the_same_again(batch: torch.Tensor) -> None:
    torch.manual_seed(1)
    first = augment(batch, Recipe())
    torch.manual_seed(1)
    assert torch.equal(augment(batch, Recipe()), first)
    assert not torch.equal(augment(batch, Recipe()), first)


@pytest.mark.parametrize("side", [3, 14])
def test_cutout_blanks_one_square(side: int) -> None:
    torch.manual_seed(0)
    augmented = augment(torch.full((200, 28, 28), 255, dtype=torch.uint8), STILL.changed({"cutout": side}))
    holes = (augmented < 1).sum((1, 2))
    assert holes.max() == side**2
    assert holes.min() >= side**2 // 4 - side  # at a corner, a quarter of it
    for ink in augmented[:20]:
        rows, columns = torch.nonzero(ink < 1, as_tuple=True)
        assert len(rows) == (rows.max() - rows.min() + 1) * (columns.max() - columns.min() + 1)


@pytest.mark.parametrize("flip", [(1,), (2,), (1, 2)], ids=["left-right", "up-down", "both"])
def test_characters_are_never_flipped(flip: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    inks = torch.from_numpy(np.stack([from_strokes(strokes.load(character)) for character in KMNIST.characters])).repeat(50, 1, 1)
    augmented = augment(inks, Recipe(cutout=0)).view(50, 10, -1)
    upright, flipped = inks[:10].float().view(10, -1), inks[:10].float().flip(flip).reshape(10, -1)
    alike = torch.nn.functional.cosine_similarity
    assert (alike(augmented, upright, dim=2) > alike(augmented, flipped, dim=2)).float().mean() > 0.9


def test_another_size_shows_the_same_ink(batch: torch.Tensor) -> None:
    larger = augment(batch, STILL, 56)
    assert larger.shape == (64, 56, 56)
    back = torch.nn.functional.interpolate(larger[:, None], (28, 28), mode="area")[:, 0]
    assert (back - batch).abs().mean() < 12


def test_bits_of_the_neighbours_lie_at_the_edges_only(batch: torch.Tensor) -> None:
    crowded = augment(batch, STILL.changed({"neighbours": 1.0}))
    torch.testing.assert_close(crowded[:, 4:-4], batch[:, 4:-4].float(), atol=0.1, rtol=0)
    more = (crowded - batch).clamp(min=0).sum((1, 2)) > 255
    assert more.float().mean() > 0.2
    assert (crowded - batch).min() > -0.1, "no ink is taken away"


def test_coarse_inks_lose_their_detail_not_their_ink() -> None:
    lines = torch.zeros(8, 48, 48, dtype=torch.uint8)
    lines[:, :, ::2] = 255
    coarse = augment(lines, STILL.changed({"coarse": 1.0}))
    assert coarse.std() < 0.5 * lines.float().std()
    assert abs(coarse.mean() - lines.float().mean()) < 8
