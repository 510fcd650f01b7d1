"""What a host reads: the Space's front matter, the sizes of the files, the Dockerfile."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]

# https://huggingface.co/docs/hub/spaces-config-reference
KEYS = {
    *("title", "emoji", "colorFrom", "colorTo", "sdk", "python_version", "sdk_version", "suggested_hardware", "suggested_storage"),
    *("app_file", "app_build_command", "app_port", "base_path", "fullWidth", "header", "short_description", "models", "datasets", "tags"),
    *("thumbnail", "pinned", "hf_oauth", "hf_oauth_scopes", "hf_oauth_expiration_minutes", "hf_oauth_authorized_org"),
    *("disable_embedding", "startup_duration_timeout", "custom_headers", "preload_from_hub", "license"),
}
COLOURS = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}


@pytest.fixture(scope="module")
def front() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "README.md").read_text().split("---")[1])


@pytest.fixture(scope="module")
def pins() -> dict[str, str]:
    return dict(line.split("==") for line in (ROOT / "requirements.txt").read_text().split())


def files() -> list[Path]:
    """Every file of the repository."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.split("\0") if name]


def test_the_front_matter_has_known_keys_and_all_that_are_needed(front: dict[str, Any], pins: dict[str, str]) -> None:
    assert front.keys() <= KEYS
    assert front["sdk"] == "gradio"
    assert front["sdk_version"] == pins["gradio"]
    assert front["python_version"] == "3.11"
    assert {front["colorFrom"], front["colorTo"]} <= COLOURS
    assert front["app_file"] == "app.py"
    assert len(front["short_description"]) <= 60
    assert front["license"] == "mit"
    assert front["datasets"]
    assert re.fullmatch(r"\d+m", front["startup_duration_timeout"])


def test_every_file_goes_without_git_lfs() -> None:
    assert [path.name for path in files() if path.stat().st_size > 10_000_000] == []


def test_the_dockerfile_takes_what_the_page_needs_and_runs_as_nobody_special() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    copied = {word for line in lines if line.startswith("COPY") for word in line.split()[1:-1] if not word.startswith("--")}
    assert {"app.py", "assets", "corrections", "kmnist_model", "requirements.txt", "requirements-light.txt", "server", "ui"} <= copied
    assert all((ROOT / name).exists() for name in copied)
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert copied <= allowed
    assert lines.index("USER reader") < next(n for n, line in enumerate(lines) if line.startswith("CMD"))
    assert any(line.startswith("HEALTHCHECK") for line in lines)
    assert any("/readyz" in line for line in lines)


def test_the_page_starts_from_what_the_image_holds(tmp_path: Path) -> None:
    """Only the files that the Dockerfile copies, in a folder of their own: everything is imported, and one drawing is read."""
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    for name in {word for line in lines if line.startswith("COPY") for word in line.split()[1:-1] if not word.startswith("--")}:
        subprocess.run(["cp", "-r", str(ROOT / name), str(tmp_path)], check=True)
    code = "import app; app.build(app.Batcher(app.models.load('', 'cpu'))); print('built')"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert done.stdout.splitlines()[-1] == "built", done.stderr


SPACES = '''
"""A stand-in for the package of ZeroGPU: it says how often a GPU was borrowed."""

borrowed = 0
has_quota = True


def GPU(duration):
    def decorate(task):
        def borrow(*values):
            global borrowed
            if not has_quota:
                raise RuntimeError("You have exceeded your quota")
            borrowed += 1
            return task(*values)

        return borrow

    return decorate
'''
BORROW = """
import numpy as np, spaces
from synthetic_pages import glyphs
from synthetic_pages.maker import make_page
from kmnist_model import Recognizer, read_page
from server import zerogpu
recognizer, plain = zerogpu.load("kmnist", "cpu"), Recognizer.load("kmnist", "cpu")
assert recognizer.read_strokes([[[0, 0], [5, 5]]]).verdict
assert zerogpu.device_of_strokes("cuda") == "cpu"
recognizer.read_ink(np.zeros((zerogpu.HEAVY - 1, 28, 28), np.uint8))
assert spaces.borrowed == 0
page = make_page(9, glyphs.drawn(), hard=False, characters=640).picture
text = read_page(page, recognizer=plain).text
assert read_page(page, recognizer=recognizer).text == text
print(spaces.borrowed)
spaces.has_quota = False
assert read_page(page, recognizer=recognizer).text == text
"""


def test_on_zerogpu_heavy_batches_borrow_a_gpu_and_strokes_do_not(tmp_path: Path) -> None:
    (tmp_path / "spaces.py").write_text(SPACES)
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", BORROW], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 1
