"""Who reads the pages: processes of their own, or the process that serves where it has a GPU or the operator wants so."""

from __future__ import annotations

import logging
import queue
from pathlib import Path
from typing import Protocol

from kmnist_model import Recognizer
from server.jobs import ReportProgress
from server.models import Models
from server.pages import task as pages
from server.pages.process import NotTaken, PageProcess
from server.pages.task import PageResult, PageTask
from server.runtime import lower_thread_priority, trim_memory
from server.settings import Settings
from server.zerogpu import Borrower

_LOG = logging.getLogger(__name__)

MAX_PAGES = 50  # that one process reads; a new one costs about as much as a page


class PageReaders(Protocol):
    """Reads at most `at_once` pages at a time."""

    at_once: int

    def warm_up(self) -> None:
        """Prepare for the first page, in the background."""

    def read(self, task: PageTask, report_progress: ReportProgress) -> PageResult:
        """Read a page. Raises `PictureError`, in a file of several pages `PageError`, and `Cancelled`."""

    def close(self) -> None:
        """End what has been started."""


class InThisProcess:
    """Reads pages in the thread that asks, whose priority it lowers."""

    def __init__(self, recognizer: Recognizer, at_once: int) -> None:
        self._recognizer, self.at_once = recognizer, at_once

    def warm_up(self) -> None:
        """See `PageReaders.warm_up`; the recogniser is loaded."""

    def close(self) -> None:
        """See `PageReaders.close`; there is nothing to end."""

    def read(self, task: PageTask, report_progress: ReportProgress) -> PageResult:
        """See `PageReaders.read`."""
        lower_thread_priority()
        try:
            return pages.read(task, self._recognizer, report_progress)
        finally:
            trim_memory()


class InProcesses:
    """Reads pages in `count` processes, which are started when they are first needed or by `warm_up`.

    A process is replaced after `max_pages` pages, when it dies, and when it computes for more than `timeout` seconds on a page.
    """

    def __init__(self, weights: Path, engine: str, count: int, timeout: float, max_pages: int = MAX_PAGES) -> None:
        self._weights, self._engine, self._timeout, self._max_pages = weights, engine, timeout, max_pages
        self.at_once = count
        self._idle: queue.SimpleQueue[PageProcess | None] = queue.SimpleQueue()
        for _ in range(count):
            self._idle.put(None)

    def warm_up(self) -> None:
        """Start all processes; they load their weights in the background."""
        for _ in range(self.at_once):
            self._idle.put(self._idle.get() or self._start())

    def read(self, task: PageTask, report_progress: ReportProgress) -> PageResult:
        """See `PageReaders.read`."""
        process = self._idle.get()
        try:
            if process is None or process.has_ended:
                process = self._start()
            try:
                return process.read(task, report_progress, self._timeout)
            except NotTaken:  # it had just died
                process.end()
                process = self._start()
                return process.read(task, report_progress, self._timeout)
        finally:
            self._idle.put(self._ready_for_next(process))

    def close(self) -> None:
        """End the processes that read nothing; the others end with this one."""
        while not self._idle.empty():
            if process := self._idle.get():
                process.end()

    def _ready_for_next(self, process: PageProcess | None) -> PageProcess | None:
        """The process, or a new one in place of one that has ended or has read enough; None where that cannot be started now."""
        if process and not process.has_ended and process.pages < self._max_pages:
            return process
        if process:
            process.end()
        try:
            return self._start()
        except OSError as error:
            _LOG.warning("No process that reads pages can be started (%s); the next page tries again", error)
            return None

    def _start(self) -> PageProcess:
        return PageProcess(self._weights, self._engine)


def choose(models: Models, settings: Settings) -> PageReaders:
    """Processes, as many as the settings say; this one if they say none, or if pages are read on a GPU."""
    recognizer = models.pages
    if not settings.page_processes or recognizer.device != "cpu" or isinstance(recognizer, Borrower):
        return InThisProcess(recognizer, settings.pages_at_once)
    return InProcesses(models.page_weights, settings.engine, settings.page_processes, settings.page_timeout)
