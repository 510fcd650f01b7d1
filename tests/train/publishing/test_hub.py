"""Weights are pushed to a stand-in for the Hub with their card and report."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import hub

ROOT = Path(__file__).resolve().parents[3]


pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def weights(small_run: Path) -> Path:
    return small_run / "kmnist.safetensors"


def words(weights: Path, folder: Path, out: Path, *more: str) -> list[str]:
    return ["export", "--weights", str(weights), "--data", str(folder), "--no-verify", "--name", "tiny", "--out", str(out), *more]


def push(weights: Path, folder: Path, out: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "HUGGING"))}
    environment |= {"HF_HOME": str(out / "home"), "HF_HUB_DISABLE_XET": "1", "OMP_NUM_THREADS": "1", **settings}
    more = words(weights, folder, out, "--onnx", str(out / "tiny.onnx"), "--push", "someone/kuzushiji")
    return subprocess.run(
        [sys.executable, "-m", "train", *more], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False
    )


def test_push_uploads_weights_card_and_report(weights: Path, small_folder: Path, tmp_path: Path) -> None:
    with hub.serving() as server:
        done = push(weights, small_folder, tmp_path, HF_ENDPOINT=server.address, HF_TOKEN=hub.TOKEN)
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines()[-1] == f"{server.address}/someone/kuzushiji/commit/{'0' * 40}"
        files = server.files["someone/kuzushiji"]
    assert files.keys() == {"tiny.safetensors", "tiny.onnx", "README.md", "report.html", "tiny-mistakes.png"}
    assert files["tiny.safetensors"] == (tmp_path / "tiny.safetensors").read_bytes()
    assert files["README.md"].startswith(b"---\n")
    assert b'Recognizer.load("tiny.safetensors")' in files["README.md"]
    assert b"](tiny-mistakes.png)" in files["README.md"]
    assert b"<svg" in files["report.html"]
    assert server.commits == ["Upload tiny"]


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
