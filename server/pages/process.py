"""One process that reads pages, as the server sees it.

It is started by its command line: `multiprocessing` would import app.py again in it, and with it Gradio, and no executor carries the progress of a
task, ends one task, or stops a task in time. What passes is JSON and the picture's bytes, no pickle.
"""

from __future__ import annotations

import json
import math
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from kmnist_model import PictureError
from server.jobs import Cancelled, ReportProgress
from server.languages.catalogue import english
from server.pages.task import PageError, PageResult, PageTask

_POLL_INTERVAL = 0.1  # seconds between two checks whether the page is still wanted
_CANCEL_TIMEOUT = 1.0  # seconds that a process has to leave a page; the steps of a page take less
_WALL_TIME = 10  # times the time that a page may take of a processor, which others use too; of a process that hangs
_START_TIMEOUT = 120.0  # seconds, on a busy machine; 1.5 on one that is not


class NotTaken(PictureError):
    """The process had ended before it took the page, which another one may read."""

    def __init__(self) -> None:
        super().__init__(english("error.page_stopped"))


class PageProcess:
    """Reads one page after another with the weights at that path and this engine, "auto", "onnx" or "torch"."""

    def __init__(self, weights: Path, engine: str) -> None:
        environment = {
            **os.environ,
            "OMP_NUM_THREADS": "1",
            "PYTHONPATH": os.pathsep.join(folder or str(Path.cwd()) for folder in sys.path),
        }
        command = [sys.executable, "-P", "-m", "server.pages.worker", str(weights), engine]
        group: dict[str, Any] = {} if sys.platform == "win32" else {"process_group": 0}  # its own, with the renderer of PDF files
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, **group)
        self._answers: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()  # an empty one at the end
        self._ending = threading.Lock()
        self._is_ready = self._is_late = self._has_taken = False
        self.pages = 0  # that it was given
        threading.Thread(target=self._listen, name="page-process", daemon=True).start()

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        """Whether the process is no longer there."""
        return self._process.poll() is not None

    def read(self, task: PageTask, report_progress: ReportProgress, timeout: float) -> PageResult:
        """Like `task.read`. Raises `PictureError` also where the process dies or computes for more than `timeout` seconds, `NotTaken` and `Cancelled`.

        Then the process may have ended; else it can read the next page.
        """
        self._has_taken = False
        if not self._is_ready:
            self._next(report_progress, _START_TIMEOUT)
            self._is_ready = True
        self.pages += 1
        clock = threading.Timer(_WALL_TIME * timeout, self._stop)
        clock.start()
        try:
            self._send(task, timeout)
            while "progress" in (answer := self._next(report_progress)):
                self._has_taken = True
                if answer["progress"]:
                    report_progress(*answer["progress"])
        except Cancelled:
            self._leave_page()
            raise
        finally:
            clock.cancel()
        if "result" in answer:
            return PageResult(**answer["result"])
        if "fault" in answer:
            raise RuntimeError(f"A process could not read a page:\n{answer['fault']}")
        raise PictureError(answer["error"]) if answer["pages"] is None else PageError(answer["error"], answer["pages"])

    def end(self) -> None:
        """End the process at once, and with it what it has started."""
        with self._ending:
            if self._process.stdin.closed:  # type: ignore[union-attr]
                return
            with suppress(ProcessLookupError):
                if sys.platform == "win32":
                    self._process.kill()
                else:
                    os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            with suppress(OSError):  # what was not yet sent
                self._process.stdin.close()  # type: ignore[union-attr]

    def _stop(self) -> None:
        self._is_late = True
        self.end()

    def _listen(self) -> None:
        with self._process.stdout as answers:  # type: ignore[union-attr]
            for line in answers:
                with suppress(ValueError):  # the last line of a process that was killed
                    self._answers.put(json.loads(line))
        self._answers.put({})

    def _next(self, report_progress: ReportProgress, timeout: float = math.inf) -> dict[str, Any]:
        """What the process says next. Raises `Cancelled`; `PictureError` or `NotTaken` where it has ended or says nothing for `timeout` seconds."""
        until = time.monotonic() + timeout
        while True:
            try:
                answer = self._answers.get(timeout=_POLL_INTERVAL)
            except queue.Empty:
                report_progress.check()
                if time.monotonic() > until:
                    self._stop()
                continue
            if answer:
                return answer
            self.end()
            if self._is_late or (sys.platform != "win32" and self._process.returncode == -signal.SIGXCPU):
                raise PictureError(english("error.page_slow"))
            raise PictureError(english("error.page_stopped")) if self._has_taken else NotTaken

    def _leave_page(self) -> None:
        """Have the process leave its page, or end it if that takes too long."""
        self._write(b'{"cancel": true}\n')
        until = time.monotonic() + _CANCEL_TIMEOUT
        with suppress(queue.Empty):
            while "progress" in (answer := self._answers.get(timeout=max(0.0, until - time.monotonic()))):
                pass
            if answer:
                return
        self.end()

    def _send(self, task: PageTask, timeout: float) -> None:
        data = task.picture if isinstance(task.picture, bytes) else b""
        path = "" if isinstance(task.picture, bytes) else str(task.picture)
        head = vars(task) | {"picture": None, "bytes": len(data), "path": path, "seconds": timeout}
        self._write(json.dumps(head).encode() + b"\n", data)

    def _write(self, *parts: bytes) -> None:
        with suppress(OSError):  # it has died; waiting for its answer tells
            for part in parts:
                self._process.stdin.write(part)  # type: ignore[union-attr]
            self._process.stdin.flush()  # type: ignore[union-attr]
