"""Probabilities mean what they say, and the threshold keeps what it promises."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import softmax

from kmnist_model.alphabet import Alphabet
from kmnist_model.recognizer import Recognizer
from train.data.splits import Examples
from train.evaluation.calibrate import KEPT, calibrate, calibrate_restrictions, calibration_error, fit_temperature


def _drawn(temperature: float, count: int = 20_000) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Logits, and labels drawn from their softmax at `temperature`."""
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 3, (count, 10)).astype(np.float32)
    chances = softmax(logits / temperature, axis=1).cumsum(1)
    return logits, (rng.random((count, 1)) > chances).sum(1).clip(max=9)


@pytest.mark.parametrize("temperature", [0.3, 1.0, 2.5])
def test_a_known_temperature_is_found_again(temperature: float) -> None:
    assert fit_temperature(*_drawn(temperature)) == pytest.approx(temperature, rel=0.05)


@pytest.mark.parametrize("temperature", [1.0, 2.5])
def test_calibrated_data_has_no_calibration_error(temperature: float) -> None:
    logits, labels = _drawn(temperature)
    assert calibration_error(softmax(logits / temperature, axis=1), labels) < 0.012


@pytest.mark.parametrize("wrong", [0.3, 9.0], ids=["over-confident", "under-confident"])
def test_a_wrong_temperature_has_a_large_calibration_error(wrong: float) -> None:
    logits, labels = _drawn(2.5)
    assert calibration_error(softmax(logits / wrong, axis=1), labels) > 0.1


def test_calibration_error_by_hand() -> None:
    """Two bins: 3 of 4 right at 0.9 (gap 0.15), 1 of 2 right at 0.6 (gap 0.1); 4/6 of 0.15 and 2/6 of 0.1."""
    probabilities = np.array([[0.9, 0.1]] * 4 + [[0.6, 0.4]] * 2)
    assert calibration_error(probabilities, np.array([0, 0, 0, 1, 0, 1])) == pytest.approx(0.8 / 6)


def test_certain_and_right_is_no_error() -> None:
    assert calibration_error(np.eye(10), np.arange(10)) == 0


@dataclass
class Table:
    """A recogniser whose logits are the first eleven pixels of an ink."""

    def logits(self, inks: NDArray[np.uint8]) -> NDArray[np.float32]:
        return inks[:, 0, :11].astype(np.float32) / 16

    def known_logit(self, logits: NDArray[np.float32]) -> NDArray[np.float64]:
        return logits[:, :-1].max(1).astype(np.float64) - logits[:, -1]


def test_the_threshold_keeps_the_promised_share_of_all() -> None:
    rng = np.random.default_rng(0)
    kinds = []
    for dimmer in (0, 60):  # the second kind is less familiar throughout
        inks = rng.integers(0, 60, (2000, 28, 28)).astype(np.uint8)
        labels = rng.integers(0, 10, 2000)
        inks[np.arange(2000), 0, labels] = rng.integers(120, 256, 2000) - dimmer
        kinds.append(Examples(inks, labels))
    table = Table()
    found = calibrate(table, kinds)
    kept = [float((table.known_logit(table.logits(kind.inks)) >= found.threshold).mean()) for kind in kinds]
    assert np.mean(kept) == pytest.approx(KEPT, abs=0.002)
    assert min(kept) < KEPT < max(kept)
    assert 0 < found.temperature < 20


def test_restrictions_of_an_alphabet_of_kana_and_kanji() -> None:
    """Ten classes, of which the last four are kanji: each kind's threshold keeps its own characters."""
    rng = np.random.default_rng(0)
    inks, labels = rng.integers(0, 60, (2000, 28, 28), np.uint8), np.arange(2000) % 10
    inks[np.arange(2000), 0, labels] += 120
    table = Table()
    table.alphabet = Alphabet.from_rows("mixed", [(character, "", "") for character in "あいうえおか花鳥風月"])  # type: ignore[attr-defined]
    found = calibrate_restrictions(cast(Recognizer, table), Examples(inks, labels))
    assert found.keys() == {"kana", "kanji"}
    for kind, columns in (("kana", range(6)), ("kanji", range(6, 10))):
        mine = np.isin(labels, columns)
        rows = table.logits(inks[mine])[:, [*columns, 10]]
        assert (table.known_logit(rows) >= found[kind]["threshold"]).mean() == pytest.approx(KEPT, abs=0.002)
        assert found[kind]["temperature"] > 0
