"""Figures are of the code as it is, or are allowed to be older until a date."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

import pytest

from bench.report.documents import FILE
from bench.report.freshness import code_hash, is_fresh, may_be_stale, without_comments
from bench.sections import SECTIONS

BENCH = json.loads(FILE.read_text("utf-8"))


@pytest.mark.parametrize("name", SECTIONS)
def test_the_figures_are_of_the_code_as_it_is(name: str) -> None:
    section = SECTIONS[name]
    cure = f"The code that {name} measures has changed: run python -m bench {name}."
    assert is_fresh(section, BENCH[name]) or may_be_stale(section, datetime.datetime.now(datetime.UTC).date()), cure


def test_figures_may_be_old_until_their_date_only() -> None:
    stale = SECTIONS["load"].allowed_stale
    assert stale is not None
    assert may_be_stale(SECTIONS["load"], stale.until)
    assert not may_be_stale(SECTIONS["load"], stale.until + datetime.timedelta(days=1))
    assert not may_be_stale(SECTIONS["recognition"], stale.until)


def test_the_hash_depends_on_code_alone(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text('"""Text."""\nx = 1  # a number\n')
    (tmp_path / "b.py").write_text("y = 2\n")
    before = code_hash(["a.py", "b.py"], tmp_path)
    assert code_hash(["b.py", "a.py"], tmp_path) == code_hash(["*.py"], tmp_path) == before
    (tmp_path / "a.py").write_text('"""Other words."""\n\nx = 1\n')
    assert code_hash(["*.py"], tmp_path) == before
    (tmp_path / "a.py").write_text("x = 3\n")
    assert code_hash(["*.py"], tmp_path) != before


def test_a_glob_that_matches_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="gone"):
        code_hash(["gone/*.py"], tmp_path)


def test_a_hash_sign_in_a_string_is_no_comment() -> None:
    assert without_comments('x = "#"  # why\n\n\ndef f():\n    """Doc."""\n    return 1\n') == 'x = "#"\ndef f():\n    return 1'
