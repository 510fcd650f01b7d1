"""Weights are released: checked in float16 and as ONNX, and pushed to the Hub with their card and report."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from kmnist_model import Recognizer, weights_file
from train import __main__
from train.data.data_folder import DataFolder
from train.data.splits import Split, open_split
from train.evaluation.calibrate import with_thresholds_of
from train.publishing import export

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
    assert "](tiny-mistakes.png)" in model_card
    with Image.open(tmp_path / "tiny-mistakes.png") as picture:
        assert "CODH" in picture.info["Copyright"]


def test_a_lower_threshold_says_perhaps_up_to_the_weights_own(
    weights: Path, small_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = weights_file.load(weights)[0].threshold
    assert __main__.main(words(weights, small_folder, tmp_path, "--threshold", str(own - 2))) == 0
    card = Recognizer.load(tmp_path / "tiny.safetensors", "cpu").card
    assert (card.threshold, card.sure) == (own - 2, own)
    assert weights_file.load(weights)[0].threshold == own
    assert list(weights.parent.glob("*.safetensors")) == [weights], "another file beside it would be taken for a second fit"
    assert __main__.main(words(weights, small_folder, tmp_path, "--threshold", str(own + 2))) == 2
    assert "give a --threshold below it" in capsys.readouterr().err


def test_thresholds_are_taken_from_other_weights_and_the_temperature_is_not(weights: Path, small_folder: Path, tmp_path: Path) -> None:
    card, network = weights_file.load(weights)
    kana = {"temperature": 9.0, "threshold": -7.0, "sure": -6.0}
    other = replace(card, temperature=9.0, threshold=-5.0, sure=-4.0, restrictions={"kana": kana})
    weights_file.save(tmp_path / "other.safetensors", network, other)
    assert __main__.main(words(weights, small_folder, tmp_path, "--thresholds-of", str(tmp_path / "other.safetensors"))) == 0
    released = Recognizer.load(tmp_path / "tiny.safetensors", "cpu").card
    assert (released.threshold, released.sure) == (-5.0, -4.0)
    assert released.temperature == card.temperature
    assert released.restrictions == card.restrictions == {}
    own = replace(card, restrictions={"kana": {"temperature": 1.0, "threshold": 2.0}})
    assert with_thresholds_of(own, other).restrictions == {"kana": kana | {"temperature": 1.0}}


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
