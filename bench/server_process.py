"""A web server as a process of its own, for measurements and browser tests: the app, or another page."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import httpx

ROOT = Path(__file__).resolve().parents[1]

_START_TIMEOUT = 120.0  # seconds


class Server:
    """One process that serves a page on a port of its own, which it keeps over a restart; it serves once it answers at `sign`."""

    def __init__(self, *command: str, scheme: str = "http", sign: str = "") -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.url, self.sign = f"{scheme}://127.0.0.1:{self.port}", sign
        self._command = [sys.executable, *command]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *, log: int | IO[str] | None = None, **environment: str) -> None:
        """Start the process with these variables added to its environment and stderr to `log`, and wait until it serves."""
        variables = os.environ | {"HOST": "127.0.0.1", "PORT": str(self.port)} | environment
        self._process = subprocess.Popen(self._command, cwd=ROOT, env=variables, stderr=log)
        until = time.monotonic() + _START_TIMEOUT
        while time.monotonic() < until:
            if self._process.poll() is not None:
                raise RuntimeError(f"{self._command} ended with {self._process.returncode} before it served.")
            try:
                if httpx.get(f"{self.url}{self.sign}", timeout=5, verify=False).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.1)
        self.stop()
        raise RuntimeError(f"{self._command} did not serve within {_START_TIMEOUT:.0f} s.")

    def stop(self) -> None:
        """Kill the process, as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None

    def ask_to_stop(self) -> None:
        """Send SIGTERM, as a host does before it takes the machine away."""
        assert self._process is not None
        self._process.terminate()

    def wait(self, timeout: float) -> int:
        """The exit code, within `timeout` seconds."""
        assert self._process is not None
        code = self._process.wait(timeout)
        self._process = None
        return code

    @property
    def pid(self) -> int:
        """The running process's number."""
        assert self._process is not None
        return self._process.pid

    def children(self) -> list[int]:
        """The numbers of the processes that it has started and that still run, as Linux counts them: those that read pages."""
        return [int(number) for task in Path(f"/proc/{self.pid}/task").iterdir() for number in (task / "children").read_text().split()]

    def peak_memory(self) -> int:
        """The most bytes that the process and its children have held resident so far, each by itself, as Linux counts them."""
        return sum(_peak_memory(number) for number in (self.pid, *self.children()))


def _peak_memory(process: int) -> int:
    status = Path(f"/proc/{process}/status").read_text()
    return 1024 * next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")), 0)


@contextmanager
def serving(*command: str, sign: str = "", **environment: str) -> Iterator[Server]:
    """Start `python *command` with `environment` added to its variables, wait until it answers at `sign`, and kill it at the end.

    Its log level is the default one; its stderr is discarded.
    """
    server = Server(*command, sign=sign)
    server.start(log=subprocess.DEVNULL, **environment)
    try:
        yield server
    finally:
        server.stop()
