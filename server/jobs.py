"""Background jobs, one for each visitor, that report their progress and stop when the visitor leaves or sends a newer request."""

from __future__ import annotations

import math
import queue
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, Generic, TypeVar

from server.languages.catalogue import english

T = TypeVar("T")

_POLL_INTERVAL = 0.25  # seconds between two checks whether a waiting job is still wanted
_MAX_REMEMBERED = 10_000  # visitors whose newest seq is known


class Cancelled(Exception):
    """The visitor has left, has cancelled the job, or has sent a newer request."""


class ReportProgress:
    """Called with the share done (0..1) and what is done now. Raises `Cancelled` if the job is to stop."""

    def __init__(self, put: Callable[[tuple[float, str]], None], cancelled: threading.Event) -> None:
        self._put, self._cancelled = put, cancelled

    def __call__(self, share: float, doing: str) -> None:
        self.check()
        self._put((share, doing))

    def check(self) -> None:
        """Raise `Cancelled` if the job is to stop, and report nothing."""
        if self._cancelled.is_set():
            raise Cancelled


class Job(Generic[T]):
    """A function running in a thread of its own. Iterate over its progress, (share 0..1, what is done now), then take its `result`."""

    def __init__(self, function: Callable[[ReportProgress], T]) -> None:
        self._progress: queue.SimpleQueue[tuple[float, str] | None] = queue.SimpleQueue()
        self._cancelled = threading.Event()
        self._result: T | None = None
        self._error: BaseException | None = None
        threading.Thread(target=self._run, args=(function,), daemon=True).start()

    def _run(self, function: Callable[[ReportProgress], T]) -> None:
        try:
            self._result = function(ReportProgress(self._progress.put, self._cancelled))
        except BaseException as error:  # noqa: BLE001 - `result` raises it again
            self._error = error
        self._progress.put(None)

    def cancel(self) -> None:
        """Stop the job when it next reports its progress or checks."""
        self._cancelled.set()

    def __iter__(self) -> Iterator[tuple[float, str]]:
        try:
            while (progress := self._progress.get()) is not None:
                yield progress
        finally:  # also when the visitor's connection closes before the end
            self.cancel()

    def result(self) -> T:
        """The function's result, after the last progress. Raises the error that the function raised."""
        if self._error is not None:
            raise self._error
        return self._result  # type: ignore[return-value]


class JobQueue:
    """At most one job for each visitor, and at most `max_running` running at a time; the others wait and report so.

    A visitor's requests carry a rising `seq`. A small message may overtake a large one on its way, and a request that arrives late
    must not replace a newer one.
    """

    def __init__(self, max_running: int) -> None:
        self._jobs: dict[str, Job[Any]] = {}
        self._newest: OrderedDict[str, float] = OrderedDict()  # the newest seq of each visitor
        self._lock = threading.Lock()
        self._slots = threading.BoundedSemaphore(max_running)

    def start(self, visitor: str, function: Callable[[ReportProgress], T], seq: float = math.inf) -> Job[T]:
        """Start a job for `visitor`, in place of the current one. Raises `Cancelled` if a newer request has come already."""
        with self._lock:
            self._supersede(visitor, seq)
            job: Job[T] = Job(lambda report_progress: self._run_in_slot(function, report_progress))
            self._jobs[visitor] = job
        return job

    def _supersede(self, visitor: str, seq: float) -> None:
        if seq < self._newest.get(visitor, -math.inf):
            raise Cancelled
        self._newest[visitor] = seq
        self._newest.move_to_end(visitor)
        if len(self._newest) > _MAX_REMEMBERED:
            self._newest.popitem(last=False)
        job = self._jobs.pop(visitor, None)
        if job is not None:
            job.cancel()

    def _run_in_slot(self, function: Callable[[ReportProgress], T], report_progress: ReportProgress) -> T:
        while not self._slots.acquire(timeout=_POLL_INTERVAL):
            report_progress(0.0, english("doing.waiting"))
        try:
            return function(report_progress)
        finally:
            self._slots.release()

    def finish(self, visitor: str, job: Job[Any]) -> None:
        """Forget a job that is done."""
        with self._lock:
            if self._jobs.get(visitor) is job:
                del self._jobs[visitor]

    def cancel(self, visitor: str, seq: float) -> None:
        """Cancel the visitor's job, unless it is newer than `seq`."""
        with self._lock, suppress(Cancelled):
            self._supersede(visitor, seq)

    def leave(self, visitor: str) -> None:
        """Cancel the job of a visitor who has left, and forget the visitor."""
        with self._lock:
            self._supersede(visitor, math.inf)
            del self._newest[visitor]
