"""python -m kmnist_model read and info."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from kmnist_model import KMNIST, Recognizer, __version__
from kmnist_model.characters import historical_forms
from kmnist_model.characters.historical_forms import HistoricalForms, Letter
from kmnist_model.cli import main
from synthetic_pages import glyphs
from synthetic_pages.scenes import make_scene
from tests.support.drawing import glyph
from tests.support.files import locked_pdf, pdf, several

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    for entry in KMNIST:
        glyph(entry.character).save(folder / f"{entry.romaji}.png")
    Image.new("RGB", (50, 50), "white").save(folder / "blank.png")
    (folder / "text.txt").write_text("not a picture")
    return folder


def _run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "kmnist_model", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def test_as_a_process_a_bad_file_does_not_stop_the_rest(pictures: Path) -> None:
    files = [str(pictures / name) for name in ("o.png", "missing.png", "text.txt", "su.png")]
    done = _run("read", *files)
    assert done.returncode == 1
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    assert [line[0] for line in lines] == [files[0], files[3]]
    failures = done.stderr.splitlines()
    assert len(failures) == 2
    assert failures[0].startswith(f"{files[1]}: There is no such file")
    assert failures[1].startswith(f"{files[2]}: This is not a picture")


def test_a_picture_in_cielab_does_not_stop_the_rest(pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lab = ImageCms.createProfile("LAB")
    su = glyph("す").convert("RGB")
    ImageCms.profileToProfile(su, ImageCms.createProfile("sRGB"), lab, outputMode="LAB").save(tmp_path / "su.tif")
    assert main.main(["read", str(tmp_path / "su.tif"), str(pictures / "o.png")]) == 0
    assert [line.split("\t")[1] for line in capsys.readouterr().out.splitlines()] == ["す", "お"]


@pytest.mark.parametrize("kind", ["PDF", "TIFF", "GIF"])
def test_every_page_of_a_file_is_a_line(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / f"pages.{kind.lower()}"
    file.write_bytes(several(kind, [glyph(character) for character in "すなお"]))
    assert main.main(["read", str(file)]) == 0
    lines = [line.split("\t")[:2] for line in capsys.readouterr().out.splitlines()]
    assert lines == [[f"{file}#1", "す"], [f"{file}#2", "な"], [f"{file}#3", "お"]]


def test_a_broken_page_costs_only_that_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "pages.pdf").write_bytes(pdf([(72, 72, ""), None, (72, 72, "")]))
    (tmp_path / "locked.pdf").write_bytes(locked_pdf())
    assert main.main(["read", str(tmp_path / "locked.pdf"), str(tmp_path / "pages.pdf")]) == 1
    captured = capsys.readouterr()
    assert [line.split("\t")[0][-2:] for line in captured.out.splitlines()] == ["#1", "#3"]
    locked, broken = captured.err.splitlines()
    assert locked.endswith("locked.pdf: This PDF is protected by a password: save it without one.")
    assert "pages.pdf#2: This page of the PDF cannot be drawn" in broken


def test_a_fault_of_ours_does_not_stop_the_rest(
    pictures: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def faulty(*_: object) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr("kmnist_model.recognizer.from_picture", faulty)
    assert main.main(["read", str(pictures / "o.png"), str(pictures / "su.png")]) == 1
    assert capsys.readouterr().err.count("This picture could not be read (RuntimeError: a fault of ours)") == 2


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_a_terminal_without_japanese_is_no_crash(pictures: Path, encoding: str) -> None:
    done = _run("read", str(pictures / "su.png"), PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.split("\t")) == 5


def test_lines(pictures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [str(pictures / f"{entry.romaji}.png") for entry in KMNIST]
    assert main.main(["read", *files]) == 0
    for file, line in zip(files, capsys.readouterr().out.splitlines(), strict=True):
        path, character, romaji, probability, verdict = line.split("\t")
        assert path == file
        assert KMNIST[KMNIST.index(character)].romaji == romaji
        assert 0.1 <= float(probability) <= 1
        assert verdict in ("character", "unknown")


def test_the_ten_characters_are_read(pictures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main.main(["read", *(str(pictures / f"{entry.romaji}.png") for entry in KMNIST)])
    found = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert [line[1] for line in found] == list(KMNIST.characters)
    assert {line[4] for line in found} == {"character"}


def test_a_blank_has_dashes(pictures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(pictures / "blank.png")
    assert main.main(["read", file]) == 0
    assert capsys.readouterr().out == f"{file}\t-\t-\t-\tblank\n"


def test_json_has_all_candidates(pictures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [str(pictures / name) for name in ("o.png", "text.txt", "blank.png")]
    assert main.main(["read", "--json", *files]) == 1
    captured = capsys.readouterr()
    found = json.loads(captured.out)
    assert [reading["path"] for reading in found] == [files[0], files[2]]
    assert found[1]["verdict"] == "blank"
    for reading in found:
        assert {candidate["character"] for candidate in reading["candidates"]} == set(KMNIST.characters)
        assert sum(candidate["probability"] for candidate in reading["candidates"]) == pytest.approx(1)
    assert captured.err.count("\n") == 1


def _forms(recognizer: Recognizer) -> HistoricalForms:
    """Prototypes of four letters of す, by random directions."""
    letters = tuple(Letter(letter, "す", "春") for letter in "す\U0001b04e\U0001b04f\U0001b050")
    directions = np.random.default_rng(0).normal(size=(4, recognizer.features(np.zeros((1, 28, 28), np.uint8)).shape[1])).astype(np.float32)
    plain = np.zeros(directions.shape[1], np.float32), np.eye(directions.shape[1], dtype=np.float32)
    return HistoricalForms(letters, directions, np.arange(4), *plain, recognizer.fingerprint)


def test_forms_add_a_kanas_historical_form(
    pictures: Path, recognizer: Recognizer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(historical_forms, "released", lambda: _forms(recognizer))
    files = [str(pictures / name) for name in ("su.png", "o.png", "blank.png")]
    assert main.main(["read", "--forms", *files]) == 0
    lines = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert lines[0][5] in "す\U0001b04e\U0001b04f\U0001b050"
    assert lines[0][6:] == [f"U+{ord(lines[0][5]):04X}", "春"]
    assert [line[5:] for line in lines[1:]] == [["-"] * 3] * 2
    assert main.main(["read", "--forms", "--json", "--top", "1", *files]) == 0
    found = [reading["form"] for reading in json.loads(capsys.readouterr().out)]
    assert found == [dict(zip(("letter", "codepoint", "parent"), lines[0][5:], strict=True)), None, None]


def test_forms_of_other_weights_are_one_error(
    pictures: Path, capsys: pytest.CaptureFixture[str], recognizer: Recognizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = replace(_forms(recognizer), weights="others")
    monkeypatch.setattr(historical_forms, "released", lambda: others)
    assert main.main(["read", "--forms", str(pictures / "su.png")]) == 2
    assert "was not made with these weights" in capsys.readouterr().err


@pytest.mark.usefixtures("damaged_forms")
def test_damaged_forms_cost_the_form_alone(pictures: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    assert main.main(["read", "--forms", *(str(pictures / name) for name in ("su.png", "o.png"))]) == 0
    lines = [line.split("\t")[1:] for line in capsys.readouterr().out.splitlines()]
    assert [(line[0], line[3:]) for line in lines] == [("す", ["character", "-", "-", "-"]), ("お", ["character", "-", "-", "-"])]
    assert ["no usable historical forms" in record.message for record in caplog.records] == [True]


@pytest.mark.parametrize(("top", "kept"), [(1, 1), (3, 3), (99, 10)])
def test_top_shortens_the_candidates(pictures: Path, capsys: pytest.CaptureFixture[str], top: int, kept: int) -> None:
    assert main.main(["read", "--json", "--top", str(top), str(pictures / "o.png")]) == 0
    assert len(json.loads(capsys.readouterr().out)[0]["candidates"]) == kept


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["read"],
        ["write"],
        ["read", "--top", "0", "x"],
        ["read", "--top", "-1", "x"],
        ["read", "--top", "²", "x"],
        ["read", "--loud", "x"],
        ["info", "x"],
    ],
    ids=" ".join,
)
def test_wrong_usage_exits_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main.main(arguments)
    assert caught.value.code == 2
    assert "usage: python -m kmnist_model" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["read", "--model", "nothing", "x.png"],
        ["read", "--device", "gpu", "x.png"],
        ["info", "--model", "nothing"],
        ["info", "--model", __file__],
    ],
    ids=" ".join,
)
def test_no_such_model_or_device_exits_2_with_one_line(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert captured.err.endswith(".\n")


def test_the_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main.main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"kuzushiji {__version__}\n"


@pytest.mark.parametrize(
    ("started_as", "name"), [("/usr/bin/kuzushiji", "kuzushiji"), ("/lib/kmnist_model/__main__.py", "python -m kmnist_model")]
)
def test_help_names_the_command_as_it_was_started(started_as: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", [started_as])
    assert main.parser().format_usage().startswith(f"usage: {name} ")


def test_info_prints_the_metadata(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["info"]) == 0
    card = json.loads(capsys.readouterr().out)
    assert card["alphabet"]["rows"] == KMNIST.rows()
    assert {
        "architecture",
        "width",
        "mean",
        "std",
        "temperature",
        "threshold",
        "training_data",
        "recipe",
        "metrics",
        "licence",
    } <= card.keys()


@pytest.mark.skipif(sys.platform == "win32", reason="needs file names that are not text")
def test_a_file_name_that_is_not_text_is_no_crash(pictures: Path) -> None:
    odd = os.fsencode(pictures) + b"/\xff.png"
    Path(os.fsdecode(odd)).write_bytes((pictures / "o.png").read_bytes())
    done = subprocess.run(
        [sys.executable, "-m", "kmnist_model", "read", odd],
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.count(b"\t") == 4


def test_a_photograph_across_a_shadow_is_read_and_marks_without_a_character_are_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = make_scene("shadow", 7, glyphs.drawn())
    made.picture.save(tmp_path / "shadow.jpg")
    ruled = np.full((800, 800), 235, np.uint8)
    ruled[50::90] = ruled[51::90] = 120
    Image.fromarray(ruled).save(tmp_path / "ruled.png")
    assert main.main(["read", str(tmp_path / "shadow.jpg"), str(tmp_path / "ruled.png")]) == 0
    printed = capsys.readouterr()
    (_, character, *_), (_, *answer) = (line.split("\t") for line in printed.out.splitlines())
    assert character == made.character
    assert answer == ["-", "-", "-", "unknown"]
    assert printed.err.splitlines() == [f"{tmp_path / 'ruled.png'}: Marks were found, but nothing that looks like one character."]


def test_the_nearest_real_characters_are_named_and_pictured(pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sheet = tmp_path / "like.png"
    files = [str(pictures / "tsu.png"), str(pictures / "blank.png")]
    assert main.main(["read", "--nearest", str(sheet), *files]) == 0
    lines = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert len(lines[0][-1]) == 8
    assert lines[0][-1].count("つ") >= 5
    assert lines[1][-1] == "-"
    with Image.open(sheet) as image:
        assert image.width > 9 * 96
        assert np.asarray(image)[:104, -100:].min() < 128, "the eighth of them"
    assert main.main(["read", "--nearest", str(tmp_path / "like.xyz"), files[0]]) == 2
    assert "one that ends in .png for example" in capsys.readouterr().err
