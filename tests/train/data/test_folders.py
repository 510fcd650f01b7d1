"""The user's own pictures and corrections become training data."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import struct
import unicodedata
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kmnist_model import KMNIST, from_image, from_strokes
from kmnist_model.image import open_image
from kmnist_model.weights_file import load_card
from tests.support.drawing import likeness
from train import __main__
from train.data import folders, pictures
from train.data.drawing import strokes
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
    *problems, count = capsys.readouterr().err.splitlines()
    assert len(problems) == 2
    assert any("broken.png: This is not a picture" in line for line in problems)
    assert any("the folder names no character, and its pictures (1) are left out: call it お, U+304A or o." in line for line in problems)
    assert count == "1 picture could not be read and was left out."


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
    *problems, count, outlier = capsys.readouterr().err.splitlines()
    assert [line.partition(", line ")[2].partition(":")[0] for line in problems] == ["3", "4", "5", "6", "7", "9"]
    assert count == "6 records could not be read and were left out."
    assert outlier.endswith(": ん (1), in all 1.")


def test_one_damaged_byte_leaves_the_other_records(corrections: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = corrections / "corrections.jsonl"
    path.write_bytes(path.read_bytes() + b'\n{"character": "\xe3\x81"}\n')
    assert len(folders.read_folder(f"folder:{corrections}")) == 2
    assert "line 10: this is not a corrected drawing" in capsys.readouterr().err


def test_the_ink_of_another_model_is_brought_to_kmnists_size(tmp_path: Path) -> None:
    """A correction of a picture is kept as the 48 pixels that its model saw; it must teach as one of 28 does."""
    wide, narrow = (from_strokes(strokes.load("お"), size) for size in (48, 28))
    assert narrow.shape == (28, 28)
    (tmp_path / "corrections.jsonl").write_text(json.dumps({"character": "お", "ink": wide.tolist()}), "utf-8")
    examples = folders.extra(f"folder:{tmp_path}", KMNIST)
    assert examples.inks.shape == (1, 28, 28)
    assert examples.labels.tolist() == [KMNIST.index("お")]
    assert likeness(examples.inks[0], narrow) > 0.95
    assert len(np.unique(examples.inks[0])) > 20, "antialiased, not picked pixel by pixel"


@pytest.mark.parametrize(
    "ink", [[[0] * 27] * 27, [[0] * 48] * 28, [[0] * 257] * 257, [[300] * 28] * 28, [0] * 28], ids=lambda ink: str(np.shape(ink))
)
def test_an_ink_of_no_model_is_left_out(tmp_path: Path, ink: object, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [json.dumps({"character": "お", "ink": ink}), json.dumps({"character": "き", "ink": [[255] * 28] * 28})]
    (tmp_path / "corrections.jsonl").write_text("\n".join(lines), "utf-8")
    assert [character for character, _ in folders.read_folder(f"folder:{tmp_path}")] == ["き"]
    assert "its ink is not a square of 28 to 256 rows" in capsys.readouterr().err


DECOMPOSED = unicodedata.normalize("NFD", "が")


def test_decomposed_names_are_composed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A Mac's file names hold が as か and a combining mark, and records that were made from them may, too."""
    assert len(DECOMPOSED) == 2
    _picture(tmp_path / DECOMPOSED / "1.png", "が", 1)
    drawing = [stroke.tolist() for stroke in strokes.load("が")]
    (tmp_path / "more.jsonl").write_text(json.dumps({"character": DECOMPOSED, "strokes": drawing}), "utf-8")
    assert [character for character, _ in folders.read_folder(f"folder:{tmp_path}")] == ["が", "が"]
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("name", ["\ufa1d", "U+FA1D"])
def test_a_compatibility_kanji_stays_itself(tmp_path: Path, name: str) -> None:
    """Kuzushiji-Kanji has six of them as classes, which normalisation would replace by others."""
    _picture(tmp_path / name / "1.png", "木", 1)
    assert [character for character, _ in folders.read_folder(f"folder:{tmp_path}")] == ["\ufa1d"]


def _labelled(folder: Path, names: str, each: int = 1) -> None:
    for name in names:
        for number in range(each):
            _picture(folder / name / f"{number}.png", KMNIST[int(name)].character, number)


def test_folders_called_by_kmnists_labels_are_its_classes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _labelled(tmp_path, "0123456789", 10)
    split = folders.open_folder(f"folder:{tmp_path}")
    assert split.alphabet.characters == KMNIST.characters
    (said,) = capsys.readouterr().err.splitlines()
    assert said.startswith(f"The folders of {tmp_path} are taken for KMNIST's classes by their labels: 0 is お, 1 is き,")
    assert np.bincount(folders.extra(f"folder:{tmp_path}", KMNIST).labels).tolist() == [10] * 10
    assert "not a character" not in capsys.readouterr().err


def test_some_of_the_labels_are_taken_for_those_classes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _labelled(tmp_path, "29")
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "a.txt").write_text("words")
    assert folders.extra(f"folder:{tmp_path}", KMNIST).labels.tolist() == [2, 9]
    assert capsys.readouterr().err.endswith(": 2 is す, 9 is を.\n")


