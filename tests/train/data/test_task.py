"""The task of a fit: a split alone, or with the sources that the recipe mixes in."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from train.data.data_folder import DataFolder
from train.data.splits import open_split
from train.data.task import open_task, prepare
from train.recipe import Recipe


def test_without_the_mix_a_task_is_the_split_alone(small_folder: Path) -> None:
    data = DataFolder(small_folder, verify=False)
    task = open_task("kmnist", None, data, Recipe(mix=False))
    split = open_split("kmnist", None, data)
    assert (task.dataset, task.data, task.added, task.outliers) == ("kmnist", data, [], None)
    assert task.kinds.keys() == {"kmnist"}
    assert np.array_equal(task.split.train.inks, split.train.inks)
    assert np.array_equal(task.split.test.inks, split.test.inks)


def test_the_mix_adds_characters_outliers_and_kinds_but_no_test_images(small_folder: Path) -> None:
    data = DataFolder(small_folder, verify=False)
    split = open_split("kmnist", None, data)
    task = prepare(split, data, Recipe())
    assert task.dataset == "kmnist"
    assert len(task.split.train) > len(split.train)
    assert task.kinds.keys() == {"kmnist", "drawn", "modern"}
    assert task.other_kinds.keys() == {"drawn", "modern"}
    assert task.outliers is not None
    assert set(task.outliers.labels) == {10}
    assert np.array_equal(task.split.test.inks, split.test.inks)
    assert len(task.added) == 3
