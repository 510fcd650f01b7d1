"""What the released weights must reach on the official test images. Nothing here is ever trained or selected on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps

from kmnist_model import Recognizer, from_image
from tests.support.drawing import likeness
from train.data.catalogue import find
from train.data.data_folder import DataFolder
from train.data.download import md5
from train.data.splits import Split, open_split
from train.evaluation.evaluate import evaluate

pytestmark = pytest.mark.data


@pytest.fixture(scope="module")
def split(data_folder: Path) -> Split:
    return open_split("kmnist", "t10k", DataFolder(data_folder))


@pytest.fixture(scope="module")
def figures(recognizer: Recognizer, split: Split, data_folder: Path) -> dict[str, Any]:
    return evaluate(recognizer, split, DataFolder(data_folder))


def test_the_files_are_the_official_ones(data_folder: Path) -> None:
    for name in ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz", "train-labels-idx1-ubyte.gz"):
        assert md5(data_folder / "kmnist" / name) == find("kmnist").file(name).md5


def test_the_split_is_the_documented_one(split: Split) -> None:
    assert [len(part) for part in (split.train, split.validation, split.test)] == [7500, 500, 2000]


def test_kmnist_accuracy(figures: dict[str, Any]) -> None:
    assert figures["n"] == 2000
    assert figures["accuracy"] >= 0.994


def test_calibration_error(figures: dict[str, Any]) -> None:
    assert figures["ece"] <= 0.01


def test_modern_handwriting(figures: dict[str, Any]) -> None:
    assert figures["modern"]["n"] > 100
    assert figures["modern"]["accuracy"] >= 0.99


def test_drawings_by_strokes(figures: dict[str, Any]) -> None:
    assert figures["drawn"]["accuracy"] >= 0.99


def test_other_kana_are_unknown_while_characters_are_kept(figures: dict[str, Any]) -> None:
    assert figures["unknown"]["refused"]["other kana"]["share"] >= 0.9
    assert min(kind["share"] for kind in figures["unknown"]["kept"].values()) >= 0.97


def test_scribbles_are_rejected(figures: dict[str, Any]) -> None:
    assert figures["scribbles"]["refused"] >= 0.95


def test_the_figures_in_the_metadata_are_true(figures: dict[str, Any], recognizer: Recognizer) -> None:
    shipped = recognizer.card.metrics["held_out"]
    for name in ("accuracy", "ece"):
        assert figures[name] == pytest.approx(shipped[name], abs=0.001)


@pytest.mark.parametrize("kind", ["enlarged", "inverted", "colour"])
def test_pictures_of_official_characters_are_read(recognizer: Recognizer, split: Split, tmp_path: Path, kind: str) -> None:
    wrong = []
    for number, (ink, label) in enumerate(zip(split.test.inks[:200], split.test.labels, strict=False)):
        picture = Image.fromarray(ink).resize((224, 224), Image.Resampling.BICUBIC)
        if kind == "inverted":
            picture = ImageOps.invert(picture)
        if kind == "colour":
            picture = ImageOps.colorize(picture, (250, 240, 220), (40, 30, 90))
        file = tmp_path / f"{number}.png"
        picture.save(file)
        if recognizer.read(file).candidates[0].character != recognizer.alphabet[int(label)].character:
            wrong.append(number)
    assert len(wrong) <= 6, f"misread: {wrong}"


def test_official_ink_goes_through_nearly_unchanged(split: Split) -> None:
    alike = [likeness(from_image(Image.fromarray(ink)), ink) for ink in split.train.inks[:300]]
    assert np.mean(alike) > 0.9
    assert np.quantile(alike, 0.01) > 0.4  # a few official inks carry stains, which are cropped away
