"""The figures of wide weights: scores among all and among some, and every kind that was held out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from bench import small_data
from kmnist_model.network import build
from kmnist_model.recognizer import Recognizer
from train.data import kuzushiji
from train.data.data_folder import DataFolder
from train.data.drawing import fonts
from train.evaluation.calibrate import uncalibrated
from train.evaluation.wide import measure_wide, scores
from train.recipe import Recipe


def test_scores_among_all_and_among_some() -> None:
    logits = np.array([[3.0, 2.0, 1.0], [0.0, 1.0, 2.0]], np.float32)
    labels = np.array([1, 2])
    assert scores(logits, labels) == {"n": 2, "top1": 0.5, "top5": 1.0}
    assert scores(logits, labels, [1, 2]) == {"n": 2, "top1": 1.0, "top5": 1.0}


def test_all_kinds_are_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kuzushiji, "jis_kanji", lambda: "花鳥")
    monkeypatch.setattr(fonts, "_SYSTEM", ())
    small_data.write(tmp_path)
    data = DataFolder(tmp_path, verify=False)
    known = kuzushiji.alphabet(np.array([ord(kanji) for kanji in "一二三山口日月木火水"], np.uint32))
    recipe = Recipe(architecture="preact_resnet18", width=4, mix=False)
    network = build("preact_resnet18", len(known) + 1, 4)
    recognizer = Recognizer(uncalibrated(recipe, known, [], "free", kuzushiji.SIZE), network, torch.device("cpu"))
    figures = measure_wide(recognizer, data)
    assert figures["kkanji"]["n"] == 60
    assert figures["kkanji"]["by_examples"].keys() == {"30 to 99"}
    assert {kind: figures[kind]["all"]["n"] for kind in ("kmnist", "kana_real", "modern")} == {"kmnist": 40, "kana_real": 96, "modern": 30}
    assert figures["mouse"]["n"] == 10
    assert figures["drawn"]["n"] == 13  # with the repetition mark
    assert figures["modern"]["all"]["voicing_ignored"] >= figures["modern"]["all"]["top1"]
    assert 0 <= figures["ece"]["share"] <= 1
