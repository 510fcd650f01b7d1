from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import constants

from kmnist_model.hub import layout
from kmnist_model.recognizer import weights_path
from kmnist_model.weights_file import load_card
from tests.support import hub

REPOSITORY = "museum/kmnist"


@pytest.fixture(scope="session")
def files() -> dict[str, bytes]:
    """What a repository of the shipped weights holds, and more that no one shall download."""
    path = weights_path("kmnist")
    return {
        layout.CONFIG: layout.config(load_card(path)).encode(),
        layout.WEIGHTS: path.read_bytes(),
        "README.md": b"# KMNIST",
        "pytorch_model.bin": b"a pickle",
    }


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[hub.Hub]:
    """A stand-in for the Hub, and an empty cache; huggingface_hub read their places from the environment when it was imported."""
    with hub.serving() as server:
        monkeypatch.setattr(constants, "ENDPOINT", server.address)
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", server.address + "/{repo_id}/resolve/{revision}/{filename}")
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
        monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "token"))
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
        for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
            monkeypatch.delenv(name, raising=False)
        yield server


@pytest.fixture
def commit(server: hub.Hub, files: dict[str, bytes]) -> str:
    """The commit of the shipped weights in the repository `REPOSITORY`."""
    return server.commit(REPOSITORY, files)
