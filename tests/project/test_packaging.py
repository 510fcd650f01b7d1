"""The library can be built, installed and used by itself; the requirements files and pyproject.toml say the same."""

from __future__ import annotations

import email
import importlib.metadata
import json
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

import kmnist_model
from tests.support.drawing import glyph

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
NOT_LIBRARY = (
    "gradio",
    "fastai",
    "ray",
    "pyarrow",
    "torch",
    "torchvision",
    "pydantic",
    "prometheus_client",
    "matplotlib",
    "scipy",
    "server",
    "train",
    "ui",
)

# Which requirements file pins what; the extras `dev`, `archive` and `train` come on top of the app's.
FILES = {
    "requirements-light.txt": [*PROJECT["dependencies"], *EXTRAS["app"]],
    "requirements.txt": [*PROJECT["dependencies"], *EXTRAS["app"], *EXTRAS["torch"]],
    "train/requirements.txt": EXTRAS["train"],
    "tests/requirements.txt": [*EXTRAS["dev"], *EXTRAS["archive"]],
}


def pins(name: str) -> dict[str, Version]:
    """The pinned versions of a requirements file, by normalised name."""
    lines = [line for line in (ROOT / name).read_text().splitlines() if line and not line.startswith(("#", "-r "))]
    wrong = [line for line in lines if not re.fullmatch(r"[\w.-]+(\[\w+\])?==[\w.]+", line)]
    assert not wrong, f"{name} pins exact versions only"
    return {canonicalize_name(Requirement(line).name): Version(line.partition("==")[2]) for line in lines}


@pytest.mark.parametrize("name", FILES)
def test_a_requirements_file_pins_what_pyproject_asks_for(name: str) -> None:
    wanted = {canonicalize_name(requirement.name): requirement for requirement in map(Requirement, FILES[name])}
    pinned = pins(name)
    before = {} if name.startswith("requirements") else pins("requirements.txt")
    assert set(pinned) == set(wanted) - set(before), "a file lists what its extra adds to requirements.txt"
    versions = before | pinned
    assert [str(wanted[each]) for each in wanted if versions[each] not in wanted[each].specifier] == []


def test_the_light_install_is_the_whole_one_without_pytorch() -> None:
    light, whole = pins("requirements-light.txt"), pins("requirements.txt")
    assert {name: version for name, version in whole.items() if name not in light} == {
        name: whole[name] for name in ("torch", "torchvision")
    }
    assert {name: whole[name] for name in light} == light


@pytest.mark.parametrize("room", ["train", "tests"])
def test_requirements_build_on_the_apps(room: str) -> None:
    assert "-r ../requirements.txt" in (ROOT / room / "requirements.txt").read_text().splitlines()


@pytest.mark.slow
@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
def test_the_pins_resolve_together(python: str, tmp_path: Path) -> None:
    files = [str(ROOT / name) for name in FILES]
    words = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--python-version", python, "-o", str(tmp_path / "resolved"), *files]
    done = subprocess.run(words, capture_output=True, text=True, timeout=180, check=False)
    if re.search(r"error sending request|dns error|failed to fetch", done.stderr, re.IGNORECASE) and "No solution" not in done.stderr:
        pytest.skip(f"NO PACKAGE INDEX COULD BE REACHED: THE PINS WERE NOT RESOLVED FOR PYTHON {python}")
    assert done.returncode == 0, done.stderr
    resolved = (tmp_path / "resolved").read_text()
    for name in FILES:
        for package, version in pins(name).items():
            assert re.search(rf"^{package}=={re.escape(str(version))}$", resolved, re.MULTILINE | re.IGNORECASE)


def closure(names: list[str]) -> set[str]:
    """The distributions that `names` need, themselves included, as they are installed here."""
    found: set[str] = set()
    waiting = [canonicalize_name(name) for name in names]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        for text in importlib.metadata.requires(name) or []:
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                waiting.append(canonicalize_name(requirement.name))
    return found


