from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.server_process import Server


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
