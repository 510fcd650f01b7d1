"""Every section of the benchmark runs at its smoke size, fills its rows and changes no file."""

from __future__ import annotations

import hashlib
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bench.report.table import HEAD, HEADLINES, lines
from bench.sections import SECTIONS

ROOT = Path(__file__).resolve().parents[2]


def _files() -> dict[str, str]:
    """Each file that is, or would be, committed, with a hash of its content."""
    done = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True)
    paths = [ROOT / name for name in done.stdout.splitlines()]
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths if path.is_file()}


@pytest.mark.slow
@pytest.mark.parametrize("name", SECTIONS)
def test_a_smoke_run_fills_the_rows_and_writes_nothing(name: str) -> None:
    if name in ("page", "first_load") and not os.environ.get("CHROMIUM"):
        pytest.skip("needs a browser: set CHROMIUM to its path")
    before = _files()
    with ThreadPoolExecutor(1) as own:  # the main thread's event loop may be running: that of other tests' browser
        figures = own.submit(SECTIONS[name].measure, True).result()
    assert figures
    table = lines({name: {"figures": figures}}, [name])
    filled = [row for row in SECTIONS[name].rows if row.is_in(figures) or not row.optional]
    assert len(table) == len(HEAD) + len(filled)
    assert _files() == before


def test_the_readmes_rows_exist_and_are_ten_at_most() -> None:
    assert len(HEADLINES) <= 10
    rows = {(name, row.what) for name, section in SECTIONS.items() for row in section.rows}
    assert [row for row in HEADLINES if row not in rows] == []