@pytest.mark.parametrize("other", ["お", "o", "10", "U+0030", "nothing in particular"])
def test_labels_mixed_with_other_names_are_rejected(tmp_path: Path, other: str) -> None:
    _labelled(tmp_path, "01")
    _picture(tmp_path / other / "1.png", "お", 1)
    with pytest.raises(
        DataError, match=rf"called .*{re.escape(other)}.*, which are not only KMNIST's labels 0 to 9: call each by its .*\.$"
    ):
        folders.read_folder(f"folder:{tmp_path}")


def test_a_digit_can_be_a_character_by_its_code_point(tmp_path: Path) -> None:
    _picture(tmp_path / "U+0030" / "1.png", "お", 1)
    assert [character for character, _ in folders.read_folder(f"folder:{tmp_path}")] == ["0"]


def test_what_is_learnt_as_no_character_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folders.extra(f"folder:{folder}", KMNIST)
    said = capsys.readouterr().err.splitlines()[-1]
    assert said == (f'Pictures in {folder} that are learnt as "not a character", since kmnist has no class for them: あ (20), in all 20.')


def _jpeg(path: Path, side: int = 90) -> bytes:
    ink = from_strokes(strokes.load("お"))
    Image.fromarray(255 - ink).resize((side, side)).save(path, "JPEG")
    return path.read_bytes()


def _png_of(width: int, height: int) -> bytes:
    """A PNG whose head claims a size, and that holds next to nothing."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


BROKEN = [
    "bomb",
    "a bomb for Pillow too",
    "truncated",
    "no bytes",
    "folder link",
    "broken link",
    "circular link",
    "pipe",
    "denied",
    "odd error",
]


@pytest.mark.parametrize("kind", BROKEN)
def test_a_picture_that_cannot_be_read_is_named_left_out_and_counted(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _picture(tmp_path / "own" / "お" / "1.png", "お", 1)
    broken = tmp_path / "own" / "お" / "broken.jpg"
    contents = {"bomb": _png_of(20_000, 20_000), "a bomb for Pillow too": _png_of(2**20, 2**20), "no bytes": b""}
    if kind in contents:
        broken.write_bytes(contents[kind])
    elif kind == "truncated":
        whole = _jpeg(broken)
        broken.write_bytes(whole[: len(whole) // 2])
    elif kind == "pipe":
        os.mkfifo(broken)
    elif kind.endswith("link"):
        broken.symlink_to({"folder link": tmp_path, "broken link": tmp_path / "nowhere", "circular link": broken}[kind])
    else:
        _jpeg(broken)

    def fails(source: Path, *arguments: object, **options: object) -> Image.Image:
        if source == broken:
            raise PermissionError(errno.EACCES, "Permission denied") if kind == "denied" else ZeroDivisionError
        return open_image(source, *arguments, **options)

    if kind in ("denied", "odd error"):
        monkeypatch.setattr(pictures, "open_image", fails)
    assert len(folders.read_folder(f"folder:{tmp_path / 'own'}")) == 1
    named, count = capsys.readouterr().err.splitlines()
    assert named.startswith((f"{broken}: This ", f"{broken}: There is no such file"))
    assert named.endswith(".")
    assert count == "1 picture could not be read and was left out."


def test_unreadable_pictures_are_counted_together(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(folder / "あ", tmp_path / "あ")
    for name in ("x.png", "y.png"):
        (tmp_path / "あ" / name).write_bytes(b"")
    assert len(folders.read_folder(f"folder:{tmp_path}")) == 20
    assert capsys.readouterr().err.splitlines()[-1] == "3 pictures could not be read and were left out."


def test_folders_that_are_not_read_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    _picture(tmp_path / "お" / "1.png", "お", 1)
    _picture(tmp_path / "お" / "more" / "1.png", "お", 1)
    _picture(tmp_path / "き" / "1.png", "き", 1)
    listed = Path.iterdir

    def denied(self: Path) -> Iterator[Path]:
        if self.name == "き":
            raise PermissionError(errno.EACCES, "Permission denied")
        return listed(self)

    monkeypatch.setattr(Path, "iterdir", denied)
    assert len(folders.read_folder(f"folder:{tmp_path}")) == 1
    said = capsys.readouterr().err
    assert f"{tmp_path / 'お' / 'more'}: a folder within a character's folder is not read" in said
    assert f"{tmp_path / 'き'}: this folder cannot be opened (Permission denied)" in said
    monkeypatch.setattr(Path, "iterdir", lambda _: (_ for _ in ()).throw(PermissionError(errno.EACCES, "Permission denied")))
    with pytest.raises(DataError, match=r"cannot be opened \(Permission denied\): check your rights to it\.$"):
        folders.read_folder(f"folder:{tmp_path}")


def test_pictures_without_ink_are_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _picture(tmp_path / "お" / "1.png", "お", 1)
    Image.new("L", (90, 90), 255).save(tmp_path / "お" / "2.png")
    assert len(folders.read_folder(f"folder:{tmp_path}")) == 1
    assert capsys.readouterr().err == f"{tmp_path}: 1 without any ink is left out.\n"


def test_a_file_of_records_that_cannot_be_opened_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _picture(tmp_path / "お" / "1.png", "お", 1)
    (tmp_path / "more.jsonl").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe.jsonl")
    assert len(folders.read_folder(f"folder:{tmp_path}")) == 1
    assert [line.partition(": ")[0] for line in capsys.readouterr().err.splitlines()] == [
        str(tmp_path / "more.jsonl"),
        str(tmp_path / "pipe.jsonl"),
    ]


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
