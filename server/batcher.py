"""What many visitors draw, read together: one thread takes all that waits into one forward pass."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, InvalidStateError, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from kmnist_model import KmnistError, Reading, Recognizer, from_strokes
from kmnist_model.image import as_image
from kmnist_model.preprocess import InkImage, from_image

T = TypeVar("T")

MOST = 32  # inks in one forward pass: more would keep the first of them waiting
WAITING = 200  # readings that may wait, about half a second's work on two cores; more are told to come back
_FEW = 1_000  # points and strokes that are drawn in about a millisecond; larger drawings must not hold up the others
_SLOW_AT_ONCE = 2  # large drawings, and pictures, made ready at a time
_SLOW_WAITING = 32


class Busy(KmnistError):
    """More is waiting to be read than this machine can do soon."""

    def __init__(self) -> None:
        super().__init__("Many people are being read at this moment: try again.")


@dataclass
class _Wish:
    """An ink, or how to make it, and who waits for its reading."""

    make: Callable[[], InkImage]
    answer: Future[Reading] = field(default_factory=Future)


class Batcher:
    """Reads for many at once with one `recognizer`; await its readings from any event loop.

    What can take long to make ready (pictures, drawings of very many points) is made ready by other threads, so that no one's stroke waits for it.
    """

    def __init__(self, recognizer: Recognizer) -> None:
        self._recognizer = recognizer
        self._wishes: queue.Queue[_Wish] = queue.Queue(WAITING)
        self._slow = ThreadPoolExecutor(_SLOW_AT_ONCE, "slow-ink")
        self._slow_waiting = threading.BoundedSemaphore(_SLOW_WAITING)
        threading.Thread(target=self._run, name="batcher", daemon=True).start()

    async def read_strokes(self, strokes: Sequence[Sequence[Sequence[float]]]) -> Reading:
        """Like `Recognizer.read_strokes`; raises `Busy` at once where too much is waiting."""
        if _is_small(strokes):
            return await self._read(lambda: from_strokes(strokes))
        return await self.read_ink(await self.slowly(lambda: from_strokes(strokes)))

    async def read(self, picture: bytes) -> Reading:
        """Like `Recognizer.read` of the bytes of a file; raises `Busy` at once where too much is waiting."""
        return await self.read_ink(await self.slowly(lambda: from_image(as_image(picture))))

    async def read_ink(self, ink: InkImage) -> Reading:
        """Like `Recognizer.read_ink` of one ink (28, 28) uint8; raises `Busy` at once where too much is waiting."""
        return await self._read(lambda: ink)

    def waiting(self) -> int:
        """How many wait for their reading."""
        return self._wishes.qsize()

    async def slowly(self, do: Callable[[], T]) -> T:
        """What `do` returns, from one of the threads that hold up no one; raises `Busy` at once where too much is waiting."""
        if not self._slow_waiting.acquire(blocking=False):
            raise Busy
        try:
            return await asyncio.get_running_loop().run_in_executor(self._slow, do)
        finally:
            self._slow_waiting.release()

    async def _read(self, make: Callable[[], InkImage]) -> Reading:
        wish = _Wish(make)
        try:
            self._wishes.put_nowait(wish)
        except queue.Full:
            raise Busy from None
        return await asyncio.wrap_future(wish.answer)

    def _run(self) -> None:
        while True:
            wishes = [self._wishes.get()]
            while len(wishes) < MOST:
                try:
                    wishes.append(self._wishes.get_nowait())
                except queue.Empty:
                    break
            self._answer(wishes)

    def _answer(self, wishes: list[_Wish]) -> None:
        ready: list[tuple[_Wish, InkImage]] = []
        for wish in wishes:
            if wish.answer.cancelled():  # who asked has left
                continue
            try:
                ready.append((wish, wish.make()))
            except Exception as error:  # noqa: BLE001 - it is raised again where the reading is awaited
                _settle(wish.answer.set_exception, error)
        if not ready:
            return
        try:
            readings = self._recognizer.read_ink(np.stack([ink for _, ink in ready]))
        except Exception as error:  # noqa: BLE001 - as above; the thread must live on
            for wish, _ in ready:
                _settle(wish.answer.set_exception, error)
            return
        for (wish, _), reading in zip(ready, readings, strict=True):
            _settle(wish.answer.set_result, reading)


def _settle(settle: Callable[[Any], None], value: Any) -> None:
    try:
        settle(value)
    except InvalidStateError:  # cancelled meanwhile
        return


def _is_small(strokes: Any) -> bool:
    """Whether drawing them takes no time; what is not of their shape is refused in no time."""
    if not isinstance(strokes, list):
        return True
    return len(strokes) + sum(len(stroke) if isinstance(stroke, list) else 1 for stroke in strokes) <= _FEW
