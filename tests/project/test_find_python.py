"""tools/find_python.sh names the newest Python that can make an environment, and the Makefile says it where there is none."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def find(folder: Path) -> str:
    """What the script prints where `folder` is the whole PATH."""
    words = [shutil.which("sh") or "/bin/sh", str(ROOT / "tools" / "find_python.sh")]
    return subprocess.run(words, env={"PATH": str(folder)}, capture_output=True, text=True, timeout=60, check=True).stdout.strip()


def put(folder: Path, name: str, status: int) -> None:
    """A program `name` in `folder` that ends with `status`, as a shim without a version behind it (127) or a Python (0)."""
    (folder / name).write_text(f"#!/bin/sh\nexit {status}\n")
    (folder / name).chmod(0o755)


@pytest.mark.parametrize(
    ("programs", "expected"),
    [
        ({}, ""),
        ({"python3.13": 0, "python3.12": 0, "python3.11": 0}, "python3.13"),
        ({"python3.13": 127, "python3.12": 0, "python3.11": 0}, "python3.12"),
        ({"python3.13": 127, "python3.12": 1, "python3.11": 0}, "python3.11"),
        ({"python3.11": 1, "python3": 0}, "python3"),
        ({"python3.13": 127, "python3": 1}, ""),
        ({"python3.10": 0, "python3.14": 0}, ""),
    ],
    ids=["none", "all", "shim", "no venv", "python3", "nothing works", "too old and too new"],
)
def test_the_newest_that_works_is_named(tmp_path: Path, programs: dict[str, int], expected: str) -> None:
    for name, status in programs.items():
        put(tmp_path, name, status)
    assert find(tmp_path) == expected


def test_a_real_python_is_found_under_any_name(tmp_path: Path) -> None:
    (tmp_path / "python3").symlink_to(Path(sys.executable).resolve())
    assert find(tmp_path) == "python3"


def test_make_says_it_in_one_sentence_where_there_is_none(tmp_path: Path) -> None:
    words = ["make", "--no-print-directory", "PYTHON=", f"VENV={tmp_path / 'none'}", str(tmp_path / "none" / "bin" / "python")]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    (sentence,) = done.stdout.splitlines()
    assert sentence.startswith("No Python from 3.11 to 3.13")
    assert "make PYTHON=" in sentence
    assert not (tmp_path / "none").exists()
