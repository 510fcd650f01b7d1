"""A fit that is killed goes on; Ctrl-C waits for the epoch; a checkpoint is whole or not there."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from train import __main__
from train.fitting.resume import FILE, CheckpointError, load

ROOT = Path(__file__).resolve().parents[3]
pytestmark = pytest.mark.slow
EPOCHS = 6


def words(folder: Path, out: Path, *more: str) -> list[str]:
    settings = ["--set", "mix=false", "--set", "width=4", "--set", "ema=0.9", "--batch-size", "16", "--epochs", str(EPOCHS)]
    return ["fit", "--data", str(folder), "--no-verify", *settings, "--out", str(out), *more]


def start(arguments: list[str]) -> subprocess.Popen[str]:
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen([sys.executable, "-m", "train", *arguments], cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)


def wait_for(process: subprocess.Popen[str], text: str) -> None:
    assert process.stderr is not None
    for line in process.stderr:
        if text in line:
            return
    raise AssertionError(f"the fit ended before it said {text!r}")


def figures(out: Path) -> dict[str, Any]:
    log = json.loads((out / "fit.json").read_text())
    epochs = [{name: value for name, value in epoch.items() if name != "seconds"} for epoch in log["epochs"]]
    return {"epochs": epochs, "steps": log["steps"], "validation": log["metrics"]["validation"], "rate": log["recipe"]["learning_rate"]}


@pytest.fixture(scope="module")
def whole(small_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fit that nothing interrupts, at the finder's rate."""
    out = tmp_path_factory.mktemp("whole")
    process = start(words(small_folder, out))
    assert process.communicate(timeout=300)[0] is None
    assert process.returncode == 0
    return out


@pytest.mark.parametrize("killed_after", [1, 3])
def test_a_killed_fit_ends_as_if_nothing_had_happened(whole: Path, small_folder: Path, tmp_path: Path, killed_after: int) -> None:
    process = start(words(small_folder, tmp_path))
    wait_for(process, f"epoch {killed_after}/{EPOCHS}")
    while not (tmp_path / FILE).exists():  # it is written after the line
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait(30)
    assert not (tmp_path / "kmnist.safetensors").exists()
    again = start(words(small_folder, tmp_path, "--resume"))
    wait_for(again, "Continuing after epoch ")
    again.communicate(timeout=300)
    assert again.returncode == 0
    assert figures(tmp_path) == figures(whole)
    mine, theirs = (load_file(out / "kmnist.safetensors") for out in (tmp_path, whole))
    assert all(torch.equal(value, theirs[name]) for name, value in mine.items())


def test_ctrl_c_ends_after_the_epoch_keeps_the_best_and_can_go_on(whole: Path, small_folder: Path, tmp_path: Path) -> None:
    process = start(words(small_folder, tmp_path))
    wait_for(process, f"epoch 1/{EPOCHS}")
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=300)
    assert process.returncode == 0, said
    assert "Stopping at the end of this epoch" in said
    log = json.loads((tmp_path / "fit.json").read_text())
    done = len(log["epochs"])
    assert 1 <= done < EPOCHS
    best = min(range(done), key=lambda epoch: log["epochs"][epoch]["valid_loss"]) + 1
    assert f"these are the weights of epoch {best}, the best so far" in said
    assert log["metrics"]["kept_epoch"] == best
    assert __main__.main(words(small_folder, tmp_path, "--resume")) == 0
    assert len(figures(tmp_path)["epochs"]) == EPOCHS
    assert figures(tmp_path)["rate"] == figures(whole)["rate"]


def test_resume_without_a_checkpoint_begins_afresh(whole: Path, small_folder: Path, tmp_path: Path) -> None:
    process = start(words(small_folder, tmp_path, "--resume"))
    process.communicate(timeout=300)
    assert figures(tmp_path) == figures(whole)


def test_a_checkpoint_of_another_fit_is_rejected(whole: Path, small_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert __main__.main(words(small_folder, whole, "--resume", "--seed", "9")) == 2
    assert "of a fit with another seed: give another --out, or leave out --resume." in capsys.readouterr().err


@pytest.mark.parametrize("damage", ["cut off", "words", "a pickle"])
def test_a_damaged_checkpoint_is_rejected_in_one_sentence(whole: Path, tmp_path: Path, damage: str) -> None:
    content = (whole / FILE).read_bytes()
    path = tmp_path / FILE
    path.write_bytes({"cut off": content[: len(content) // 2], "words": b"words"}.get(damage, b""))
    if damage == "a pickle":
        torch.save({"identity": Trap()}, path)
    with pytest.raises(CheckpointError, match=r"cannot be read \(\w+\): delete it"):
        load(tmp_path, {})
    assert not (tmp_path / "sprung").exists()


class Trap:
    """An object whose unpickling would run code."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.system, ("touch sprung",)


def test_a_fit_leaves_no_half_checkpoint(whole: Path) -> None:
    assert FILE in {path.name for path in whole.iterdir()}
    assert not list(whole.glob("*.part"))
