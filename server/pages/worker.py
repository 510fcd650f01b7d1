"""A process that reads pages: `python -m server.pages.worker WEIGHTS ENGINE`, which `server/pages/process.py` starts.

It takes tasks from stdin and answers on stdout, each a line of JSON; a task's file may follow its line. It ends when stdin does.
"""

from __future__ import annotations

import json
import math
import os
import queue
import signal
import sys
import threading
import traceback
from pathlib import Path
from typing import IO, Any

import cv2
from PIL import Image

from kmnist_model import KmnistError, Recognizer, read_page
from server.pages.task import PageError, PageTask, read
from server.runtime import NICENESS, trim_memory

if sys.platform != "win32":
    import resource


class _Cancelled(Exception):
    """The page is no longer wanted."""


class _Inbox:
    """The tasks from stdin, received by a thread, which also learns that a task is cancelled or that the server has ended."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._tasks: queue.SimpleQueue[tuple[PageTask, float]] = queue.SimpleQueue()
        self._cancelled = threading.Event()
        threading.Thread(target=self._receive, daemon=True).start()

    def _receive(self) -> None:
        while line := self._stream.readline():
            message: dict[str, Any] = json.loads(line)
            if "cancel" in message:
                self._cancelled.set()
                continue
            self._cancelled.clear()
            size, path, seconds = message.pop("bytes"), message.pop("path"), message.pop("seconds")
            picture = Path(path) if path else self._stream.read(size)
            task = PageTask(**message | {"picture": picture, "seen": message["seen"] and tuple(message["seen"])})
            self._tasks.put((task, seconds))
        if sys.platform != "win32":
            os.killpg(0, signal.SIGKILL)  # the renderer of PDF files too
        os._exit(0)

    def next(self) -> tuple[PageTask, float]:
        """The next task, and the processor time in seconds that it may take."""
        return self._tasks.get()

    def check(self) -> None:
        """Raise `_Cancelled` if the task at hand is cancelled."""
        if self._cancelled.is_set():
            raise _Cancelled


def main(weights: str, engine: str) -> None:
    """Load the weights, say that they are loaded, then answer one task after another."""
    answers = _take_stdout()
    _stand_back()
    recognizer = Recognizer.load(Path(weights), "cpu", engine=engine)
    read_page(Image.new("L", (64, 64), 255), recognizer=recognizer)  # loads the detector

    def say(**answer: Any) -> None:
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()

    inbox = _Inbox(sys.stdin.buffer)
    say(ready=True)
    while True:
        task, seconds = inbox.next()
        _limit_time(seconds)

        def report_progress(share: float, doing: str) -> None:
            inbox.check()
            say(progress=[share, doing])

        say(progress=None)  # the page is taken
        try:
            say(result=vars(read(task, recognizer, report_progress)))
        except _Cancelled:
            say(cancelled=True)
        except PageError as error:
            say(error=str(error), pages=error.pages)
        except KmnistError as error:
            say(error=str(error), pages=None)
        except Exception:  # noqa: BLE001 - the server logs it and answers one sentence
            say(fault=traceback.format_exc())
        trim_memory()


def _limit_time(seconds: float) -> None:
    """Have the system end this process if it computes that much longer; waiting for the processor on a busy machine does not count."""
    if sys.platform != "win32":
        used = sum(os.times()[:2])
        resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(used + seconds), resource.getrlimit(resource.RLIMIT_CPU)[1]))


def _take_stdout() -> IO[bytes]:
    """Stdout for our answers alone; what a library prints goes to stderr."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return answers


def _stand_back() -> None:
    """Let the process that serves run first, let it end this one, and let the system end this one first where memory is short."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # some hosts send it to every process; pages in progress are still read
    cv2.setNumThreads(1)
    if sys.platform != "win32":
        os.nice(NICENESS)
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))  # no picture on the disk
    if sys.platform == "linux":
        Path("/proc/self/oom_score_adj").write_text("1000")


if __name__ == "__main__":
    main(*sys.argv[1:])
