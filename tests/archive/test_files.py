"""The names of written files, whole files, and pages that were begun too often."""

from __future__ import annotations

from pathlib import Path

import pytest

from archive.files import Attempts, is_whole, relative_path, write_whole
from archive.reader import PageReader
from archive.types import Item, Options, Where
from kmnist_model.formats import FORMATS


def name(said: str, number: int = 1, pages: int = 1) -> str:
    return relative_path(Item(said, said, number, pages), FORMATS["page"])


def test_names_tell_the_source() -> None:
    assert name("books/一.png") == "page/books/一.png.page.xml"
    assert name("book.pdf", 2, 10) == "page/book.pdf#0002.page.xml"
    assert name("https://example.org/iiif/c1") == "page/https%3A/%2F/example.org/iiif/c1.page.xml"


@pytest.mark.parametrize("said", ["../../etc/passwd", "/etc/passwd", "a/../../../b", "..", "x" * 5000 + "/b", "一" * 300])
def test_a_name_stays_below_its_folder_and_fits_a_file_system(said: str, tmp_path: Path) -> None:
    path = tmp_path / name(said)
    assert tmp_path.resolve() / "page" in path.resolve().parents
    assert all(len(part.encode()) < 255 for part in path.parts)


def test_different_sources_have_different_files() -> None:
    said = ["a/b", "/a/b", "a%2Fb", "../a/b", "%2E%2E/a/b", "./a/b", "a:b", "a%3Ab", "x" * 500, "x" * 501, "a\\b", "a?b", "a*b"]
    assert len({name(each) for each in said}) == len(said)
    assert name("a#0002") != name("a", 2, 2) or name("a.png") != name("a.jpg")


def test_a_file_is_whole_or_not_there(tmp_path: Path) -> None:
    sha256 = write_whole(tmp_path, "a/b.txt", b"text")
    assert is_whole(tmp_path / "a" / "b.txt", sha256)
    (tmp_path / "a" / "b.txt").write_bytes(b"tex")
    assert not is_whole(tmp_path / "a" / "b.txt", sha256)
    assert not is_whole(tmp_path / "none", sha256)
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="folder"):
        write_whole(tmp_path, "folder", b"text")
    assert list((tmp_path / ".work").iterdir()) == []


def test_a_page_that_kills_its_reader_is_given_up(scans: Path, tmp_path: Path, options: Options, one_thread: None) -> None:  # noqa: ARG001
    item, attempts = Item("a.png", str(scans / "a.png")), Attempts(tmp_path)
    for count in range(1, Attempts.MAX + 1):  # begun, and never ended
        assert attempts.begin(item) == count
    reader = PageReader(options, Where(tmp_path))
    assert "died 3 times" in reader.read(item).error
    assert reader.read(item).error == ""  # forgotten then: another run may try
