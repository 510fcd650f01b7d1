"""The commands, from official files to weights, on small data and with a small network."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from kmnist_model import KMNIST, weights_file
from tests.support import official_files
from train import __main__
from train.recipe import TUTORIAL, Recipe

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.slow


def _run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "KMNIST_DATA"} | {"OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, "-m", "train", *map(str, arguments)], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """A network of four channels is no faster on two."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


SHORT = ("--set", "mix=false", "--batch-size", 32)


def _small(folder: Path, out: Path, *more: str | Path) -> list[str]:
    return [str(argument) for argument in ("fit", "--data", folder, "--no-verify", "--set", "width=4", "--epochs", 2, "--out", out, *more)]


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def fitted(small_run: Path) -> Path:
    return small_run / "kmnist.safetensors"


@pytest.fixture(scope="module")
def plain(small_folder: Path, out: Path) -> Path:
    """A shorter fit, of the dataset alone, at the finder's rate."""
    assert __main__.main(_small(small_folder, out / "plain", *SHORT)) == 0
    return out / "plain" / "kmnist.safetensors"


def test_a_fit_describes_itself(fitted: Path) -> None:
    card = weights_file.load_card(fitted)
    assert (card.width, card.alphabet) == (4, KMNIST)
    assert (card.recipe["epochs"], card.recipe["batch_size"]) == (2, 64)
    assert card.recipe["learning_rate"] > 0
    assert card.temperature != 1
    assert card.metrics["validation"].keys() == {"kmnist", "drawn", "modern", "other, drawn", "other, modern"}
    assert any("KanjiVG" in source for source in card.training_data)
    assert any("hiragana, pages 1, 2" in source for source in card.training_data)


def test_a_fit_learns(fitted: Path) -> None:
    assert weights_file.load_card(fitted).metrics["validation"]["drawn"]["accuracy"] > 0.3  # by chance 0.1


def test_a_fit_leaves_its_log_and_the_finders_curve(plain: Path) -> None:
    log = json.loads((plain.parent / "fit.json").read_text())
    assert len(log["epochs"]) == 2
    assert {"recipe", "seconds", "metrics"} <= log.keys()
    assert log["recipe"]["learning_rate"] == weights_file.load_card(plain).recipe["learning_rate"] > 0
    assert Image.open(plain.parent / "finder.png").size[0] > 300


def test_evaluate_prints_one_json_object(fitted: Path, small_folder: Path) -> None:
    done = _run("evaluate", "--weights", fitted, "--data", small_folder, "--no-verify", "--json")
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert figures["n"] == 80
    for name in ("accuracy", "ece"):
        assert 0 <= figures[name] <= 1
    assert figures["errors"] == round((1 - figures["accuracy"]) * 80)
    assert figures["modern"]["n"] == 20
    assert 0 <= figures["unknown"]["refused"]["other kana"]["share"] <= 1


def test_the_same_seed_gives_the_same_weights(plain: Path, small_folder: Path, out: Path) -> None:
    assert __main__.main(_small(small_folder, out / "again", *SHORT)) == 0
    first, again = load_file(plain), load_file(out / "again" / "kmnist.safetensors")
    assert all(torch.equal(value, again[name]) for name, value in first.items())


def test_another_seed_gives_others(plain: Path, small_folder: Path, out: Path) -> None:
    assert __main__.main(_small(small_folder, out / "other", *SHORT, "--learning-rate", 0.05, "--seed", 1)) == 0
    assert not torch.equal(load_file(plain)["head.weight"], load_file(out / "other" / "kmnist.safetensors")["head.weight"])


