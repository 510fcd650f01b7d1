"""Scores of rejection: each tells near from far, and the two figures are what their definitions say."""

from __future__ import annotations

import numpy as np
import pytest

from kmnist_model import KMNIST
from kmnist_model.recognizer import Recognizer
from train.data import sources
from train.data.drawing import strokes
from train.data.splits import Examples
from train.evaluation import rejection


@pytest.fixture(scope="module")
def compared() -> dict[str, dict[str, dict[str, float]]]:
    recognizer = Recognizer.load("kmnist", "cpu", engine="torch")  # ViM takes the head's weights
    rng = np.random.default_rng(0)
    train, known = sources.drawn(KMNIST, 20, rng), sources.drawn(KMNIST, 10, rng)
    scribbles = np.stack([strokes.to_ink(strokes.scribble(rng)) for _ in range(60)])
    unknown = Examples(scribbles, np.full(60, len(KMNIST)))
    return rejection.compare(recognizer, train, {"drawn": known}, {"scribbles": unknown, "characters": known})


def test_every_score_tells_scribbles_from_characters(compared: dict[str, dict[str, dict[str, float]]]) -> None:
    assert tuple(compared) == rejection.NAMES
    for name, kinds in compared.items():
        assert kinds["scribbles"]["auroc"] > 0.7, name
    assert compared[rejection.OURS]["scribbles"]["auroc"] > 0.98


def test_characters_cannot_be_told_from_themselves(compared: dict[str, dict[str, dict[str, float]]]) -> None:
    for kinds in compared.values():
        assert kinds["characters"]["auroc"] == pytest.approx(0.5)
        assert kinds["characters"]["fpr95"] == pytest.approx(0.95, abs=0.02)
