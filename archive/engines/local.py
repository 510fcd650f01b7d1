"""Reads pages in processes of this machine; one that dies is replaced, and its page goes to the next one."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import connection
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from archive.errors import ArchiveError
from archive.iiif.download import Downloads
from archive.reader import PageReader
from archive.types import Item, Options, Outcome, Where
from kmnist_model.errors import KmnistError

_MAX_STARTS = 3  # that fail one after the other
_CONTEXT = multiprocessing.get_context("spawn")  # a fork of a process with threads may hang


@dataclass
class _Worker:
    """A process, our end of its pipe, the page it reads, and whether its weights are loaded."""

    process: BaseProcess
    pipe: Connection
    item: Item | None = None
    ready: bool = False

    def give(self, item: Item) -> None:
        """Have it read a page."""
        self.item = item
        with suppress(OSError):  # it has died; waiting for its answer tells
            self.pipe.send(item)

    def end(self) -> None:
        """End the process at once."""
        self.pipe.close()
        self.process.kill()
        self.process.join()


def read(items: Iterator[Item], options: Options, where: Where) -> Generator[Outcome]:
    """Read the pages by `where.workers` processes, and yield each as it is done; at most one page for each process is taken ahead.

    Raises `ArchiveError` where the weights cannot be loaded.
    """
    downloads = Downloads(where.out, where.rate)
    fetched = map(downloads.fetch, items)
    if (first := next(fetched, None)) is None:
        return
    pool = _Pool(options, where)
    try:
        yield from pool.read(first, fetched)
    finally:
        pool.end()


class _Pool:
    """The processes, each with a pipe of its own: one that is killed cannot leave a lock of a common queue behind."""

    def __init__(self, options: Options, where: Where) -> None:
        self._options, self._where = options, where
        self._workers = [self._start() for _ in range(where.workers or os.cpu_count() or 1)]
        self._failed = 0  # starts, one after the other

    def read(self, first: Item, rest: Iterator[Item]) -> Iterator[Outcome]:
        """Read the pages, and yield each as it is done. Raises `ArchiveError`."""
        again, more = deque([first]), True  # pages to read before `rest`, and whether that has any
        while True:
            for worker in self._workers:
                if worker.ready and worker.item is None and (again or more):
                    item = again.popleft() if again else next(rest, None)
                    if item is None:
                        more = False
                    else:
                        worker.give(item)
            waiting = [worker for worker in self._workers if worker.item is not None or not worker.ready]
            if not (again or more or any(worker.item for worker in waiting)):
                return
            for pipe in connection.wait([worker.pipe for worker in waiting]):
                worker = next(worker for worker in waiting if worker.pipe is pipe)
                try:
                    said = worker.pipe.recv()
                except (EOFError, OSError):
                    again.extend([worker.item] if worker.item else [])
                    self._replace(worker)
                    continue
                if isinstance(said, str):
                    raise ArchiveError(said)
                self._failed, worker.ready, worker.item = 0, True, None
                if said is not None:
                    yield said

    def end(self) -> None:
        """End all processes."""
        for worker in self._workers:
            worker.end()

    def _start(self) -> _Worker:
        ours, theirs = _CONTEXT.Pipe()
        process = _CONTEXT.Process(target=_work, args=(theirs, self._options, self._where), daemon=True)
        process.start()
        theirs.close()  # so that the pipe ends with the process
        return _Worker(process, ours)

    def _replace(self, dead: _Worker) -> None:
        """Start a process in place of one that has died. Raises `ArchiveError` if new ones die before they are ready."""
        self._failed = 0 if dead.ready else self._failed + 1
        if self._failed >= _MAX_STARTS:
            raise ArchiveError(f"{self._failed} processes died while they loaded the weights: use fewer --workers.")
        dead.end()
        self._workers[self._workers.index(dead)] = self._start()


def _work(pipe: Connection, options: Options, where: Where) -> None:
    """A process: say None when the weights are loaded, or a sentence where they cannot be, then answer pages until the pipe ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends this process
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):  # the parent has ended
        try:
            reader = PageReader(options, where)
        except KmnistError as error:
            pipe.send(str(error))
            return
        pipe.send(None)
        while True:
            pipe.send(reader.read(pipe.recv()))
