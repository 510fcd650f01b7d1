"""What a run writes: a file for each page, the rows of all, errors as rows; and what a second run leaves out."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from archive.errors import ArchiveError
from archive.run import Summary
from archive.store import Store
from archive.types import Options
from kmnist_model.formats.page_xml import read as read_page_xml
from tests.archive.conftest import Read, hashes


@pytest.fixture
def copy(scans: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(scans, tmp_path / "scans"))


def test_every_page_is_a_file_and_rows(copy: Path, tmp_path: Path, read: Read) -> None:
    out = tmp_path / "out"
    assert read([str(copy)], out) == Summary(read=4, left_out=0, failed=1)
    pages = pq.read_table(out / "parquet" / "pages").to_pylist()
    assert [(Path(row["page"]).name, row["number"]) for row in pages] == [
        ("a.png", 1),
        ("a.png", 1),
        ("book.tiff", 1),
        ("book.tiff", 2),
        ("broken.jpg", 1),
    ]
    assert [row["error"] is None for row in pages] == [True] * 4 + [False]
    assert pages[-1]["error"].startswith("This is not a picture that can be opened")
    characters = pq.read_table(out / "parquet" / "characters").to_pylist()
    assert len(characters) == sum(row["characters"] or 0 for row in pages) > 20
    for row in characters:
        assert row["code_point"] == f"U+{ord(row['character']):04X}"
        assert 1 <= len(row["alternatives"]) <= 3
        assert row["alternatives"][0]["probability"] == row["probability"] > 0
        assert row["weights"] == pages[0]["weights"]
    written = list((out / "page").rglob("*.page.xml"))
    assert len(written) == 4
    first = read_page_xml(next(path for path in written if path.name == "book.tiff#0002.page.xml").read_bytes())
    of_it = [row for row in characters if row["page"].endswith("book.tiff") and row["number"] == 2]
    assert [each.text for each in first.characters] == [row["character"] for row in of_it]
    assert [tuple(each.box) for each in first.characters] == [(row["x"], row["y"], row["width"], row["height"]) for row in of_it]


def test_a_second_run_reads_what_is_new_changed_or_damaged(copy: Path, tmp_path: Path, read: Read) -> None:
    out = tmp_path / "out"
    read([str(copy)], out)
    before = hashes(out)
    assert read([str(copy)], out, resume=True) == Summary(read=0, left_out=4, failed=1)
    assert hashes(out) == before
    cut = next((out / "page").rglob("a.png.page.xml"))
    cut.write_bytes(cut.read_bytes()[:100])  # half a file
    assert read([str(copy)], out, resume=True) == Summary(read=1, left_out=3, failed=1)
    assert hashes(out) == before
    shutil.copy(copy / "a.png", copy / "b" / "a.png")  # another content
    (copy / "broken.jpg").unlink()
    assert read([str(copy)], out, resume=True) == Summary(read=1, left_out=3, failed=0)
    assert len(pq.read_table(out / "parquet" / "pages")) == 4


def test_other_options_read_all_again(copy: Path, tmp_path: Path, read: Read, options: Options) -> None:
    out = tmp_path / "out"
    read([str(copy / "a.png")], out)
    assert read([str(copy / "a.png")], out, resume=True, said=replace(options, alternatives=1)).read == 1
    assert replace(options, weights="others").key != options.key
    assert replace(options, model="the same weights at another path").key == options.key


def test_a_page_named_twice_is_read_once(copy: Path, tmp_path: Path, read: Read) -> None:
    assert read([str(copy / "a.png"), str(copy / "*.png"), str(copy / "b" / ".." / "a.png")], tmp_path / "out") == Summary(1, 0, 0)


def test_what_cannot_be_found_is_a_row(tmp_path: Path, read: Read) -> None:
    (tmp_path / "empty").mkdir()
    names = [str(tmp_path / "none.png"), str(tmp_path / "*.none"), str(tmp_path / "empty")]
    assert read(names, tmp_path / "out") == Summary(0, 0, 3)
    rows = pq.read_table(tmp_path / "out" / "parquet" / "pages").to_pylist()
    assert {row["page"]: row["error"] for row in rows} == {
        names[0]: "There is no such file: check its path.",
        names[1]: "This pattern matches no picture: check it.",
        names[2]: "There is no picture in this folder: check its path.",
    }


def test_the_output_folder_is_not_read_and_not_overwritten(copy: Path, read: Read, options: Options) -> None:
    out = copy / "out"
    read([str(copy)], out)
    (out / "page" / "seen.png").write_bytes((copy / "a.png").read_bytes())
    assert read([str(copy)], out, resume=True).left_out == 4
    with pytest.raises(ArchiveError, match="--resume"):
        Store(out, options, False)


def test_two_programs_do_not_read_into_one_folder(tmp_path: Path, options: Options) -> None:
    with Store(tmp_path / "out", options, False), pytest.raises(ArchiveError, match="no other program"):
        Store(tmp_path / "out", options, True)
