"""Sets that hold the right character."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from kmnist_model import Candidate, Reading, Recognizer, WeightsError
from kmnist_model.explain import sets
from kmnist_model.explain.sets import Margin
from train.data.splits import Examples
from train.evaluation.sets import fit, halves, measure

INK = np.zeros((28, 28), np.uint8)


def _reading(verdict: str, **probabilities: float) -> Reading:
    return Reading(verdict, tuple(Candidate(character, "", p) for character, p in probabilities.items()), INK)  # type: ignore[arg-type]


def test_a_set_is_the_best_and_what_is_within_the_margin() -> None:
    margin = Margin("abc", 3, np.log(2), 0.95, 100)
    assert margin.set_of(_reading("character", お=0.5, を=0.3, す=0.2)) == ("お", "を")
    assert margin.set_of(_reading("perhaps", お=0.9, を=0.06, す=0.04)) == ("お",)
    assert margin.set_of(_reading("unknown", お=0.5, を=0.3, す=0.2)) == ()


def test_a_margin_holds_the_right_one_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 5, 8000)
    inks = np.zeros((8000, 2, 2), np.uint8)
    logits = rng.normal(size=(8000, 6)) + 1.5 * np.eye(6)[labels]
    inks[:, 0, 0], inks[:, 0, 1] = np.arange(8000) // 256, np.arange(8000) % 256
    place = lambda given: given[:, 0, 0].astype(int) * 256 + given[:, 0, 1]  # noqa: E731
    guess = SimpleNamespace(
        fingerprint="abc", alphabet=range(5), card=SimpleNamespace(temperature=1.0), logits=lambda given: logits[place(given)]
    )
    calibration, test = halves(Examples(inks, labels))
    assert not set(place(calibration.inks)) & set(place(test.inks))
    for coverage in (0.8, 0.95):
        found = measure(guess, fit(guess, calibration, coverage), test)  # type: ignore[arg-type]
        assert found["coverage"] == pytest.approx(coverage, abs=0.015)
        assert found["size"] > 1


def test_the_released_margin_is_of_the_wide_weights_and_all_their_characters(recognizer: Recognizer) -> None:
    released = Margin.load()
    assert released.belongs_to(Recognizer.load("kuzushiji", "cpu"))
    assert not released.belongs_to(Recognizer.load("kuzushiji", "cpu", only="kana"))
    assert sets.set_of(_reading("character", お=0.5, を=0.5), recognizer) == (), "no margin of the ten"


@pytest.mark.parametrize("text", ["", "{}", '{"weights": "a", "characters": 3, "nats": -1, "coverage": 0.9, "calibrated_on": 3}'])
def test_a_damaged_margin_is_refused_in_one_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / "sets.json").write_text(text)
    with pytest.raises(WeightsError, match=r"python -m train sets\.$"):
        Margin.load(tmp_path / "sets.json")
