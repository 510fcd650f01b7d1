"""Several processes train one network: what two of them make is, within noise, what one makes with the same batch."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from kmnist_model import from_strokes
from train.data.drawing import strokes
from train.fitting.resume import FILE

ROOT = Path(__file__).resolve().parents[3]
pytestmark = pytest.mark.slow
EPOCHS = 8
TORCHRUN = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "train"]


def start(folder: Path, out: Path, *more: str, processes: int = 2) -> subprocess.Popen[str]:
    settings = ["--set", "mix=false", "--set", "width=8", "--set", "cutout=0", "--batch-size", "32", "--epochs", str(EPOCHS)]
    words = ["fit", "--data", str(folder), "--no-verify", *settings, "--out", str(out), *more]
    command = [sys.executable, *(TORCHRUN if processes == 2 else ["-m", "train"]), *words]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, cwd=ROOT, env=os.environ | {"OMP_NUM_THREADS": "1"}, **pipes)


def finished(process: subprocess.Popen[str]) -> tuple[str, str]:
    said = process.communicate(timeout=300)
    assert process.returncode == 0, said[1]
    return said


def log(out: Path) -> dict[str, Any]:
    return json.loads((out / "fit.json").read_text())


@pytest.fixture(scope="module")
def one(small_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("one")
    finished(start(small_folder, out, "--learning-rate", "0.05", processes=1))
    return out


@pytest.fixture(scope="module")
def two(small_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """A fit of two processes at the same rate: its folder, and what it said on stdout and stderr."""
    out = tmp_path_factory.mktemp("two")
    return out, *finished(start(small_folder, out, "--learning-rate", "0.05"))


def test_two_processes_come_to_what_one_comes_to(one: Path, two: tuple[Path, str, str]) -> None:
    alone, both = log(one), log(two[0])
    assert (alone["processes"], both["processes"]) == (1, 2)
    assert len(alone["steps"]["loss"]) == len(both["steps"]["loss"]), "each step is of one whole batch"
    assert both["steps"]["rate"] == alone["steps"]["rate"]
    first, last = both["epochs"][0], both["epochs"][-1]
    assert last["train_loss"] < 0.8 * first["train_loss"], "it has learnt"
    assert last["train_loss"] == pytest.approx(alone["epochs"][-1]["train_loss"], rel=0.15)
    assert last["accuracy"] == pytest.approx(alone["epochs"][-1]["accuracy"], abs=0.15)


def test_the_first_loss_is_that_of_the_whole_batch(small_folder: Path, tmp_path: Path) -> None:
    """Without augmentation the first step sees the same batch by the same weights; norms of half a batch make a small difference."""
    firsts = []
    for processes in (1, 2):
        out = tmp_path / str(processes)
        finished(start(small_folder, out, "--learning-rate", "0.05", "--epochs", "1", "--set", "augment=false", processes=processes))
        firsts.append(log(out)["steps"]["loss"][0])
    assert firsts[0] == pytest.approx(firsts[1], rel=0.03)


def test_one_of_them_writes(two: tuple[Path, str, str]) -> None:
    out, printed, said = two
    assert printed.splitlines()[0] == str(out / "kmnist.safetensors")
    assert printed.count("kmnist.safetensors") == 1
    assert said.count(f"epoch {EPOCHS}/{EPOCHS}") == 1


@pytest.mark.parametrize("held", [1, 21])
def test_validation_images_that_cannot_be_shared_evenly(tmp_path: Path, held: int) -> None:
    """One process has none of the last batch: it must not wait, and every image counts once."""
    rng = np.random.default_rng(0)
    for character in "おき":
        folder = tmp_path / "own" / character
        folder.mkdir(parents=True)
        for number in range(10 * held):
            ink = from_strokes(strokes.jitter(strokes.load(character), rng))
            Image.fromarray(255 - ink).save(folder / f"{number}.png")
    (tmp_path / "own" / "き" / "0.png").write_bytes(b"")  # so that it has one less for validation
    more = ["--dataset", f"folder:{tmp_path / 'own'}", "--batch-size", "8", "--epochs", "1", "--set", "ema=0.9"]
    _, said = finished(start(tmp_path, tmp_path / "out", "--learning-rate", "0.05", *more))
    assert said.count("1 picture could not be read and was left out.") == 1, "one of them says so"
    n = log(tmp_path / "out")["metrics"]["validation"]["folder"]["n"]
    assert n == 2 * held - 1
    accuracy = log(tmp_path / "out")["epochs"][-1]["accuracy"]
    assert n * accuracy == pytest.approx(round(n * accuracy), abs=1e-3)


def test_other_commands_do_not_run_in_several_processes(small_folder: Path, tmp_path: Path) -> None:
    command = [sys.executable, *TORCHRUN, "find-lr", "--data", str(small_folder), "--no-verify", "--out", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode != 0
    assert "Only fit runs in several processes: start find-lr without torchrun." in done.stderr


def test_metrics_are_over_all_validation_images(two: tuple[Path, str, str]) -> None:
    accuracy = log(two[0])["epochs"][-1]["accuracy"]
    assert 20 * accuracy == pytest.approx(round(20 * accuracy), abs=1e-4), "20 images are for validation"


def test_two_processes_go_on_after_they_were_killed(two: tuple[Path, str, str], small_folder: Path, tmp_path: Path) -> None:
    process = start(small_folder, tmp_path, "--learning-rate", "0.05")
    until = time.monotonic() + 120
    while not (tmp_path / FILE).exists() and time.monotonic() < until:
        time.sleep(0.01)
    for each in [*psutil.Process(process.pid).children(recursive=True), process]:
        each.kill()
    process.communicate(timeout=30)
    assert not (tmp_path / "fit.json").exists()
    _, said = finished(start(small_folder, tmp_path, "--learning-rate", "0.05", "--resume"))
    assert said.count("Continuing after epoch ") == 1
    assert log(tmp_path)["steps"] == log(two[0])["steps"]
    mine, theirs = (load_file(out / "kmnist.safetensors") for out in (tmp_path, two[0]))
    assert all(torch.equal(value, theirs[name]) for name, value in mine.items())


def test_the_finder_runs_in_both(small_folder: Path, tmp_path: Path) -> None:
    finished(start(small_folder, tmp_path, "--epochs", "1"))
    assert log(tmp_path)["recipe"]["learning_rate"] == log(tmp_path)["finder"]["suggestions"]["minimum"]


def test_one_process_does_not_go_on_with_the_checkpoint_of_two(two: tuple[Path, str, str], small_folder: Path) -> None:
    process = start(small_folder, two[0], "--learning-rate", "0.05", "--resume", processes=1)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 2
    assert "of a fit with another processes" in said


def test_a_batch_that_cannot_be_shared_is_rejected(small_folder: Path, tmp_path: Path) -> None:
    process = start(small_folder, tmp_path, "--batch-size", "33")
    _, said = process.communicate(timeout=120)
    assert process.returncode != 0
    assert "A batch of 33 cannot be shared by 2 processes: give a multiple of it." in said


DIVERGE = """
import sys
from pathlib import Path

