from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from kmnist_model import KMNIST, Recognizer, build, from_strokes
from kmnist_model.characters import historical_forms
from kmnist_model.weights_file import Card
from tests.support import official_files
from tests.support.make_once import make_once
from train.data.drawing import strokes

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def recognizer() -> Recognizer:
    """The shipped weights, on the CPU."""
    return Recognizer.load("kmnist", "cpu")


@pytest.fixture(scope="session")
def inks() -> NDArray[np.uint8]:
    """(300, 28, 28): each of the ten characters 20 times in a jittered hand, then 100 scribbles."""
    rng = np.random.default_rng(7)
    drawings = [strokes.jitter(strokes.load(character), rng) for character in KMNIST.characters for _ in range(20)]
    drawings += [strokes.scribble(rng) for _ in range(100)]
    return np.stack([from_strokes(drawing) for drawing in drawings])


@pytest.fixture(scope="session")
def card() -> Card:
    """A sound card for `network`."""
    return Card(
        architecture="preact_resnet20",
        width=4,
        alphabet=KMNIST,
        mean=0.19,
        std=0.34,
        temperature=1.5,
        threshold=0.0,
        training_data=["nothing"],
        licence="CC BY-SA 4.0",
    )


@pytest.fixture
def network() -> torch.nn.Module:
    """A small network with fresh weights, always the same."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return build("preact_resnet20", len(KMNIST) + 1, 4).eval()


@pytest.fixture(scope="session")
def small_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder like KMNIST_DATA, with 400 drawn characters and few of everything else, in the official formats."""
    return make_once(tmp_path_factory, "small_folder", official_files.write)


@pytest.fixture(scope="session")
def small_run(small_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a fit as a user runs it, with every augmentation and outliers."""

    def fit(out: Path) -> None:
        settings = ["--batch-size", "64", "--epochs", "2", "--set", "width=4", "--set", "outliers=500"]
        words = ["fit", "--data", str(small_folder), "--no-verify", *settings, "--out", str(out)]
        environment = {name: value for name, value in os.environ.items() if name != "KMNIST_DATA"} | {"OMP_NUM_THREADS": "1"}
        done = subprocess.run(
            [sys.executable, "-m", "train", *words], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines()[0] == str(out / "kmnist.safetensors")
        assert "epoch 2/2" in done.stderr

    return make_once(tmp_path_factory, "small_run", fit)


@pytest.fixture
def damaged_forms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The package's file of historical forms is cut off."""
    damaged = tmp_path / "forms.safetensors"
    damaged.write_bytes(historical_forms.FILE.read_bytes()[:5_000])
    monkeypatch.setattr(historical_forms, "FILE", damaged)
    historical_forms.released.cache_clear()
    yield
    historical_forms.released.cache_clear()


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder of the real datasets; tests that use it are marked `data`."""
    folder = os.environ.get("KMNIST_DATA")
    if not folder:
        pytest.skip("needs the official files: set KMNIST_DATA to the folder that holds kmnist/")
    if not (Path(folder) / "kmnist" / "t10k-images-idx3-ubyte.gz").is_file():
        pytest.fail(f"KMNIST_DATA names {folder}, which holds no kmnist/t10k-images-idx3-ubyte.gz")
    return Path(folder)