def test_pretraining_and_init(small_folder: Path, out: Path) -> None:
    whole = ("--dataset", "kkanji", "--protocol", "whole")
    arguments = _small(small_folder, out / "kkanji", *whole, "--epochs", 1, "--learning-rate", 0.05, "--set", "cutout=0")
    assert __main__.main(arguments) == 0
    pretrained = out / "kkanji" / "kkanji.safetensors"
    assert weights_file.load_card(pretrained).alphabet.characters == official_files.KANJI
    # At a rate of next to nothing the body stays where it came from, and the head is fresh.
    started = _small(small_folder, out / "started", *SHORT, "--learning-rate", 1e-12, "--init", pretrained)
    assert __main__.main(started) == 0
    before, after = load_file(pretrained), load_file(out / "started" / "kmnist.safetensors")
    assert torch.allclose(before["stem.weight"], after["stem.weight"], atol=1e-6)
    assert before["head.weight"].shape == after["head.weight"].shape == (11, 16)
    assert not torch.allclose(before["head.weight"], after["head.weight"], atol=1e-2)
    assert "body pretrained on kkanji" in weights_file.load_card(out / "started" / "kmnist.safetensors").training_data


def test_init_of_another_width_is_rejected(plain: Path, small_folder: Path, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["fit", "--data", small_folder, "--no-verify", *SHORT, "--set", "width=8", "--init", plain, "--out", out / "none"]
    assert __main__.main([str(argument) for argument in arguments]) == 2
    assert "another architecture or width" in capsys.readouterr().err
    assert not (out / "none").exists()


def test_find_lr_draws_its_curve(small_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["find-lr", *_small(small_folder, tmp_path, *SHORT)[1:]]
    assert __main__.main(arguments) == 0
    found = dict(line.split("\t") for line in capsys.readouterr().out.splitlines())
    assert found.keys() == {"minimum", "steep", "valley", "slide", "curve"}
    assert 1e-7 < float(found["minimum"]) < 10
    assert Image.open(found["curve"]).format == "PNG"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["finder.json", "finder.png"]


def test_the_tutorials_recipe_runs(small_folder: Path, tmp_path: Path) -> None:
    arguments = ["fit", "--data", small_folder, "--no-verify", "--tutorial", "--epochs", 1, "--learning-rate", 0.001, "--out", tmp_path]
    assert __main__.main([str(argument) for argument in arguments]) == 0
    card = weights_file.load_card(tmp_path / "kmnist.safetensors")
    assert (card.architecture, card.width) == ("resnet34_stock", None)
    assert not card.recipe["augment"]
    assert not card.recipe["mix"]


def test_the_tutorials_recipe_is_the_tutorials() -> None:
    assert (TUTORIAL.batch_size, TUTORIAL.epochs, TUTORIAL.learning_rate) == (128, 10, None)
    assert (Recipe().batch_size, Recipe().epochs, Recipe().learning_rate) == (128, 10, None)


def test_a_missing_folder_exits_2_with_one_sentence(tmp_path: Path) -> None:
    done = _run("fit", "--data", tmp_path / "nowhere", "--out", tmp_path / "out")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.strip().endswith("is not a folder: give one with --data.")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["fit", "--no-verify", "--epochs", "-1"],
        ["fit", "--no-verify", "--learning-rate", "-1"],
        ["fit", "--no-verify", "--set", "architecture=vgg"],
        ["fit", "--no-verify", "--set", "architecture=resnet18", "--set", "width=8"],
        ["fit", "--no-verify", "--set", "mix=false", "--batch-size", "1000"],
        ["fit", "--no-verify", "--set", "mix=false", "--init", "nothing"],
        ["fit", "--no-verify", "--set", "cutuot=4"],
        ["fit", "--no-verify", "--recipe", "nothing.toml"],
        ["fit", "--no-verify", "--dataset", "nothing"],
        ["fit", "--no-verify", "--dataset", "folder:nowhere"],
        ["fit"],
        ["evaluate", "--weights", "nothing", "--no-verify"],
        ["evaluate", "--protocol", "ablation", "--no-verify"],
        ["evaluate", "--dataset", "kkanji", "--no-verify"],
    ],
    ids=" ".join,
)
def test_what_cannot_be_done_exits_2_with_one_sentence(
    small_folder: Path, tmp_path: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    out = ["--out", str(tmp_path / "out")] if arguments[0] == "fit" else []
    assert __main__.main([*arguments, "--data", str(small_folder), *out]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert captured.err.endswith(".\n")
    assert not (tmp_path / "out").exists()
