"""python -m kmnist_model read-page --format: documents on stdout and in folders, whole and resumed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pypdfium2
import pytest
from PIL import Image

from kmnist_model import Page, Recognizer
from kmnist_model.cli import main
from kmnist_model.formats import FORMATS, page_xml
from tests.formats import made
from tests.support.files import several

DOCUMENTS = [name for name, form in FORMATS.items() if not form.is_record]
Run = pytest.CaptureFixture[str]


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    """A scan, one of the same name, and a file of two pages, in a folder of their own."""
    folder = tmp_path / "scans"
    (folder / "more").mkdir(parents=True)
    pictures = [Image.new("RGB", (made.SIZE[0], made.SIZE[1] + number), "white") for number in range(4)]
    pictures[0].save(folder / "a.png")
    (folder / "book.tif").write_bytes(several("TIFF", pictures[1:3]))
    pictures[3].save(folder / "more" / "A.png")
    return folder


@pytest.fixture(autouse=True)
def read(monkeypatch: pytest.MonkeyPatch, recognizer: Recognizer) -> list[Page]:
    """Every picture is the made page, of its own size; the list has those that were read."""
    pages: list[Page] = []

    def read_page(image: Image.Image, *_: object) -> Page:
        pages.append(Page(made.page().lines, image.size))
        return pages[-1]

    monkeypatch.setattr("kmnist_model.cli.read_page.Recognizer.load", lambda *_, **__: recognizer)
    monkeypatch.setattr("kmnist_model.cli.read_page.read_page", read_page)
    return pages


def run(*arguments: object) -> int:
    return main.main(["read-page", "--device", "cpu", *map(str, arguments)])


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_one_page_is_written_to_stdout(name: str, scans: Path, capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path) -> None:
    assert run("--format", name, scans / "a.png") == 0
    printed = capfdbinary.readouterr()
    assert printed.err == b""
    assert run("--format", name, "--out", tmp_path / "out", scans / "a.png") == 0
    (written,) = contents(tmp_path / "out").values()
    assert len(written) == len(printed.out)  # all but the time of reading
    if name == "page":
        assert page_xml.read(printed.out).text == made.TEXT
    if name == "pdf":
        assert "いろはに" in pypdfium2.PdfDocument(printed.out)[0].get_textpage().get_text_range()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_folder_gets_a_file_for_each_page(name: str, scans: Path, read: list[Page], capsys: Run) -> None:
    out = scans / "out"  # within the folder that is read
    assert run("--format", name, "--out", out, scans) == 0
    suffix = FORMATS[name].suffix
    whole = contents(out)
    assert sorted(whole) == sorted(stem + suffix for stem in ("a", "book#1", "book#2", "A-2"))
    (out / f"book#2{suffix}").unlink()
    del read[:]
    assert run("--format", name, "--out", out, "--resume", scans) == 0
    assert [page.size[1] - made.SIZE[1] for page in read] == [2]
    assert {key: len(value) for key, value in contents(out).items()} == {key: len(value) for key, value in whole.items()}
    assert run("--format", name, "--out", out, "--resume", scans) == 0
    assert len(read) == 1
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "")


def test_each_page_says_which_it_is(scans: Path, tmp_path: Path) -> None:
    assert run("--format", "page", "--out", tmp_path / "out", scans) == 0
    heights = {name.split(".")[0]: page_xml.read(data).size[1] - made.SIZE[1] for name, data in contents(tmp_path / "out").items()}
    assert heights == {"a": 0, "book#1": 1, "book#2": 2, "A-2": 3}
    assert b'imageFilename="book.tif#2"' in (tmp_path / "out" / "book#2.page.xml").read_bytes()


def test_the_short_options_are_formats_too(scans: Path, capsys: Run) -> None:
    for name in ("text", "json", "csv"):
        assert run(f"--{name}", scans) == 0
        short = capsys.readouterr().out
        assert run("--format", name, scans) == 0
        assert capsys.readouterr().out == short
    assert run("--format", "json", "--top", 1, scans / "a.png") == 0
    assert {len(each["candidates"]) for each in json.loads(capsys.readouterr().out)["characters"]} == {1}


def test_several_pages_need_a_folder(scans: Path, capsys: Run) -> None:
    for what in (scans, scans / "book.tif"):
        assert run("--format", "alto", what) == 2
        captured = capsys.readouterr()
        assert (captured.out, captured.err) == ("", "--format alto writes a file for each page: name a folder with --out.\n")


def test_a_folder_with_something_else_is_left_alone(scans: Path, tmp_path: Path, capsys: Run) -> None:
    (tmp_path / "diary.txt").write_text("mine")
    assert run("--format", "tei", "--out", tmp_path, scans / "a.png") == 2
    assert capsys.readouterr().err == f"{tmp_path} is not empty: go on with --resume, or name another folder.\n"
    assert run("--format", "tei", "--out", tmp_path / "diary.txt", scans / "a.png") == 2
    assert "cannot be written" in capsys.readouterr().err
    assert (tmp_path / "diary.txt").read_text() == "mine"


def test_no_input_is_ever_replaced(scans: Path, read: list[Page]) -> None:
    book = scans / "book.pdf"
    Image.new("L", (100, 100), 255).save(book)
    before = book.read_bytes()
    Image.new("L", (100, 100), 255).save(scans / "book#1.png")
    assert run("--format", "pdf", "--out", scans, "--resume", book, scans / "book#1.png", scans / "book.tif") == 0
    assert book.read_bytes() == before
    assert len(read) == 4
    assert {path.name for path in scans.glob("*.pdf")} == {"book.pdf", "book-2.pdf", "book#1-1.pdf", "book-3#1.pdf", "book-3#2.pdf"}


def test_a_document_that_cannot_be_written_leaves_no_trace(
    scans: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Run
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", fail)
    assert run("--format", "hocr", "--out", tmp_path / "out", scans / "a.png") == 2
    assert capsys.readouterr().err.startswith(f"{tmp_path / 'out' / 'a.hocr'} cannot be written (No space left on device)")
    assert contents(tmp_path / "out") == {}


def test_a_real_page_is_read_into_a_pdf_whose_text_lies_on_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert run("--format", "pdf", "--out", tmp_path / "out", Path(__file__).parents[2] / "assets" / "pages" / "letter.jpg") == 0
    sheet = pypdfium2.PdfDocument(tmp_path / "out" / "letter.pdf")[0]
    text = sheet.get_textpage()
    assert len("".join(text.get_text_range().split())) >= 20
    shown = np.asarray(sheet.render(scale=2).to_pil().convert("L"))
    boxes = [text.get_charbox(index, loose=True) for index in range(text.count_chars()) if text.get_text_range(index, 1).strip()]
    darkest = [shown[round(shown.shape[0] - 2 * top) : round(shown.shape[0] - 2 * bottom), round(2 * left) : round(2 * right)].min()
               for left, bottom, right, top in boxes]  # fmt: skip
    assert np.mean(np.array(darkest) < 128) > 0.9


def test_annotations_lie_on_the_canvas_that_is_named(scans: Path, tmp_path: Path, capfd: Run) -> None:
    out = tmp_path / "out"
    assert run("--format", "iiif", "--canvas", "https://example.org/c{number}", "--out", out, scans / "book.tif") == 0
    first, second = (json.loads((out / f"book#{number}.iiif.json").read_text()) for number in (1, 2))
    assert first["items"][0]["target"].startswith("https://example.org/c1#xywh=")
    assert second["id"] == "https://example.org/c2/annotations"
    assert run("--format", "iiif", "--canvas", "https://example.org/c", scans / "book.tif", "--out", tmp_path / "other") == 2
    assert "put {number} in the URL" in capfd.readouterr().err
    with pytest.raises(SystemExit) as stopped:
        run("--format", "page", "--canvas", "https://example.org/c", scans / "a.png")
    assert stopped.value.code == 2
