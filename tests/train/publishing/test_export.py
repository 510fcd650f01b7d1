"""Weights are released: checked in float16 and as ONNX, and pushed to the Hub with their card and report."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from safetensors.torch import load_file, save_file

from kmnist_model import KMNIST, Recognizer, weights_file
from tests.support import hub
from train import __main__
from train.data.data_folder import DataFolder
from train.data.splits import Split, open_split
from train.publishing import export, onnx_file

ROOT = Path(__file__).resolve().parents[3]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def split(small_folder: Path) -> Split:
    return open_split("kmnist", None, DataFolder(small_folder, verify=False))


@pytest.fixture(scope="module")
def weights(small_run: Path) -> Path:
    return small_run / "kmnist.safetensors"


def words(weights: Path, folder: Path, out: Path, *more: str) -> list[str]:
    return ["export", "--weights", str(weights), "--data", str(folder), "--no-verify", "--name", "tiny", "--out", str(out), *more]


def test_export_releases_weights_with_their_metrics(
    weights: Path, small_folder: Path, tmp_path: Path, split: Split, capsys: pytest.CaptureFixture[str]
) -> None:
    assert __main__.main(words(weights, small_folder, tmp_path)) == 0
    path, said = capsys.readouterr().out.strip().split("\t")
    assert path == str(tmp_path / "tiny.safetensors")
    assert said.startswith("float16; 80 answers unchanged; logits differ by ")
    assert {value.dtype for value in load_file(path).values()} == {torch.float16, torch.int64}
    released, before = Recognizer.load(path, "cpu"), Recognizer.load(weights, "cpu")
    assert released.card.metrics["held_out"]["n"] == 80
    readings = [[(it.verdict, it.candidates[0].character) for it in each.read_ink(split.test.inks)] for each in (released, before)]
    assert readings[0] == readings[1]
    model_card = (tmp_path / "tiny.md").read_text()
    assert "KMNIST, t10k held out | 80 |" in model_card
    assert "CC BY-SA 4.0" in model_card


def test_weights_that_float16_would_change_stay_whole(weights: Path, tmp_path: Path, split: Split) -> None:
    """A threshold just at an image's familiarity: the half-precision copy falls on its other side."""
    card, network = weights_file.load(weights)
    weights_file.save(tmp_path / "half.safetensors", network, card, half=True)
    whole, half = Recognizer.load(weights, "cpu"), Recognizer.load(tmp_path / "half.safetensors", "cpu")
    before, after = (it.known_logit(it.logits(split.test.inks)) for it in (whole, half))
    place = int(np.abs(before - after).argmax())
    assert before[place] != after[place]
    edge = tmp_path / "edge.safetensors"
    weights_file.save(edge, network, replace(card, threshold=float((before[place] + after[place]) / 2)))
    released = export.release(edge, "edge", {}, split.test, tmp_path / "out")
    assert not released.half
    assert released.difference == 0
    assert {value.dtype for value in load_file(released.path).values()} == {torch.float32, torch.int64}


def test_weights_beyond_float16_stay_whole(weights: Path, tmp_path: Path, split: Split) -> None:
    card, network = weights_file.load(weights)
    with torch.no_grad():
        network.norm.running_var[0] = 1e6
    large = tmp_path / "large.safetensors"
    weights_file.save(large, network, card)
    released = export.release(large, "large", {}, split.test, tmp_path / "out")
    assert not released.half
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["large.safetensors"]


def test_weights_too_large_to_release_leave_the_old_ones(
    weights: Path, tmp_path: Path, split: Split, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "kmnist.safetensors").write_bytes(b"the old weights")
    monkeypatch.setattr(export, "_MAX_BYTES", 1000)
    with pytest.raises(export.DataError, match="over 1,000 bytes"):
        export.release(weights, "kmnist", {}, split.test, tmp_path)
    assert (tmp_path / "kmnist.safetensors").read_bytes() == b"the old weights"
    assert len(list(tmp_path.iterdir())) == 1


def test_onnx_answers_as_the_weights_and_says_what_it_needs(
    weights: Path, small_folder: Path, tmp_path: Path, split: Split, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "tiny.onnx"
    assert __main__.main(words(weights, small_folder, tmp_path, "--onnx", str(path))) == 0
    assert "ONNX, opset 18; 80 of 80 answers the same; logits differ by " in capsys.readouterr().out
    model = onnx.load(path)
    assert model.opset_import[0].version == 18
    values = {it.key: it.value for it in model.metadata_props}
    card = weights_file.load_card(weights)
    assert json.loads(values["alphabet"])["rows"] == KMNIST.rows()
    assert [float(values[name]) for name in ("mean", "std", "temperature", "threshold")] == [
        card.mean,
        card.std,
        card.temperature,
        card.threshold,
    ]
    session = onnx_file.session(path)
    for count in (1, 5, 80):
        inks = split.test.inks[:count]
        assert np.allclose(onnx_file.logits(session, inks), Recognizer.load(weights, "cpu").logits(inks), atol=0.05)


def test_an_onnx_file_that_answers_otherwise_is_not_written(
    weights: Path, tmp_path: Path, split: Split, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = onnx_file.logits
    monkeypatch.setattr(onnx_file, "logits", lambda run, inks: -real(run, inks))
    with pytest.raises(export.DataError, match=r"would answer \d+ of 80 images otherwise"):
        onnx_file.write(weights, tmp_path / "bad.onnx", split.test)
    assert list(tmp_path.iterdir()) == []


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
    assert files.keys() == {"tiny.safetensors", "tiny.onnx", "README.md", "report.html"}
    assert files["tiny.safetensors"] == (tmp_path / "tiny.safetensors").read_bytes()
    assert files["README.md"].startswith(b"---\n")
    assert b'Recognizer.load("tiny.safetensors")' in files["README.md"]
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


def test_half_weights_can_start_a_fit(weights: Path, small_folder: Path, tmp_path: Path) -> None:
    card, network = weights_file.load(weights)
    weights_file.save(tmp_path / "half.safetensors", network, card, half=True)
    small = ["--set", "mix=false", "--set", "width=4", "--epochs", "0", "--batch-size", "32", "--init", str(tmp_path / "half.safetensors")]
    assert __main__.main(["fit", "--data", str(small_folder), "--no-verify", *small, "--out", str(tmp_path / "run")]) == 0
    mine, theirs = load_file(tmp_path / "run" / "kmnist.safetensors"), load_file(tmp_path / "half.safetensors")
    body = [name for name, value in mine.items() if value.is_floating_point() and not name.startswith("head.")]
    assert all(torch.equal(mine[name], theirs[name].float()) for name in body)


def test_nan_in_half_precision_is_rejected(weights: Path, tmp_path: Path) -> None:
    card, network = weights_file.load(weights)
    path = tmp_path / "nan.safetensors"
    weights_file.save(path, network, card, half=True)
    state = load_file(path)
    state["head.bias"][0] = float("nan")
    values = {"format": "kmnist_model/1", **{name: json.dumps(value, ensure_ascii=False) for name, value in card.as_dict().items()}}
    save_file(state, path, values)
    with pytest.raises(weights_file.WeightsError, match="not numbers"):
        weights_file.load(path)
