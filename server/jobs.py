"""Work for one visitor at a time: it tells how far it is, and stops when the visitor leaves or asks for something newer."""

from __future__ import annotations

import ctypes
import math
import os
import queue
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Generic, TypeVar

T = TypeVar("T")
Tell = Callable[[float, str], None]


_PATIENCE = 0.25  # seconds between two looks whether who waits is still wanted
_NICE = 19  # the last in the line for the processor
_REMEMBERED = 10_000  # visitors whose latest turn is known


class Abandoned(Exception):
    """The visitor has left, or has asked for something newer."""


class Work(Generic[T]):
    """One piece of work in a thread of its own; iterate to hear (share 0..1, what is being done), then take its `result`."""

    def __init__(self, job: Callable[[Tell], T]) -> None:
        self._news: queue.SimpleQueue[tuple[float, str] | None] = queue.SimpleQueue()
        self._abandoned = threading.Event()
        self._outcome: T | None = None
        self._trouble: BaseException | None = None
        threading.Thread(target=self._run, args=(job,), daemon=True).start()

    def _run(self, job: Callable[[Tell], T]) -> None:
        _step_back()
        try:
            self._outcome = job(self._tell)
        except BaseException as error:  # noqa: BLE001 - it is raised again where the result is asked for
            self._trouble = error
        self._news.put(None)

    def _tell(self, share: float, doing: str) -> None:
        if self._abandoned.is_set():
            raise Abandoned
        self._news.put((share, doing))

    def abandon(self) -> None:
        """Let it stop at the next step."""
        self._abandoned.set()

    def __iter__(self) -> Iterator[tuple[float, str]]:
        try:
            while (news := self._news.get()) is not None:
                yield news
        finally:  # also when the visitor's connection is closed in the middle
            self.abandon()

    def result(self) -> T:
        """What the work came to, after the last of its news; raises what it raised."""
        if self._trouble is not None:
            raise self._trouble
        return self._outcome  # type: ignore[return-value]


def _step_back() -> None:
    """Let this thread, and those it starts, have the processor after those that answer strokes; on Linux, where threads have a priority of their own."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)


def _give_back() -> None:
    """Return freed memory to the system where the C library would keep it: glibc holds about 150 MB after large pages."""
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (AttributeError, OSError, TypeError):  # another C library
        return


class Desk:
    """The work under way for each visitor, at most one; at most `at_once` jobs run, the others wait for their place and say so.

    What a visitor asks for has a `turn`, larger than those before: a small message may overtake a large one on its way, and what comes
    late must not take the place of what is newer.
    """

    def __init__(self, at_once: int) -> None:
        self._under_way: dict[str, Work] = {}
        self._latest: OrderedDict[str, float] = OrderedDict()  # the turn of each visitor's latest wish
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(at_once)

    def begin(self, visitor: str, job: Callable[[Tell], T], turn: float = math.inf) -> Work[T]:
        """Begin work for `visitor`, in place of what was under way; raises `Abandoned` where something newer was asked for already."""
        with self._lock:
            self._abandon(visitor, turn)
            work = self._under_way[visitor] = Work(lambda tell: self.in_turn(job, tell))
        return work

    def _abandon(self, visitor: str, turn: float) -> None:
        if turn < self._latest.get(visitor, -math.inf):
            raise Abandoned
        self._latest[visitor] = turn
        self._latest.move_to_end(visitor)
        if len(self._latest) > _REMEMBERED:
            self._latest.popitem(last=False)
        before = self._under_way.pop(visitor, None)
        if before is not None:
            before.abandon()

    def in_turn(self, job: Callable[[Tell], T], tell: Tell) -> T:
        """Do `job` here as soon as there is a place; `tell` may end the waiting by raising."""
        while not self._places.acquire(timeout=_PATIENCE):
            tell(0.0, "Waiting until other pages are read")
        try:
            return job(tell)
        finally:
            _give_back()
            self._places.release()

    def end(self, visitor: str, work: Work) -> None:
        """Forget `work`, which is done."""
        with self._lock:
            if self._under_way.get(visitor) is work:
                del self._under_way[visitor]

    def leave(self, visitor: str, turn: float | None = None) -> None:
        """Abandon the visitor's work, unless it is newer than `turn`; without one the visitor has gone, and is forgotten."""
        with self._lock, suppress(Abandoned):
            self._abandon(visitor, math.inf if turn is None else turn)
            if turn is None:
                del self._latest[visitor]
