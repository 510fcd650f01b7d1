"""Drawn outliers, and the pages of handwriting for training, validation and test."""

from __future__ import annotations

import numpy as np

from kmnist_model import KMNIST
from train.data import sources, strokes


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


def test_pages_for_training_validation_and_holding_out_are_apart() -> None:
    parts = [set(sources.training_pages()), set(sources.VALIDATION_PAGES), set(sources.TEST_PAGES)]
    assert set.union(*parts) == set(range(1, 12))
    assert sum(map(len, parts)) == 11
