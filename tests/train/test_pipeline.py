"""One fit from a task to its run record: what it writes, how often, and that the recogniser in memory is the written one."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch

from kmnist_model import Recognizer, weights_file
from train.__main__ import main
from train.data.data_folder import DataFolder
from train.data.task import Task, open_task
from train.pipeline import FitRun, run_fit
from train.publishing import run_record
from train.recipe import Recipe

RECIPE = Recipe(width=4, epochs=1, batch_size=32, learning_rate=0.05, mix=False)


@pytest.fixture(scope="module")
def task(small_folder: Path) -> Task:
    return open_task("kmnist", None, DataFolder(small_folder, verify=False), RECIPE)


def counted(calls: list[str], name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def count(*arguments: Any, **options: Any) -> Any:
        calls.append(name)
        return function(*arguments, **options)

    return count


@pytest.fixture(scope="module")
def run_and_calls(task: Task, tmp_path_factory: pytest.TempPathFactory) -> tuple[FitRun, list[str]]:
    """A small run, and which functions read or wrote a weights file during it."""
    calls: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        for name in ("save", "load", "load_card", "load_state", "_open"):
            patch.setattr(weights_file, name, counted(calls, name, getattr(weights_file, name)))
        patch.setattr(safetensors.torch, "save_file", counted(calls, "save_file", safetensors.torch.save_file))
        run = run_fit(RECIPE, task, tmp_path_factory.mktemp("pipeline") / "run")
    assert run is not None
    return run, calls


def test_the_weights_are_written_once_and_never_read(run_and_calls: tuple[FitRun, list[str]]) -> None:
    assert run_and_calls[1] == ["save", "save_file"]


def test_the_recognizer_in_memory_answers_as_the_file(run_and_calls: tuple[FitRun, list[str]], task: Task) -> None:
    run, _ = run_and_calls
    loaded = Recognizer.load(run.weights, "cpu")
    assert loaded.card == run.card
    assert run.card.temperature != 1
    assert np.array_equal(loaded.logits(task.split.validation.inks), run.recognizer.logits(task.split.validation.inks))


def test_the_fitted_network_is_what_the_file_holds(run_and_calls: tuple[FitRun, list[str]]) -> None:
    run, _ = run_and_calls
    state = weights_file.load_state(run.weights)
    assert all(torch.equal(value, state[name]) for name, value in run.fit.network.state_dict().items())


def test_the_record_and_the_recipe_lie_beside_the_weights(run_and_calls: tuple[FitRun, list[str]]) -> None:
    run, _ = run_and_calls
    assert {path.name for path in run.weights.parent.iterdir()} == {"checkpoint.pt", "fit.json", "kmnist.safetensors", "recipe.toml"}
    assert run_record.read(run.weights.parent) == run.record
    assert (run.record.dataset, run.record.protocol) == ("kmnist", "t10k")
    assert run.record.metrics == run.card.metrics


def test_a_fit_that_diverges_leaves_what_was_there(
    run_and_calls: tuple[FitRun, list[str]], small_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in run_and_calls[0].weights.parent.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    words = ["fit", "--data", str(small_folder), "--no-verify", "--set", "mix=false", "--set", "width=4", "--out", str(tmp_path)]
    assert main([*words, "--learning-rate", "1e30"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert re.fullmatch(r"The training loss became NaN at step \d+ \(epoch 1 of 10\), .*\.\n", captured.err)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
