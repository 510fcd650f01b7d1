"""What --extra adds: the user's own pictures, and Kuzushiji-49, from small files in the official format."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from kmnist_model import KMNIST
from kmnist_model.alphabet import KUZUSHIJI49
from tests.support import official_files
from train.data import extras
from train.data.data_folder import DataFolder
from train.data.splits import Examples, Split
from train.data.task import prepare
from train.errors import DataError
from train.recipe import Recipe


@pytest.fixture
def data(tmp_path: Path) -> DataFolder:
    official_files.write_k49(tmp_path, 24)
    return DataFolder(tmp_path, verify=False)


def test_kuzushiji_49_for_an_alphabet_that_has_all_of_it(data: DataFolder) -> None:
    examples = extras.open_extra("k49", KUZUSHIJI49, data, 48)
    assert examples.inks.shape[1:] == (48, 48)
    assert set(examples.labels) == set(range(49))
    assert (
        extras.describe("k49", examples, KUZUSHIJI49) == f"{len(examples):,} characters and 0 others of Kuzushiji-49 (CODH, CC BY-SA 4.0)"
    )


def test_what_the_alphabet_lacks_is_said_and_learnt_as_no_character(data: DataFolder, capsys: pytest.CaptureFixture[str]) -> None:
    examples = extras.open_extra("k49", KMNIST, data, 28)
    assert set(examples.labels) == set(range(11))
    said = capsys.readouterr().err
    assert "か" in said
    assert "お" not in said


def test_a_name_that_is_neither_is_refused(data: DataFolder) -> None:
    with pytest.raises(DataError, match="give folder:PATH, or k49"):
        extras.open_extra("k48", KMNIST, data, 28)


def test_an_extra_of_a_weighted_dataset_is_fifteen_percent_of_it(tmp_path: Path) -> None:
    record = {"character": "お", "strokes": [[[0, 0], [9, 9]], [[9, 0], [0, 9]]]}
    (tmp_path / "mine.jsonl").write_text(json.dumps(record) + "\n")
    examples = Examples(np.full((20, 48, 48), 9, np.uint8), np.arange(20) % 10)
    split = Split("weighted", KMNIST, examples, examples, examples, weights=np.full(20, 0.05))
    task = prepare(split, DataFolder(tmp_path), Recipe(mix=False), [f"folder:{tmp_path}"])
    assert task.split.weights is not None
    assert len(task.split.train) == len(task.split.weights) == 21
    assert task.split.train.inks.shape[1:] == (48, 48)
    assert task.split.weights[-1] == pytest.approx(0.15)
    assert task.split.weights.sum() == pytest.approx(1)
    assert task.added == ["1 characters and 0 others of the user's own"]


def test_balanced_by_the_square_root_of_the_class_sizes() -> None:
    chances = extras.balanced(np.array([0, 0, 0, 0, 1]), 0.5)
    assert chances[:4].sum() == pytest.approx(2 / 3)
    assert chances.sum() == pytest.approx(1)
