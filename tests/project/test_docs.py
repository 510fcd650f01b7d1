"""The documents tell the truth: figures come from the bench file, commands run, links lead somewhere, the front matter fits the pins."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from archive.arguments import parser as archive_parser
from bench.report.documents import BEGIN, END, contents
from bench.sections import SECTIONS
from corrections.store import Correction, FeedbackStore
from kmnist_model import KMNIST
from server import settings
from train.arguments import parser

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md")), ROOT / "train" / "RECIPE.md"]
BENCH = json.loads((ROOT / "assets" / "bench.json").read_text())


def blocks(language: str) -> list[str]:
    """The code blocks of all documents."""
    return [code for path in DOCUMENTS for code in re.findall(rf"```{language}\n(.*?)```", path.read_text("utf-8"), re.DOTALL)]


def shell_lines(*starts: str) -> list[str]:
    """The commands of all documents that begin so, each once, without their comments."""
    lines = (line.split("#")[0].strip() for block in blocks("sh") for line in block.splitlines())
    return list(dict.fromkeys(line for line in lines if line.startswith(starts)))


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.fixture
def folder_with_pictures(tmp_path: Path) -> Path:
    for name in ("scan.png", "another.jpg", "book.pdf"):
        Image.new("RGB", (40, 40), "white").save(tmp_path / name)
    FeedbackStore(tmp_path / "DIR").add(Correction("お", [[[0, 0], [1, 1]]], None, "character", "は", "none"))
    return tmp_path


def test_the_figures_are_those_of_the_bench_file() -> None:
    for path, text in contents(BENCH).items():
        assert path.read_text() == text, "run python -m bench.report.documents"


def test_every_section_has_been_measured() -> None:
    assert set(BENCH) == set(SECTIONS)


def test_the_front_matter_fits_the_pins() -> None:
    front = README.split("---")[1]
    pins = dict(line.split("==") for line in (ROOT / "requirements.txt").read_text().split())
    assert f"sdk_version: {pins['gradio']}\n" in front
    assert (ROOT / re.search(r"app_file: (\S+)", front).group(1)).exists()
    assert 'python_version: "3.11"' in front
    assert len(re.search(r"short_description: (.*)", front).group(1)) <= 60


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_file_that_is_linked_exists(path: Path) -> None:
    links = re.findall(r"\]\((?!http|#)([^)#]+)\)", path.read_text("utf-8"))
    assert [link for link in links if not (path.parent / link).exists()] == []


def test_the_readme_is_short() -> None:
    body = README.split("---", 2)[2].strip().splitlines()
    assert len(body) <= 120
    table = with_table_rows(README)
    assert 1 <= len(table) <= 10
    assert len([line for line in body if line.startswith("![")]) == 1


def with_table_rows(text: str) -> list[str]:
    """The rows of the table of figures, without its head."""
    return [line for line in text.split(BEGIN)[1].split(END)[0].splitlines() if line.startswith("| ")][1:]


def test_the_ten_characters_are_the_alphabet() -> None:
    assert " ".join(KMNIST.characters) in README


def test_every_proof_of_trust_exists() -> None:
    """Files and tests that docs/trust.md names, and what it links."""
    trust = (ROOT / "docs" / "trust.md").read_text()
    files = re.findall(r"`(tests/[\w/.]+\.py)`", trust)
    assert len(files) > 10
    assert [name for name in files if not (ROOT / name).is_file()] == []
    sources = "".join((ROOT / name).read_text() for name in set(files))
    names = re.findall(r"`(test_\w+)`", trust)
    assert names
    assert [name for name in names if f"def {name}(" not in sources] == []
    links = re.findall(r"\]\((?!http)([^)]+)\)", trust)
    assert [link for link in links if not (ROOT / "docs" / link).exists()] == []


@pytest.mark.parametrize("target", sorted({name for path in DOCUMENTS for name in re.findall(r"[`\n]make (\w+)", path.read_text("utf-8"))}))
def test_every_make_target_exists(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


def test_the_python_example_runs(tmp_path: Path) -> None:
    for code in blocks("python"):
        result = run([sys.executable, "-c", code], tmp_path)
        assert result.returncode == 0, result.stderr
        assert "Candidate(character=" in result.stdout


@pytest.mark.parametrize("line", shell_lines("kuzushiji ", "python -m kmnist_model"))
def test_the_commands_of_the_recogniser_run(line: str, folder_with_pictures: Path) -> None:
    words = line.removeprefix("kuzushiji ").removeprefix("python -m kmnist_model ").split()
    result = run([sys.executable, "-m", "kmnist_model", *words], folder_with_pictures)
    assert result.returncode == 0, result.stderr
    assert result.stdout


@pytest.mark.parametrize("line", [line[line.index("-m train") :] for line in shell_lines("python -m train", "torchrun")])
def test_the_commands_of_training_are_understood(line: str) -> None:
    arguments = parser().parse_args(line.split()[2:])
    assert arguments.data == "DIR"


@pytest.mark.parametrize("line", shell_lines("python app.py"))
def test_the_commands_of_the_server_are_understood(line: str) -> None:
    words = [word for word in line.split()[2:] if word != "--help"]
    settings.read(words)


@pytest.mark.parametrize("line", shell_lines("python -m archive"))
def test_the_commands_of_archives_are_understood(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sources.txt").write_text("scans\n")
    monkeypatch.chdir(tmp_path)
    assert archive_parser().parse_args(shlex.split(line)[3:]).out == Path("read")


def test_every_command_is_tested() -> None:
    """Each kind of command has a test above, but for these."""
    tested = ("kuzushiji ", "python -m kmnist_model", "python -m train", "torchrun", "python app.py", "python -m archive")
    other = [line for line in shell_lines("") if line and not line.startswith(tested)]
    assert [
        line
        for line in other
        if not re.match(r"make \w+( MODEL=kuzushiji)?$|docker build -t kuzushiji \. && docker run |pip install ", line)
    ] == []
