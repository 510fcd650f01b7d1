"""An ONNX file answers as the weights it was made from."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import pytest

from kmnist_model import KMNIST, Recognizer, weights_file
from train import __main__
from train.data.data_folder import DataFolder
from train.data.splits import Split, open_split
from train.publishing import export, onnx_file

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def split(small_folder: Path) -> Split:
    return open_split("kmnist", None, DataFolder(small_folder, verify=False))


@pytest.fixture(scope="module")
def weights(small_run: Path) -> Path:
    return small_run / "kmnist.safetensors"


def words(weights: Path, folder: Path, out: Path, *more: str) -> list[str]:
    return ["export", "--weights", str(weights), "--data", str(folder), "--no-verify", "--name", "tiny", "--out", str(out), *more]


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
    for count in (1, 5, 80):
        inks = split.test.inks[:count]
        assert np.allclose(onnx_file.logits(path, inks), Recognizer.load(weights, "cpu", engine="torch").logits(inks), atol=0.05)


def test_an_onnx_file_that_answers_otherwise_is_not_written(
    weights: Path, tmp_path: Path, split: Split, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = onnx_file.logits
    monkeypatch.setattr(onnx_file, "logits", lambda path, inks: -real(path, inks))
    with pytest.raises(export.DataError, match=r"would answer \d+ of 80 images otherwise"):
        onnx_file.write(weights, tmp_path / "bad.onnx", split.test)
    assert list(tmp_path.iterdir()) == []
