"""Servers that the browser tests start: the real app, or a small page of their own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parents[2]


class Server:
    """One process that serves a page on a port of its own, which it keeps over a restart."""

    def __init__(self, *command: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._command = [sys.executable, *command]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, patience: float = 120) -> None:
        """Start the process and wait until it serves."""
        environment = os.environ | {"HOST": "127.0.0.1", "PORT": str(self.port)}
        self._process = subprocess.Popen(self._command, cwd=ROOT, env=environment)
        until = time.monotonic() + patience
        while time.monotonic() < until:
            if self._process.poll() is not None:
                raise RuntimeError(f"{self._command} ended with {self._process.returncode} before it served.")
            try:
                if httpx.get(self.url, timeout=5).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.1)
        self.stop()
        raise RuntimeError(f"{self._command} did not serve within {patience} s.")

    def stop(self) -> None:
        """Kill the process, as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None

    def peak_memory(self) -> int:
        """The most bytes that the process has held resident so far, as Linux counts them."""
        assert self._process is not None
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return 1024 * next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
