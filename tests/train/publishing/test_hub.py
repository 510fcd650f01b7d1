"""Weights are pushed to a stand-in for the Hub with their card and report, and read from there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from kmnist_model.weights_file import load_card
from tests.support import hub

ROOT = Path(__file__).resolve().parents[3]


pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def weights(small_run: Path) -> Path:
    return small_run / "kmnist.safetensors"


def words(weights: Path, folder: Path, out: Path, *more: str) -> list[str]:
    return ["export", "--weights", str(weights), "--data", str(folder), "--no-verify", "--name", "tiny", "--out", str(out), *more]


def environment(out: Path, **settings: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "HUGGING"))}
    return kept | {"HF_HOME": str(out / "home"), "HF_HUB_DISABLE_XET": "1", "OMP_NUM_THREADS": "1"} | settings


def push(weights: Path, folder: Path, out: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    more = words(weights, folder, out, "--onnx", str(out / "tiny.onnx"), "--push", "someone/kuzushiji")
    return subprocess.run(
        [sys.executable, "-m", "train", *more],
        cwd=ROOT,
        env=environment(out, **settings),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_push_uploads_weights_card_and_report(weights: Path, small_folder: Path, tmp_path: Path) -> None:
    with hub.serving() as server:
        done = push(weights, small_folder, tmp_path, HF_ENDPOINT=server.address, HF_TOKEN=hub.TOKEN)
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines()[-1] == f"{server.address}/someone/kuzushiji/commit/{list(server.history['someone/kuzushiji'])[-1]}"
        files = server.files["someone/kuzushiji"]
    assert files.keys() == {"config.json", "model.safetensors", "model.onnx", "README.md", "report.html", "tiny-mistakes.png"}
    assert files["model.safetensors"] == (tmp_path / "tiny.safetensors").read_bytes()
    assert files["model.onnx"] == (tmp_path / "tiny.onnx").read_bytes()
    measured = load_card(tmp_path / "tiny.safetensors").metrics["held_out"]
    (index,) = yaml.safe_load(files["README.md"].split(b"---\n")[1])["model-index"]
    assert index["name"] == "tiny"
    assert index["results"][0]["dataset"]["args"] == {"n": measured["n"]}
    assert index["results"][0]["metrics"][0]["value"] == round(measured["accuracy"], 5)
    assert b'Recognizer.load("hf:someone/kuzushiji")' in files["README.md"]
    assert b"](tiny-mistakes.png)" in files["README.md"]
    assert b"<svg" in files["report.html"]
    assert server.commits == ["Upload tiny"]


def test_what_is_pushed_is_read_from_there(weights: Path, small_folder: Path, tmp_path: Path) -> None:
    """By this package, from a commit; by PyTorchModelHubMixin; and it is measured again."""
    with hub.serving() as server:
        done = push(weights, small_folder, tmp_path, HF_ENDPOINT=server.address, HF_TOKEN=hub.TOKEN)
        assert done.returncode == 0, done.stderr
        read = subprocess.run(
            [sys.executable, "-c", READ, str(tmp_path / "tiny.safetensors"), *server.history["someone/kuzushiji"]],
            cwd=ROOT,
            env=environment(tmp_path, HF_ENDPOINT=server.address),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert read.returncode == 0, read.stderr
    assert float(read.stdout) < 1e-4


READ = """
import sys
import numpy as np, torch
from huggingface_hub import PyTorchModelHubMixin
from kmnist_model import Recognizer
from kmnist_model.network import REGISTRY, PreActResNet
from kmnist_model.preprocess import to_tensor

class Net(PreActResNet, PyTorchModelHubMixin):
    def __init__(self, architecture, classes, width):
        super().__init__(classes, width, **REGISTRY[architecture].keywords)

inks = np.random.default_rng(0).integers(0, 256, (8, 28, 28), np.uint8)
ours, theirs = (Recognizer.load(it, "cpu", engine="torch") for it in (sys.argv[1], f"hf:someone/kuzushiji@{sys.argv[2]}"))
assert (ours.logits(inks) == theirs.logits(inks)).all()
with torch.inference_mode():
    logits = Net.from_pretrained("someone/kuzushiji")(to_tensor(torch.from_numpy(inks), ours.card.mean, ours.card.std)).numpy()
print(abs(logits - ours.logits(inks)).max())
"""


def test_without_a_token_one_sentence_says_what_to_do(weights: Path, small_folder: Path, tmp_path: Path) -> None:
    done = push(weights, small_folder, tmp_path)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == "There is no Hugging Face token here: run hf auth login, or set HF_TOKEN to one that may write."


def test_a_rejected_token_and_a_hub_out_of_reach_are_one_sentence_each(weights: Path, small_folder: Path, tmp_path: Path) -> None:
    with hub.serving() as server:
        address = server.address
        done = push(weights, small_folder, tmp_path, HF_ENDPOINT=address, HF_TOKEN="hf_of_someone_else")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == "The Hub rejected someone/kuzushiji (401): check that the token may write there."
    done = push(weights, small_folder, tmp_path, HF_ENDPOINT=address, HF_TOKEN=hub.TOKEN)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("The Hub cannot be reached (")
