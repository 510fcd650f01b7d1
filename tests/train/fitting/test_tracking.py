"""A fit can be watched from elsewhere: a real offline run of Weights & Biases, and TensorBoard's own files, are read back."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from wandb.proto.wandb_internal_pb2 import Record

ROOT = Path(__file__).resolve().parents[3]
pytestmark = pytest.mark.slow
_BLOCK, _HEADER = 32_768, 7


def fit(folder: Path, out: Path, tracker: str, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("WANDB")}
    environment |= {"OMP_NUM_THREADS": "1", "HOME": str(out / "home"), **settings}
    small = ["--set", "mix=false", "--set", "width=4", "--batch-size", "32", "--epochs", "2"]
    command = [sys.executable, "-m", "train", "fit", "--data", str(folder), "--no-verify", *small, "--track", tracker, "--out", str(out)]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False)


def records(path: Path) -> Iterator[Record]:
    """The records of a run's .wandb file: protocol buffers in LevelDB's log format, after a mark of seven bytes."""
    data = path.read_bytes()
    place, parts = _HEADER, b""
    while place + _HEADER <= len(data):
        if _BLOCK - place % _BLOCK < _HEADER:
            place += _BLOCK - place % _BLOCK
            continue
        _, length, kind = struct.unpack("<IHB", data[place : place + _HEADER])
        parts += data[place + _HEADER : place + _HEADER + length]
        place += _HEADER + length
        if kind in (1, 4):  # whole, or the last part
            yield Record.FromString(parts)
            parts = b""


@pytest.fixture(scope="module")
def watched(small_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of a run offline without an account, and what was said on stderr."""
    out = tmp_path_factory.mktemp("wandb")
    done = fit(small_folder, out, "wandb")
    assert done.returncode == 0, done.stderr
    return out, done.stderr


@pytest.fixture(scope="module")
def logged(watched: tuple[Path, str]) -> dict[str, Any]:
    """Everything the run holds: `config`, `summary`, `history` by name, the `files` and `artifacts` it names."""
    (path,) = watched[0].glob("wandb/offline-run-*/*.wandb")
    found: dict[str, Any] = {"config": {}, "summary": {}, "history": defaultdict(list), "files": [], "artifacts": []}
    for record in records(path):
        for item in [*record.run.config.update, *record.config.update]:
            found["config"][item.key or "/".join(item.nested_key)] = json.loads(item.value_json)
        for item in record.summary.update:
            found["summary"][item.key or "/".join(item.nested_key)] = json.loads(item.value_json)
        for item in record.history.item:
            found["history"][item.key or "/".join(item.nested_key)].append(json.loads(item.value_json))
        found["files"] += [file.path for file in record.files.files]
        if record.HasField("artifact"):
            found["artifacts"].append((record.artifact.type, record.artifact.name))
        if record.request.HasField("log_artifact"):
            found["artifacts"].append((record.request.log_artifact.artifact.type, record.request.log_artifact.artifact.name))
    return found


def test_without_an_account_it_says_where_the_run_lies_and_how_to_sync_it(watched: tuple[Path, str]) -> None:
    out, said = watched
    (folder,) = out.glob("wandb/offline-run-*")
    assert "no account here (wandb login): the run is kept offline." in said
    assert f"upload it with: wandb sync {folder}" in said


def test_config_losses_rates_and_metrics_are_logged(logged: dict[str, Any]) -> None:
    assert logged["config"]["batch_size"] == 32
    assert logged["config"]["learning_rate"] > 0, "the finder's pick"
    history = logged["history"]
    assert len(history["train_loss"]) == len(history["lr_0"]) == 18
    assert len(history["valid_loss"]) == len(history["accuracy"]) == 2
    assert 0 <= logged["summary"]["kmnist/accuracy"] <= 1
    assert logged["summary"]["held out/n"] == 80
    assert 0 <= logged["summary"]["held out/accuracy"] <= 1
    assert logged["summary"]["held out/modern/n"] == 20


def test_pictures_tables_and_weights_are_logged(logged: dict[str, Any]) -> None:
    assert logged["history"]["finder/_type"] == ["image-file"]
    assert logged["history"]["predictions/_type"] == ["table-file"]
    assert logged["history"]["predictions/nrows"] == [20]
    assert any("confusion" in name for name in [*logged["history"], *logged["files"]])
    assert ("model", "kmnist") in logged["artifacts"]


def test_wandbs_own_settings_rule(small_folder: Path, tmp_path: Path) -> None:
    done = fit(small_folder, tmp_path, "wandb", WANDB_MODE="disabled")
    assert done.returncode == 0, done.stderr
    assert not list(tmp_path.glob("wandb/*run-*"))
    assert "wandb sync" not in done.stderr


def test_tensorboard(small_folder: Path, tmp_path: Path) -> None:
    done = fit(small_folder, tmp_path, "tensorboard")
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "tensorboard"
    assert f"Look with: tensorboard --logdir {folder}" in done.stderr
    events = EventAccumulator(str(folder), {"scalars": 0, "images": 0, "tensors": 0})
    events.Reload()
    tags = events.Tags()
    assert len(events.Scalars("train_loss")) == len(events.Scalars("lr_0")) >= 18
    assert len(events.Scalars("accuracy")) == 2
    assert {"kmnist/accuracy", "held out/accuracy", "held out/ece"} <= set(tags["scalars"])
    assert {"finder", "confusion matrix"} <= set(tags["images"])
    assert any(tag.startswith("recipe") for tag in tags["tensors"])
