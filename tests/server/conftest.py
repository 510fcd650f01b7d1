from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from bench.server_process import Server
from kmnist_model import KMNIST, Recognizer, build
from kmnist_model.weights_file import Card


@pytest.fixture(scope="session")
def wide(card: Card) -> Recognizer:
    """A model of the ten that reads 48 px, untrained."""
    return Recognizer(replace(card, size=48), build("preact_resnet20", len(KMNIST) + 1, 4).eval(), torch.device("cpu"))


@pytest.fixture(scope="session")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The log of `server`."""
    return tmp_path_factory.mktemp("log") / "log"


@pytest.fixture(scope="session")
def server(log: Path) -> Iterator[Server]:
    """The app with a JSON log, one for all tests of the server."""
    server = Server("app.py", "--log-format", "json", sign="/readyz")
    with log.open("w") as file:
        server.start(log=file)
        yield server
    server.stop()
