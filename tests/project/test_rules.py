"""The house rules of architecture.md."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("archive", "corrections", "kmnist_model", "server", "synthetic_pages", "train", "ui", "bench", "tools")
SOURCES = [*sorted(path for room in (*ROOMS, "tests") for path in (ROOT / room).rglob("*.py")), ROOT / "app.py"]

FORBIDDEN = {
    "archive": {"gradio", "fastai", "app", "bench", "corrections", "server", "synthetic_pages", "tests", "tools", "train", "ui"},
    "corrections": {
        "gradio",
        "fastai",
        "torch",
        "app",
        "archive",
        "bench",
        "kmnist_model",
        "server",
        "synthetic_pages",
        "tests",
        "tools",
        "train",
        "ui",
    },
    "kmnist_model": {
        *("gradio", "fastai", "matplotlib", "pandas", "scipy"),
        *("app", "archive", "bench", "server", "synthetic_pages", "tests", "tools", "train", "ui"),
    },
    "train": {"gradio", "app", "archive", "bench", "server", "tests", "tools", "ui"},
    "synthetic_pages": {"gradio", "fastai", "app", "archive", "bench", "server", "tests", "tools", "ui"},
    "server": {"fastai", "app", "archive", "bench", "synthetic_pages", "tests", "tools", "train", "ui"},
    "ui": {"fastai", "app", "archive", "bench", "synthetic_pages", "tests", "tools", "train"},
    "bench": {"tests"},
    "tools": {"tests"},
    "app.py": {"fastai", "archive", "bench", "synthetic_pages", "tests", "tools", "train", "torch"},
}


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


@cache
def _imports(path: Path) -> frozenset[str]:
    """The top-level packages that a file imports, at its head or within functions."""
    nodes = list(ast.walk(_tree(path)))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom) and not node.level]
    return frozenset(name.partition(".")[0] for name in names)


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_imports_point_one_way(path: Path) -> None:
    room = path.relative_to(ROOT).parts[0]
    assert not _imports(path) & FORBIDDEN.get(room, set())


def test_only_the_server_and_the_command_line_import_corrections() -> None:
    importers = {path.relative_to(ROOT) for path in SOURCES if "corrections" in _imports(path)}
    allowed = ("server", "corrections", "tests")
    assert {path for path in importers if path.parts[0] not in allowed} == {Path("kmnist_model/cli/feedback.py")}


def test_nothing_but_the_front_door_imports_ui() -> None:
    importers = {path.relative_to(ROOT).parts[0] for path in SOURCES if "ui" in _imports(path)}
    assert importers <= {"app.py", "ui", "bench", "tests"}  # those that measure and test it aside


@pytest.mark.parametrize(
    "package", ["gradio", "fastai", "lxml", "matplotlib", "pandas", "pikepdf", "scipy", "train", "ui", "torchvision.datasets"]
)
def test_importing_kmnist_model_leaves_out(loaded: set[str], package: str) -> None:
    assert package not in loaded


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    """What a fresh interpreter has loaded after `import kmnist_model`."""
    program = "import sys, kmnist_model; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "kmnist_model" in done.stdout.split()
    return set(done.stdout.split())


@pytest.mark.parametrize("path", [path for path in SOURCES if "tests" not in path.parts], ids=_name)
def test_no_pickle_is_read_or_written(path: Path) -> None:
    assert not _imports(path) & {"pickle", "cloudpickle", "dill", "joblib", "shelve", "marshal"}
    for node in ast.walk(_tree(path)):
        if not isinstance(node, ast.Call):
            continue
        called, given = ast.unparse(node.func), {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
        assert called.split(".")[-1] not in {"load_learner", "export_learner"}
        assert not re.fullmatch(r"learn(er)?\.export", called)
        assert called != "torch.save" or path.name == "resume.py", "a fit's own checkpoints, read with weights_only=True"
        assert called != "torch.load" or given.get("weights_only") == "True"
        assert given.get("allow_pickle") != "True"


@pytest.mark.parametrize("path", [path for path in SOURCES if "tests" not in path.parts], ids=_name)
def test_a_module_fits_a_sitting(path: Path) -> None:
    lines = len(path.read_text().splitlines())
    assert lines <= (80 if path.name == "app.py" else 300)


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_a_module_has_a_name_of_its_own(path: Path) -> None:
    assert path.stem not in {"utils", "util", "helpers", "helper", "common", "misc"}


def _repository() -> list[Path]:
    """All that is, or would be, committed."""
    done = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("needs a git checkout")
    return [ROOT / name for name in done.stdout.splitlines() if (ROOT / name).is_file()]


def test_no_file_is_above_ten_megabytes() -> None:
    assert [path for path in _repository() if path.stat().st_size > 10_000_000] == []


def test_no_dataset_is_committed() -> None:
    assert [path for path in _repository() if path.suffix in {".npz", ".gz", ".tar", ".pkl", ".pth", ".pt"}] == []
