"""A server for the length of a measurement."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from bench.load.app_server import Server


@contextmanager
def serving(*command: str, sign: str = "", **settings: str) -> Iterator[Server]:
    """The server that `python *command` starts, once it answers at `sign`; `settings` are its environment. It logs as it does by
    default, to nowhere, and is killed at the end."""
    server = Server(*command, sign=sign)
    server.start(log=subprocess.DEVNULL, **settings)
    try:
        yield server
    finally:
        server.stop()
