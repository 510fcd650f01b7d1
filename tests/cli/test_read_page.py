"""python -m kmnist_model read-page: as a process, on made pages."""

from __future__ import annotations

import csv
import functools
import io
import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kmnist_model import KMNIST, Recognizer, read_page
from kmnist_model.cli import main
from kmnist_model.cli.find_pages import find_pages
from kmnist_model.page.types import Page
from kmnist_model.pictures.structure import tiff_pages
from synthetic_pages import glyphs, maker
from tests.support.files import several

ROOT = Path(__file__).resolve().parents[2]
SEEDS = {"one": 22, "two": 20, "three": 29}  # small pages, the last one in lines
HEADER = "path,column,character,romaji,probability,verdict,x,y,width,height"

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals, terminals or file names")
Files = dict[str, str]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three made pages of 20 characters."""
    folder = tmp_path_factory.mktemp("scans")
    for name, seed in SEEDS.items():
        maker.make_page(seed, glyphs.drawn(), hard=False, characters=20).picture.save(folder / f"{name}.png")
    return folder


@pytest.fixture(scope="module")
def files(folder: Path) -> Files:
    return {name: str(folder / f"{name}.png") for name in SEEDS}


@pytest.fixture(scope="module")
def pages(files: Files) -> dict[str, Page]:
    """What `read_page` says of each."""
    return {path: read_page(path) for path in files.values()}


@pytest.fixture
def many(folder: Path, tmp_path: Path) -> Path:
    """A folder of eight pages: long enough to be stopped in the middle."""
    for number in range(8):
        shutil.copy(folder / f"{list(SEEDS)[number % 3]}.png", tmp_path / f"{number:02}.png")
    return tmp_path


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "kmnist_model", "read-page", "--device", "cpu", *arguments]


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONIOENCODING": "utf-8", "PYTHONPATH": str(ROOT)}


def _run(*arguments: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        _command(*arguments), cwd=folder, env=_environment(), capture_output=True, text=True, encoding="utf-8", timeout=120, check=False
    )


def _in_process(*arguments: str) -> int:
    return main.main(["read-page", "--device", "cpu", *arguments])


def _records(text: str) -> list[dict]:
    return [json.loads(line) for line in text.splitlines()]


def _rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def _paths_of(form: str, text: str) -> list[str]:
    """The pages in a file of results, in order, each as often as it has records (for CSV: runs of rows)."""
    if form == "json":
        return [record["path"] for record in _records(text)]
    if form == "text":
        return [line[2:] for line in text.splitlines() if line.startswith("# ")]
    paths = [row["path"] for row in _rows(text)]
    return [path for number, path in enumerate(paths) if not number or paths[number - 1] != path]


def test_one_page_alone_prints_its_text(files: Files, pages: dict[str, Page]) -> None:
    done = _run(files["one"])
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == pages[files["one"]].text + "\n"
    assert len(pages[files["one"]].characters) >= 15


def test_folder_pattern_and_file_name_each_page_once(folder: Path, files: Files, pages: dict[str, Page]) -> None:
    order = [files["two"], files["one"], files["three"]]
    done = _run(files["two"], str(folder), str(folder / "t*.png"), str(folder / ".." / folder.name / "one.png"))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "".join(f"# {path}\n{pages[path].text}\n\n" for path in order)


def test_json_of_one_page_is_one_object(files: Files, pages: dict[str, Page], capsys: pytest.CaptureFixture[str]) -> None:
    path = files["three"]
    assert _in_process("--json", path) == 0
    text = capsys.readouterr().out
    assert text.startswith('{\n  "path"')
    found, wanted = json.loads(text), json.loads(json.dumps({"path": path, **pages[path].as_dict()}))
    for characters in (found.pop("characters"), wanted.pop("characters")):
        assert len(characters) == len(pages[path].characters)
        assert all(len(character["candidates"]) == len(KMNIST) for character in characters)
    assert found == wanted
    assert found["direction"] == "horizontal"


def test_json_of_several_pages_is_a_line_for_each(folder: Path, files: Files, pages: dict[str, Page]) -> None:
    done = _run("--json", "--top", "2", str(folder))
    assert (done.returncode, done.stderr) == (0, "")
    found = _records(done.stdout)
    assert [record["path"] for record in found] == sorted(files.values())
    assert [record["text"] for record in found] == [pages[path].text for path in sorted(files.values())]
    assert {len(character["candidates"]) for record in found for character in record["characters"]} == {2}


def test_csv_has_one_header_and_a_row_for_each_character(files: Files, pages: dict[str, Page], tmp_path: Path) -> None:
    blank = str(tmp_path / "blank, of course.png")
    Image.new("RGB", (200, 200), "white").save(blank)
    done = _run("--csv", files["one"], blank, files["three"])
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0] == HEADER
    rows = _rows(done.stdout)
    wanted = [(path, character) for path in (files["one"], files["three"]) for character in pages[path].characters]
    empty = [row for row in rows if row["path"] == blank]
    assert [set(row.values()) for row in empty] == [{blank, ""}]
    for row, (path, character) in zip([row for row in rows if row["path"] != blank], wanted, strict=True):
        assert row["path"] == path
        assert (row["character"], row["verdict"]) == (character.text, character.reading.verdict)
        assert row["romaji"] == character.reading.candidates[0].romaji
        assert float(row["probability"]) == pytest.approx(character.reading.candidates[0].probability, abs=0.01)
        assert [int(row[name]) for name in ("column", "x", "y", "width", "height")] == [character.column, *character.box]


def test_direction_is_heeded(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    assert _in_process("--json", "--direction", "vertical", files["three"]) == 0
    assert json.loads(capsys.readouterr().out)["direction"] == "vertical"


def test_what_cannot_be_read_is_told_and_the_rest_goes_on(files: Files, tmp_path: Path) -> None:
    bad, missing, empty = tmp_path / "bad.png", tmp_path / "missing.png", tmp_path / "empty"
    bad.write_text("not a picture")
    empty.mkdir()
    (empty / "notes.txt").write_text("no picture")
    names = [str(empty), str(tmp_path / "*.tif"), str(bad), files["one"], str(missing), files["two"]]
    done = _run("--json", *names)
    assert done.returncode == 1
    assert _paths_of("json", done.stdout) == [files["one"], files["two"]]
    failures = done.stderr.splitlines()
    assert len(failures) == 4  # no terminal, no bar
    assert failures[0].startswith(f"{empty}: There is no picture in this folder")
    assert failures[1].startswith(f"{tmp_path / '*.tif'}: This pattern matches no picture")
    assert failures[2].startswith(f"{bad}: This is not a picture")
    assert failures[3].startswith(f"{missing}: There is no such file")
    assert all(line.endswith(".") for line in failures)


def test_nothing_to_read_is_told_by_the_exit_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _in_process(str(tmp_path)) == 1
    captured = capsys.readouterr()
    assert (captured.out, captured.err.count("\n")) == ("", 1)


def test_a_fault_within_one_page_does_not_cost_the_others(
    files: Files, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def faulty(image: Image.Image, *_: object) -> Page:
        if image.size == Image.open(files["one"]).size:
            raise RuntimeError("out of\nmemory")
        return Page((), image.size)

    monkeypatch.setattr("kmnist_model.cli.read_page.read_page", faulty)
    assert _in_process("--json", *files.values()) == 1
    captured = capsys.readouterr()
    assert _paths_of("json", captured.out) == [files["two"], files["three"]]
    assert captured.err.startswith(f"{files['one']}: This page could not be read (RuntimeError: out of\\nmemory)")
    assert captured.err.count("\n") == 1


def test_a_folder_is_searched_to_the_bottom_for_pictures_of_any_case(tmp_path: Path) -> None:
    names = ["a/b/c.PNG", "a/b.Jpeg", "a/x.webp", "b.tif", "c.tiff", "d.GIF", "e.bmp", "f.jpg", "g.Pdf", "notes.txt", "png", "marked/b.png"]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "folder.png").mkdir()
    wanted = [str(tmp_path / name) for name in (*sorted(names[:-3], key=lambda name: Path(name).parts), names[-1])]
    assert find_pages([str(tmp_path)]) == (wanted, [])
    assert find_pages([str(tmp_path)], tmp_path / "marked") == (wanted[:-1], [])
    assert find_pages([str(tmp_path / "marked")], tmp_path / "marked") == (wanted[-1:], [])
    assert find_pages([str(tmp_path / "**" / "*.?n?")])[0] == [str(tmp_path / "marked" / "b.png")]


def test_a_name_with_a_patterns_signs_is_a_name_where_it_exists(tmp_path: Path) -> None:
    name = str(tmp_path / "page [1].png")
    Path(name).touch()
    assert find_pages([name, str(tmp_path / "page ?1?.png")]) == ([name], [])
    assert find_pages(["x" * 5000]) == (["x" * 5000], [])  # opening it will tell


def test_annotated_pages_have_boxes_where_the_characters_are(files: Files, pages: dict[str, Page], tmp_path: Path) -> None:
    twin = tmp_path / "one.png"
    shutil.copy(files["one"], twin)
    marked = tmp_path / "new" / "marked"
    done = _run("--annotate", str(marked), files["one"], str(twin), files["three"])
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(each.name for each in marked.iterdir()) == ["one-2.png", "one.png", "three.png"]
    for path, name in ((files["one"], "one.png"), (files["one"], "one-2.png"), (files["three"], "three.png")):
        before, after = (np.asarray(Image.open(each).convert("RGB")) for each in (path, marked / name))
        changed = (before != after).any(2)
        assert before.shape == after.shape
        assert 0 < changed.mean() < 0.5
        for x, y, width, height in (character.box for character in pages[path].characters):
            assert changed[y - 1, x : x + width].all()
            assert changed[y : y + height, x - 1].all()


def test_a_marked_picture_that_cannot_be_written_is_told(files: Files, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    assert _in_process("--json", "--annotate", str(tmp_path / "file"), files["one"], files["two"]) == 1
    captured = capsys.readouterr()
    assert _paths_of("json", captured.out) == [files["one"], files["two"]]
    assert [line.split(": ")[0] for line in captured.err.splitlines()] == [files["one"], files["two"]]


@pytest.fixture
def book(files: Files, tmp_path: Path) -> str:
    """The three pages in one TIFF."""
    path = tmp_path / "book.tif"
    path.write_bytes(several("TIFF", [Image.open(file).convert("RGB") for file in files.values()]))
    return str(path)


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize("form", ["text", "json", "csv"])
def test_the_pages_of_a_file_are_pages_and_are_resumed(
    form: str, book: str, files: Files, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [f"{book}#{number}" for number in (1, 2, 3)]
    assert _in_process(f"--{form}", book) == 0
    assert _paths_of(form, capsys.readouterr().out) == names
    out = tmp_path / "results"
    arguments = (f"--{form}", "--out", str(out), book, files["one"])
    assert _in_process(*arguments) == 0
    whole = out.read_bytes()
    assert _paths_of(form, whole.decode()) == [*names, files["one"]]
    for cut in (0, len(whole) // 3, len(whole) // 2, len(whole) - 3, len(whole)):
        out.write_bytes(whole[:cut])
        assert _in_process(*arguments, "--resume") == 0
        assert out.read_bytes() == whole, cut
    link = tmp_path / "link.tif"
    link.symlink_to(book)
    assert _in_process(f"--{form}", "--out", str(out), "--resume", str(link), files["one"]) == 0
    assert out.read_bytes() == whole


@pytest.mark.usefixtures("known")
def test_each_page_of_a_file_is_annotated(book: str, tmp_path: Path) -> None:
    taken = tmp_path / "book#2.png"
    Image.new("L", Image.open(book).size).save(taken)
    assert _in_process("--json", "--annotate", str(tmp_path), book, str(taken)) == 0
    found = {each.name for each in tmp_path.glob("*.png")}
    assert found == {"book#2.png", "book#2-2.png", "book#1.png", "book#2-2-2.png", "book#3.png"}
    assert Image.open(taken).getextrema() == (0, 0)


@pytest.mark.usefixtures("known")
def test_a_broken_page_costs_only_that_page(files: Files, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = tmp_path / "book.tif"
    data = bytearray(several("TIFF", [Image.open(file).convert("RGB") for file in files.values()]))
    place = tiff_pages(bytes(data), 9)[1]
    width = data.index(struct.pack("<HHI", 256, 4, 1), place)
    data[width + 8 : width + 12] = struct.pack("<I", 10**6)
    broken.write_bytes(data)
    assert _in_process("--json", str(broken)) == 1
    captured = capsys.readouterr()
    assert _paths_of("json", captured.out) == [f"{broken}#1", f"{broken}#3"]
    assert captured.err.startswith(f"{broken}#2: This picture has more than 40 million pixels")


@pytest.fixture
def known(pages: dict[str, Page], recognizer: Recognizer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pages are read once for many runs in this process; their sizes tell them apart."""
    by_size = {page.size: page for page in pages.values()}
    monkeypatch.setattr("kmnist_model.cli.read_page.Recognizer.load", lambda *_, **__: recognizer)
    monkeypatch.setattr("kmnist_model.cli.read_page.read_page", lambda image, *_: by_size[image.size])


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize("form", ["text", "json", "csv"])
def test_results_in_a_file_are_whole_and_resumed_from_any_cut(
    form: str, files: Files, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "results"
    names = [f"--{form}", "--out", str(out), *files.values()]
    assert _in_process(*names) == 0
    whole = out.read_bytes()
    assert _paths_of(form, whole.decode()) == list(files.values())
    assert _in_process(*names, "--resume") == 0
    assert out.read_bytes() == whole
    lines = whole.splitlines(keepends=True)
    ends = np.cumsum([len(line) for line in lines])
    cuts = {0, 1, 5, *(int(end) + near for end in (*ends[:3], *ends[len(lines) // 2 :][:3], *ends[-3:]) for near in (-2, -1, 0))}
    for cut in cuts:
        out.write_bytes(whole[:cut])
        assert _in_process(*names, "--resume") == 0
        assert out.read_bytes() == whole, cut
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "")


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize("form", ["text", "json", "csv"])
def test_resuming_keeps_the_pages_that_are_not_asked_for(form: str, files: Files, tmp_path: Path) -> None:
    out = str(tmp_path / "results")
    assert _in_process(f"--{form}", "--out", out, files["one"]) == 0
    assert _in_process(f"--{form}", "--out", out, "--resume", files["two"]) == 0
    assert _paths_of(form, Path(out).read_text()) == [files["one"], files["two"]]


@pytest.mark.parametrize("form", ["text", "json", "csv"])
@pytest.mark.parametrize("text", ["Dear diary", "Dear diary,\n\ntoday\n", '["path"]\n', '{"path": 1}\n', f"{HEADER},more\n", "\xff\n"])
def test_a_file_of_something_else_is_never_added_to(
    form: str, text: str, files: Files, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "diary"
    out.write_bytes(text.encode("latin-1"))
    assert _in_process(f"--{form}", "--out", str(out), "--resume", files["one"]) == 2
    assert out.read_bytes() == text.encode("latin-1")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == f"{out} holds no results in this format: name another file, or the format that it has.\n"


def test_a_file_that_is_there_already_is_refused(files: Files, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "results"
    out.write_text("mine\n")
    assert _in_process("--out", str(out), files["one"]) == 2
    assert out.read_text() == "mine\n"
    assert capsys.readouterr().err == f"{out} is there already: go on with --resume, or name another file.\n"
    out.write_text("")
    assert _in_process("--out", str(out), str(tmp_path)) == 1  # an empty one is taken


@pytest.mark.parametrize("where", ["nowhere/results", "."])
def test_a_place_that_cannot_be_written_is_told(where: str, files: Files, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _in_process("--out", str(tmp_path / where), files["one"]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith(f"{tmp_path / where} cannot be written (")
    assert captured.err.count("\n") == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's /dev/full")
def test_a_full_disk_is_one_sentence(files: Files) -> None:
    done = _run("--csv", "--out", "/dev/full", files["one"])
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("/dev/full cannot be written (No space left on device)")
    assert done.stderr.count("\n") == 1
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            _command(files["one"]), stdout=full, stderr=subprocess.PIPE, env=_environment(), text=True, timeout=120, check=False
        )
    assert done.returncode == 2
    assert done.stderr.startswith("The results cannot be written (No space left on device)")
    assert done.stderr.count("\n") == 1


@pytest.mark.usefixtures("known")
def test_a_record_that_does_not_fit_leaves_no_trace(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    resource = pytest.importorskip("resource")
    out = tmp_path / "results"
    assert _in_process("--csv", "--out", str(out), files["one"]) == 0
    whole = out.read_bytes()
    monkeypatch.setattr(signal, "SIGXFSZ", signal.signal(signal.SIGXFSZ, signal.SIG_IGN))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(whole) + 100, limits[1]))  # the system takes 100 bytes more, then none
    try:
        assert _in_process("--csv", "--out", str(out), "--resume", files["two"]) == 2
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, signal.SIGXFSZ)
    assert out.read_bytes() == whole
    assert "cannot be written" in capsys.readouterr().err


def _stop(many: Path, out: Path, signal_number: int) -> tuple[int, str]:
    """Start on `many` pages and send the signal when the first record is there; returns exit code and stderr."""
    arguments = _command("--json", "--out", str(out), str(many))
    heed = functools.partial(signal.signal, signal.SIGINT, signal.default_int_handler)  # tests in the background of a shell ignore it
    with subprocess.Popen(arguments, env=_environment(), cwd=ROOT, stderr=subprocess.PIPE, text=True, preexec_fn=heed) as process:
        give_up = time.monotonic() + 60
        while not (out.exists() and out.stat().st_size) and time.monotonic() < give_up:
            time.sleep(0.005)
        time.sleep(0.05)  # on to the next page
        process.send_signal(signal_number)
        errors = process.communicate(timeout=60)[1]
    assert 0 < out.read_text().count("\n") < 8
    return process.returncode, errors


@posix
def test_a_killed_run_is_resumed_and_has_every_page_once(many: Path, tmp_path: Path) -> None:
    out = tmp_path / "results.jsonl"
    assert _stop(many, out, signal.SIGKILL)[0] == -signal.SIGKILL
    before = out.read_text()
    out.write_text(before + '{"path": "' + str(many))  # the beginning of one more
    done = _run("--json", "--out", str(out), "--resume", str(many))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert out.read_text().startswith(before)
    assert _paths_of("json", out.read_text()) == sorted(str(path) for path in many.glob("*.png"))


@posix
def test_ctrl_c_leaves_whole_records(many: Path, tmp_path: Path) -> None:
    out = tmp_path / "results.jsonl"
    code, errors = _stop(many, out, signal.SIGINT)
    assert code == 130
    assert out.read_text().endswith("\n")
    done = len(_records(out.read_text()))
    assert errors == f"Stopped (pages done: {done}, each whole): go on with --resume.\n"


def _on_a_terminal(*arguments: str) -> tuple[int, str, str]:
    """Exit code, stdout (a pipe) and stderr (a terminal)."""
    pty = pytest.importorskip("pty")
    termios = pytest.importorskip("termios")
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 100))
    with subprocess.Popen(_command(*arguments), env=_environment(), cwd=ROOT, stdout=subprocess.PIPE, stderr=theirs, text=True) as process:
        os.close(theirs)
        shown = b""
        while True:
            try:
                some = os.read(ours, 4096)
            except OSError:  # Linux's way to tell that the other side is closed
                some = b""
            if not some:
                break
            shown += some
        os.close(ours)
        printed = process.stdout.read()
    return process.returncode, printed, shown.decode()


@posix
def test_a_terminal_has_a_bar_and_whole_lines(files: Files, tmp_path: Path) -> None:
    bad = tmp_path / "bad.png"
    bad.touch()
    names = (files["one"], str(bad), files["two"])
    code, printed, shown = _on_a_terminal("--json", *names)
    assert (code, _paths_of("json", printed)) == (1, [files["one"], files["two"]])
    assert "3/3" in shown
    assert "100%" in shown
    assert any(line.startswith(f"{bad}: This file is empty") for line in shown.replace("\r", "\n").splitlines())


@posix
def test_a_reader_that_has_seen_enough_is_no_crash(many: Path) -> None:
    with subprocess.Popen(
        _command("--json", str(many)), env=_environment(), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert json.loads(process.stdout.readline())["path"] == str(many / "00.png")
        process.stdout.close()
        assert process.wait(timeout=60) == 1
        assert process.stderr.read() == ""


@posix
@pytest.mark.usefixtures("known")
@pytest.mark.parametrize("form", ["text", "json", "csv"])
def test_odd_file_names_keep_records_on_their_lines(form: str, files: Files, tmp_path: Path) -> None:
    names = [b"a\nb.png", b'quote", comma.png', b"\xff.png", "お 😀.png".encode(), b"# a.png", b"c\rd.png"]
    for name in names:
        shutil.copy(files["one"], os.fsdecode(os.fsencode(tmp_path) + b"/" + name))
    out = tmp_path / "results"
    arguments = [f"--{form}", "--out", str(out), str(tmp_path)]
    assert _in_process(*arguments) == 0
    whole = out.read_bytes()
    assert _in_process(*arguments, "--resume") == 0
    assert out.read_bytes() == whole
    found = _paths_of(form, whole.decode())
    assert len(found) == len(names)
    if form == "json":
        assert {os.fsencode(path) for path in found} == {os.fsencode(tmp_path) + b"/" + name for name in names}


@pytest.mark.parametrize(
    "arguments",
    [[], ["--resume", "x"], ["--json", "--csv", "x"], ["--direction", "up", "x"], ["--top", "0", "x"], ["--loud", "x"]],
    ids=" ".join,
)
def test_wrong_usage_exits_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main.main(["read-page", *arguments])
    assert caught.value.code == 2
    assert "usage: python -m kmnist_model" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--model", "--device"])
def test_no_such_model_or_device_is_one_line(option: str, files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["read-page", option, "nothing", files["one"]]) == 2
    captured = capsys.readouterr()
    assert (captured.out, captured.err.count("\n")) == ("", 1)


def test_ctrl_c_before_the_first_page(files: Files, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    for where in ("kmnist_model.cli.read_page.Recognizer.load", "kmnist_model.cli.read_page.find_pages"):
        with monkeypatch.context() as patch:
            patch.setattr(where, stop)
            assert _in_process(files["one"]) == 130
        captured = capsys.readouterr()
        assert (captured.out, captured.err.count("\n")) == ("", 1)
