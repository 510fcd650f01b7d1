"""Prototypes of historical forms, from features that are made up."""

from __future__ import annotations

import numpy as np
import pytest

from kmnist_model import WeightsError
from kmnist_model.characters.historical_forms import Letter
from train.errors import DataError
from train.forms import Source, make, rank

TABLE = (Letter("は", "は", "波"), Letter("\U0001b0a5", "は", "者"), Letter("\U0001b09f", "は", "盤"), Letter("\U0001b005", "あを", "惡"))
KANA = {each.letter: each.kana for each in TABLE}
LETTERS = [each.letter for each in TABLE for _ in range(2)]
RNG = np.random.default_rng(0)
CENTRES = RNG.normal(size=(4, 8)).astype(np.float32)
CENTRES[:, 0] *= 0.01  # what hands differ in most tells letters least


def _source(name: str, letters: list[str]) -> Source:
    places = [[each.letter for each in TABLE].index(letter) for letter in letters]
    noise = RNG.normal(size=(3, len(letters), 8)).astype(np.float32) * np.array([20, *[0.2] * 7], np.float32)
    return Source(name, CENTRES[places] + noise, letters)


def test_each_source_gives_a_letter_one_prototype_of_length_one() -> None:
    forms = make(TABLE, [_source("one", LETTERS), _source("two", LETTERS[:4])], "abc")
    assert forms.owner.tolist() == [0, 1, 2, 3, 0, 1]
    np.testing.assert_allclose(np.linalg.norm(forms.prototypes, axis=1), 1, rtol=1e-5)
    assert forms.weights == "abc"


def test_whitening_finds_the_letters_under_what_hands_differ_in() -> None:
    forms = make(TABLE, [_source(str(number), LETTERS) for number in range(20)], "abc")
    drawn = _source("test", LETTERS)
    found = rank(forms, drawn.features[0], drawn.letters, KANA)
    assert found["n"] == 6, "two drawings of each letter whose kana has others"
    assert found["top1"] > 0.8
    assert found["top3"] == 1


def test_ranks_are_counted() -> None:
    forms = make(TABLE, [_source(str(number), LETTERS) for number in range(20)], "abc")
    twice = np.stack([CENTRES[1]] * 2)
    assert rank(forms, twice, ["\U0001b0a5", "\U0001b09f"], KANA) == {"n": 2, "top1": 0.5, "top3": 1.0}
    with pytest.raises(DataError, match="fonts"):
        rank(forms, CENTRES[:1], ["\U0001b005"], KANA)


def test_weights_without_features_are_refused() -> None:
    with pytest.raises(WeightsError, match="preact_resnet"):
        make(TABLE, [_source("one", LETTERS)], "")
