"""The user's own pictures and corrections become training data."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kmnist_model import KMNIST, from_image, from_strokes
from kmnist_model.weights_file import load_card
from train import __main__
from train.data import folders, strokes
from train.errors import DataError


def _picture(path: Path, character: str, seed: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    ink = from_strokes(strokes.jitter(strokes.load(character), np.random.default_rng(seed)))
    Image.fromarray(255 - ink).resize((90, 90)).save(path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """あ by its character, き by its code point, す by its reading, twenty pictures each, and what else lies in people's folders."""
    folder = tmp_path_factory.mktemp("own")
    for name, character in (("あ", "あ"), ("U+304D", "き"), ("su", "す")):
        for number in range(20):
            _picture(folder / name / f"{number}.png", character, number)
    (folder / "あ" / ".DS_Store").write_bytes(b"x")
    (folder / "あ" / "broken.png").write_bytes(b"words")
    (folder / "nothing in particular").mkdir()
    _picture(folder / "nothing in particular" / "a.png", "お", 1)
    return folder


@pytest.fixture
def corrections(tmp_path: Path) -> Path:
    """Records of drawings: two good ones, and lines that are none."""
    drawing = [stroke.tolist() for stroke in strokes.load("お")]
    lines = [
        json.dumps({"character": "お", "strokes": drawing}),
        "",
        "not json",
        json.dumps({"character": "お"}),
        json.dumps({"character": "おき", "strokes": drawing}),
        json.dumps({"character": "お", "strokes": [[["a", 1]]]}),
        json.dumps({"character": "お", "ink": [[0] * 28] * 27}),
        json.dumps({"character": "ん", "ink": from_strokes(strokes.load("ん")).tolist()}),
        "[" * 100_000,
    ]
    (tmp_path / "corrections.jsonl").write_text("\n".join(lines), "utf-8")
    return tmp_path


def test_folders_are_named_by_character_code_point_or_reading(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = folders.read_folder(f"folder:{folder}")
    assert sorted({character for character, _ in found}) == ["あ", "き", "す"]
    assert len(found) == 60
    problems = capsys.readouterr().err.splitlines()
    assert len(problems) == 2
    assert any("broken.png: This is not a picture" in line for line in problems)
    assert any("names no character: call it お, U+304A or o." in line for line in problems)


def test_a_picture_is_brought_to_the_geometry_that_the_app_reads(folder: Path) -> None:
    inks = dict(reversed(folders.read_folder(f"folder:{folder}")))
    with Image.open(folder / "あ" / "0.png") as image:
        assert np.array_equal(inks["あ"], from_image(image))


def test_a_folder_is_a_dataset(folder: Path) -> None:
    split = folders.open_folder(f"folder:{folder}")
    assert split.alphabet.characters == "あきす"
    assert [entry.romaji for entry in split.alphabet] == ["a", "ki", "su"]
    for part, each in ((split.train, 16), (split.validation, 2), (split.test, 2)):
        assert np.bincount(part.labels).tolist() == [each] * 3


def test_corrections_are_read_and_bad_lines_are_told(corrections: Path, capsys: pytest.CaptureFixture[str]) -> None:
    examples = folders.extra(f"folder:{corrections}", KMNIST)
    assert examples.labels.tolist() == [KMNIST.index("お"), len(KMNIST)]
    assert np.array_equal(examples.inks[0], from_strokes(strokes.load("お")))
    problems = capsys.readouterr().err.splitlines()
    assert [line.partition(", line ")[2].partition(":")[0] for line in problems] == ["3", "4", "5", "6", "7", "9"]


@pytest.mark.parametrize("kind", ["missing", "empty", "too few"])
def test_a_folder_with_nothing_to_learn_is_rejected(tmp_path: Path, kind: str) -> None:
    if kind == "too few":
        _picture(tmp_path / "あ" / "1.png", "あ", 1)
        _picture(tmp_path / "あ" / "2.png", "あ", 2)
    path = tmp_path / "nowhere" if kind == "missing" else tmp_path
    message = {"missing": "is not a folder", "empty": "holds no pictures", "too few": "no class of 10 pictures"}[kind]
    with pytest.raises(DataError, match=message):
        folders.open_folder(f"folder:{path}")


@pytest.mark.slow
def test_a_folder_trains_and_joins_a_named_dataset(folder: Path, corrections: Path, small_folder: Path, tmp_path: Path) -> None:
    small = ["--set", "width=4", "--batch-size", "16", "--epochs", "1", "--learning-rate", "0.05"]
    assert __main__.main(["fit", "--dataset", f"folder:{folder}", *small, "--out", str(tmp_path / "own")]) == 0
    assert load_card(tmp_path / "own" / "folder.safetensors").alphabet.characters == "あきす"
    extra = ["--set", "mix=false", "--extra", f"folder:{folder}", "--extra", f"folder:{corrections}"]
    arguments = ["fit", "--data", str(small_folder), "--no-verify", *small, *extra, "--out", str(tmp_path / "joined")]
    assert __main__.main(arguments) == 0
    sources = load_card(tmp_path / "joined" / "kmnist.safetensors").training_data
    assert "40 characters and 20 others of the user's own" in sources
    assert "1 characters and 1 others of the user's own" in sources
