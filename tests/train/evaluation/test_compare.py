"""Weights files are compared: the significance test, the table, the picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from train import __main__
from train.evaluation.compare import mcnemar


@pytest.mark.parametrize(
    ("only_first", "only_second", "p"),
    [(0, 0, 1.0), (5, 5, 1.0), (10, 0, 2 / 2**10), (1, 9, 22 / 2**10)],
)
def test_mcnemars_test_is_the_exact_one(only_first: int, only_second: int, p: float) -> None:
    first = np.array([True] * only_first + [False] * only_second + [True] * 7 + [False] * 3)
    second = np.array([False] * only_first + [True] * only_second + [True] * 7 + [False] * 3)
    assert mcnemar(first, second) == (only_first, only_second, pytest.approx(p))


@pytest.mark.slow
def test_two_files_are_compared(small_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small = ["--data", str(small_folder), "--no-verify", "--set", "mix=false", "--set", "width=4", "--epochs", "0"]
    assert __main__.main(["fit", *small, "--out", str(tmp_path / "run")]) == 0
    capsys.readouterr()
    picture = tmp_path / "compare.png"
    words = [
        "compare",
        "kmnist",
        str(tmp_path / "run" / "kmnist.safetensors"),
        "--data",
        str(small_folder),
        "--no-verify",
        "--out",
        str(picture),
    ]
    assert __main__.main(words) == 0
    rows = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert [row[0] for row in rows] == ["weights", "weights/kmnist", "run/kmnist", "pair", "weights/kmnist / run/kmnist", "picture"]
    assert float(rows[1][1].split()[0]) > 95 > 40 > float(rows[2][1].split()[0]), "trained against not trained"
    assert int(rows[4][1]) > int(rows[4][2])
    assert float(rows[4][3]) < 1e-6
    assert Image.open(picture).format == "PNG"


def test_weights_of_another_alphabet_are_rejected(small_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["compare", "kmnist", "--dataset", "kkanji", "--data", str(small_folder), "--out", str(tmp_path / "compare.png")]
    assert __main__.main(words) == 2
    assert "was not made for this dataset" in capsys.readouterr().err
