"""Pools of drawings: the same again from a seed or the cache, with the right characters."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench import small_data
from train.data.data_folder import DataFolder
from train.data.drawing import drawn_pools
from train.data.drawing.drawn_pools import OUTLIER
from train.errors import DataError


@pytest.fixture
def data(tmp_path: Path) -> DataFolder:
    small_data.write(tmp_path)
    return DataFolder(tmp_path, verify=False)


def test_strokes_are_drawn_once_and_then_read_from_the_cache(data: DataFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    inks, characters = drawn_pools.kanjivg(data, "花ゝ鳥", 2, 48, 0, "flowers")
    assert characters == ["花", "花", "鳥", "鳥"] or characters == ["花", "花", "ゝ", "ゝ", "鳥", "鳥"]
    assert (inks.shape[1:], inks.dtype) == ((48, 48), np.uint8)
    assert not np.array_equal(inks[0], inks[1]), "another hand each time"
    monkeypatch.setattr(drawn_pools, "ProcessPoolExecutor", None)
    again, same = drawn_pools.kanjivg(data, "花ゝ鳥", 2, 48, 0, "flowers")
    assert np.array_equal(again, inks)
    assert same == characters


def test_another_seed_draws_anew(data: DataFolder) -> None:
    one, _ = drawn_pools.kanjivg(data, "花", 1, 28, 0, "flower")
    other, _ = drawn_pools.kanjivg(data, "花", 1, 28, 1, "flower")
    assert not np.array_equal(one, other)


def test_a_folder_that_cannot_be_written_is_said_and_the_drawings_come(data: DataFolder, capsys: pytest.CaptureFixture[str]) -> None:
    (data.path / "rendered").write_text("in the way")
    inks, _ = drawn_pools.kanjivg(data, "花", 1, 28, 0, "flower")
    assert len(inks) == 1
    assert "cannot be written" in capsys.readouterr().err


def test_outliers_are_no_characters(data: DataFolder) -> None:
    inks, characters = drawn_pools.outliers(data, 6, 48, 0)
    assert characters == [OUTLIER] * 6
    assert inks.any((1, 2)).all()


def test_historical_letters_and_their_sketches(data: DataFolder) -> None:
    assert drawn_pools.historical_letters(data) == {"𛀂": "あ", "𛀃": "あ"}
    inks, characters = drawn_pools.sketches(data, 3, 48, 0)
    assert characters == ["あ"] * 6
    assert inks.shape == (6, 48, 48)


def test_letters_and_their_sketches_are_labelled_with_the_letter(data: DataFolder) -> None:
    assert [(each.letter, each.kana) for each in drawn_pools.letter_table(data)] == [("𛀂", "あ"), ("𛀃", "あ")]
    inks, letters = drawn_pools.letter_sketches(data, 48)
    assert letters == ["𛀂", "𛀃"]
    assert (inks.shape, inks.dtype) == ((2, 48, 48), np.uint8)
    assert (inks.max((1, 2)) > 100).all(), "ink is white"


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"parents\.tsv is missing"):
        drawn_pools.historical_letters(DataFolder(tmp_path))