def link_distributions(names: set[str], folder: Path) -> None:
    """Links in `folder` to the installed files of `names`: an environment that holds them alone, without 5 GB of copies."""
    for name in names:
        distribution = importlib.metadata.distribution(name)
        for top in {file.parts[0] for file in distribution.files or [] if file.parts[0] not in ("..", "__pycache__")}:
            target, link = Path(str(distribution.locate_file(top))), folder / top
            if target.is_dir() and link.is_symlink():  # a folder that several distributions share, as nvidia/
                continue
            if not link.exists():
                link.symlink_to(target)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from what is in the repository."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    listed = subprocess.run(["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("needs a git checkout")
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    done = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", str(out), str(source)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` folder of an environment that holds the wheel and what the wheel says that it needs, and nothing else."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, timeout=120)
    program = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-deps", "--disable-pip-version-check", str(wheel)]
    subprocess.run(program, check=True, timeout=120)
    (site,) = folder.glob("lib/python*/site-packages")
    link_distributions(closure([Requirement(text).name for text in PROJECT["dependencies"]]), site)
    return folder / "bin"


def test_the_wheel_holds_the_library_alone_and_names_all_that_it_needs(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (described,) = [name for name in names if name.endswith(".dist-info/METADATA")]
        metadata = email.message_from_bytes(archive.read(described))
    assert {name.split("/")[0] for name in names} == {"archive", "corrections", "kmnist_model", described.split("/")[0]}
    assert {
        "kmnist_model/py.typed",
        "kmnist_model/weights/kmnist.safetensors",
        "kmnist_model/weights/kmnist.onnx",
        "kmnist_model/weights/kmnist.int8.onnx",
        "kmnist_model/page/detector.onnx",
        "kmnist_model/characters/kanji.tsv",
        "kmnist_model/formats/invisible.ttf",
    } <= set(names)
    needed = [Requirement(text) for text in metadata.get_all("Requires-Dist", [])]
    assert {each.name for each in needed if each.marker is None} == {
        *("lxml", "numpy", "opencv-python-headless", "pi-heif", "pikepdf", "pillow", "pypdfium2", "safetensors", "onnxruntime", "tqdm")
    }
    assert set(metadata.get_all("Provides-Extra", [])) == {"app", "archive", "torch", "train", "dev"}


def run(environment: Path, *command: str, cwd: Path) -> str:
    done = subprocess.run(
        [str(environment / command[0]), *command[1:]], cwd=cwd, capture_output=True, text=True, timeout=120, check=False, env={"PATH": ""}
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_the_installed_library_reads_a_character(environment: Path, tmp_path: Path) -> None:
    glyph("お").save(tmp_path / "o.png")
    assert run(environment, "kuzushiji", "read", "o.png", cwd=tmp_path).split("\t")[:3] == ["o.png", "お", "o"]
    program = "from kmnist_model import Recognizer; print(Recognizer.load().read('o.png').candidates[0].character)"
    assert run(environment, "python", "-c", program, cwd=tmp_path) == "お\n"
    assert run(environment, "python", "-m", "kmnist_model", "read", "o.png", cwd=tmp_path).startswith("o.png\tお")


@pytest.mark.slow
def test_the_installed_command_has_all_its_parts(environment: Path, tmp_path: Path) -> None:
    assert run(environment, "kuzushiji", "--version", cwd=tmp_path) == f"kuzushiji {kmnist_model.__version__}\n"
    assert json.loads(run(environment, "kuzushiji", "info", cwd=tmp_path))["architecture"] == "preact_resnet20"
    (tmp_path / "page.jpg").write_bytes((ROOT / "assets" / "pages" / "letter.jpg").read_bytes())
    assert len(run(environment, "kuzushiji", "read-page", "page.jpg", cwd=tmp_path).splitlines()) == 5
    assert "export" in run(environment, "kuzushiji", "feedback", "--help", cwd=tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("package", NOT_LIBRARY)
def test_the_installed_library_needs_no_more(environment: Path, package: str, tmp_path: Path) -> None:
    program = f"import importlib.util; print(importlib.util.find_spec({package!r}))"
    assert run(environment, "python", "-c", program, cwd=tmp_path) == "None\n"


def test_the_version_is_a_release() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", kmnist_model.__version__)
    assert f"## [{kmnist_model.__version__}]" in (ROOT / "CHANGELOG.md").read_text("utf-8")
