"""Which pictures the gallery gets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench import small_data
from kmnist_model import Recognizer
from kmnist_model.gallery.gallery import CELL
from train.data import kuzushiji
from train.data.data_folder import DataFolder
from train.gallery import Budget, choose, make, parts, principal, right_share, sprite

BUDGET = Budget(examples_of_form=10, most_forms=2, pictures=3, least=4)


def test_every_class_and_each_of_its_forms_is_shown() -> None:
    rng = np.random.default_rng(0)
    middles = np.eye(4, dtype=np.float32)
    forms = np.repeat([0, 1, 2, 3], [20, 15, 2, 8])  # the first class has two forms, the others one each
    labels = np.repeat([0, 0, 1, 2], [20, 15, 2, 8])
    vectors = middles[forms] + rng.normal(size=(45, 4)).astype(np.float32) * 0.05
    places, drawn = choose(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), labels, BUDGET)
    assert np.bincount(forms[places]).tolist() == [3, 3, 2, 4]
    np.testing.assert_allclose(np.linalg.norm(drawn, axis=1), 1, rtol=1e-5)
    assert ((drawn @ middles.T).argmax(1) == forms[places]).all()


def test_a_sprite_holds_the_pictures_row_by_row() -> None:
    pictures = np.stack([np.full((CELL, CELL), grey, np.uint8) for grey in (0, 85, 170, 255, 90)])
    made = sprite(pictures)
    assert made.shape == (2 * CELL, 3 * CELL)
    assert made[::CELL, ::CELL].tolist() == [[0, 1, 2], [3, 1, 0]]


def test_principal_directions_are_those_of_the_largest_spread() -> None:
    features = np.random.default_rng(0).normal(size=(500, 3)).astype(np.float32) * [1, 9, 3]
    mean, projection = principal(features, 2)
    assert abs(projection).argmax(0).tolist() == [1, 2]
    np.testing.assert_allclose(mean, features.mean(0))


@pytest.mark.slow
def test_no_held_out_picture_is_in_the_gallery(tmp_path: Path) -> None:
    small_data.write(tmp_path)
    data, wide = DataFolder(tmp_path, verify=False), Recognizer.load("kuzushiji", "cpu")
    learnt = parts(wide, data)
    _, validation, test = kuzushiji.old_kanji(data, wide.alphabet)
    ten = kuzushiji.kmnist(data, wide.alphabet)
    held_out = {ink.tobytes() for examples in (validation, test, *ten[1:]) for ink in examples.inks}
    assert held_out
    assert not held_out & {ink.tobytes() for part in learnt for ink in part.examples.inks}
    made = make(wide, learnt, 16)
    assert made.belongs_to(wide)
    assert right_share(made, wide, learnt[0].examples)["share"] > 0.9, "drawn kanji, each like the others of its class"
