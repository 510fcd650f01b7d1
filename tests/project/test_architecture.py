"""docs/architecture.md describes the repository as it is, and no folder holds more than a reader can look over."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "architecture.md").read_text("utf-8")
MAX_PEERS = 13
GENERATED = {"tests/fuzz/corpus"}  # by the fuzzer, one file for each find


def _files() -> list[Path]:
    """Every file of the repository, relative to it."""
    listed = subprocess.run(["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("needs a git checkout")
    return [Path(name) for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def _named() -> list[str]:
    """The paths that the document names: what has a slash at its end or inside, or the suffix of a file."""
    return [name for name in re.findall(r"`([\w./-]+)`", TEXT) if "/" in name or re.search(r"\.(py|md|json|toml|txt|html|css)$", name)]


@pytest.mark.parametrize("name", sorted(set(_named()) - {"template.html", "style.css", "__init__.py"}))
def test_every_path_exists(name: str) -> None:
    assert (ROOT / name).exists()
    assert (ROOT / name).is_dir() == name.endswith("/")


def test_every_folder_is_described() -> None:
    folders = {path.parts[0] for path in _files() if len(path.parts) > 1 and not path.parts[0].startswith(".")}
    assert {folder for folder in folders if f"`{folder}/" not in TEXT} == set()


def test_a_folder_can_be_looked_over() -> None:
    sources = [path for path in _files() if path.suffix in {".py", ".js", ".css", ".html", ".sh"} and path.name != "__init__.py"]
    peers = Counter(str(path.parent) for path in sources)
    assert {folder: count for folder, count in peers.items() if count > MAX_PEERS and folder not in GENERATED} == {}


@pytest.mark.parametrize(
    "package",
    [
        "archive",
        "kmnist_model",
        "kmnist_model/page",
        "kmnist_model/cli",
        "kmnist_model/formats",
        "server",
        "train",
        "train/data",
        "train/fitting",
    ],
)
def test_tests_mirror_the_packages(package: str) -> None:
    """Where a package's tests are: a folder of the same name, `recognizer`, `page` and `cli` for the library's."""
    folder = {"kmnist_model": "recognizer", "kmnist_model/page": "page", "kmnist_model/cli": "cli", "kmnist_model/formats": "formats"}.get(
        package, package
    )
    assert list((ROOT / "tests" / folder).glob("test_*.py"))
