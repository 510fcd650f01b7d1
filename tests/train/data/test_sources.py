"""Drawn outliers, and the pages of handwriting for training, validation and test."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from kmnist_model import KMNIST
from train.data import sources
from train.data.data_folder import DataFolder
from train.data.drawing import strokes


def test_every_outlier_can_be_drawn() -> None:
    for character in sources.HIRAGANA + sources.KATAKANA + sources.LATIN:
        assert strokes.load(character)


def test_outliers_are_none_of_the_characters() -> None:
    """Nothing that looks like one of the ten is ever taught as "not a character"."""
    rng = np.random.default_rng(0)
    drawn = sources.drawn_outliers(KMNIST, 40, rng)
    assert set(drawn.labels) == {len(KMNIST)}
    characters = sources.drawn(KMNIST, 3, rng)
    assert np.bincount(characters.labels).tolist() == [3] * 10
    assert {parent for entry in KMNIST for parent in entry.parents} <= sources.LOOKALIKES


def test_the_folds_of_other_kana_part_them_with_their_voiced_ones() -> None:
    even, odd = sources.other_kana(KMNIST, "even"), sources.other_kana(KMNIST, "odd")
    assert not set(even) & set(odd)
    assert set(KMNIST.characters).isdisjoint(even + odd)
    for plain, voiced in ("かが", "はば", "くぐ"):
        assert plain in KMNIST.characters or (plain in even) == (voiced in even)


def test_a_source_that_is_left_out_is_nowhere_in_the_mix(small_folder: Path) -> None:
    data = DataFolder(small_folder, verify=False)
    whole = sources.training_mix(data, KMNIST, 0)
    pages = sources.modern(data, KMNIST, sources.training_pages())
    strokes_only = sources.training_mix(data, KMNIST, 0, "pages")
    pages_only = sources.training_mix(data, KMNIST, 0, "strokes")
    assert len(whole.characters) == len(strokes_only.characters) + len(pages_only.characters)
    assert len(pages_only.characters) == 3 * len(pages.characters)
    written = {ink.tobytes() for ink in pages.characters.inks}
    assert not written & {ink.tobytes() for ink in strokes_only.characters.inks}
    assert not any("KanjiVG" in line for line in sources.describe(data, "strokes"))


def test_kana_that_are_left_out_are_not_on_the_pages(small_folder: Path) -> None:
    data = DataFolder(small_folder, verify=False)
    everything = sources.modern(data, KMNIST, range(1, 12))
    unseen = sources.other_kana(KMNIST, "even")
    fewer = sources.modern(data, KMNIST, range(1, 12), unseen)
    assert len(fewer.characters) == len(everything.characters)
    assert 0 < len(fewer.outliers) < len(everything.outliers)


def test_pages_for_training_validation_and_holding_out_are_apart() -> None:
    parts = [set(sources.training_pages()), set(sources.VALIDATION_PAGES), set(sources.TEST_PAGES)]
    assert set.union(*parts) == set(range(1, 12))
    assert sum(map(len, parts)) == 11
