"""The batch-size finder: start at 512, halve until one learns."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from PIL import Image

from train import __main__
from train.fitting.batch_size import find_batch_size, table
from train.recipe import Recipe

RECIPE = Recipe(learning_rate=0.1, batch_size=128)


def test_the_first_size_that_learns_is_the_pick() -> None:
    asked = []

    def train(recipe: Recipe, steps: int) -> list[float]:
        asked.append((recipe.batch_size, recipe.learning_rate, steps))
        if recipe.batch_size == 512:
            raise torch.OutOfMemoryError
        falls = recipe.batch_size <= 64
        return [2.3 - (0.5 * step / steps if falls else 0.01 * (step % 2)) for step in range(steps)]

    trials = find_batch_size(RECIPE, train, 8192)
    assert asked == [(512, pytest.approx(0.4), 16), (256, pytest.approx(0.2), 32), (128, 0.1, 64), (64, 0.05, 128)]
    assert [(trial.size, trial.learns) for trial in trials] == [(512, False), (256, False), (128, False), (64, True)]
    lines = table(trials).splitlines()
    assert lines[1].split("\t")[-2:] == ["out of memory", "no"]
    assert lines[4].startswith("64\t0.05\t128")


@pytest.mark.parametrize("losses", [[float("nan")] * 9, [2.0] * 9, [2.0 + 0.1 * step for step in range(9)]], ids=["nan", "flat", "rising"])
def test_what_does_not_fall_does_not_learn(losses: list[float]) -> None:
    trials = find_batch_size(RECIPE, lambda _recipe, _steps: losses, 4096)
    assert [trial.size for trial in trials] == [512, 256, 128, 64, 32, 16, 8]
    assert not any(trial.learns for trial in trials)


@pytest.mark.slow
def test_the_command_prints_a_table_and_saves_a_picture(small_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["find-batch-size", "--data", str(small_folder), "--no-verify", "--set", "mix=false", "--set", "width=4", "--samples", "2048"]
    assert __main__.main([*words, "--learning-rate", "0.05", "--out", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("batch\trate")
    assert lines[-1].startswith("pick\t")
    assert Image.open(tmp_path / "batch_size.png").format == "PNG"