from fastai.callback.core import Callback

from train.data.data_folder import DataFolder
from train.data.splits import open_split
from train.errors import DivergenceError
from train.fitting import distributed
from train.fitting.fit import fit
from train.recipe import Recipe


class Spoil(Callback):
    def after_loss(self):
        if self.training and self.train_iter == 2 and distributed.rank() == 1:
            self.learn.loss = self.loss * float("nan")


data, out = map(Path, sys.argv[1:])
recipe = Recipe(width=4, epochs=2, batch_size=32, learning_rate=0.05, mix=False)
with distributed.together():
    try:
        fit(recipe, open_split("kmnist", None, DataFolder(data, verify=False)), folder=out, track=[Spoil()])
    except DivergenceError as error:
        (out / f"{distributed.rank()}.txt").write_text(str(error))
"""


def test_all_of_them_stop_where_the_loss_of_one_is_no_number(small_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "diverge.py").write_text(DIVERGE)
    command = [sys.executable, *TORCHRUN[:-2], str(tmp_path / "diverge.py"), str(small_folder), str(tmp_path)]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    said = {name: (tmp_path / f"{name}.txt").read_text() for name in "01"}
    assert said["0"] == said["1"]
    assert said["0"].startswith("The training loss became NaN at step 3 (epoch 1 of 2)")
    assert not (tmp_path / FILE).exists()
