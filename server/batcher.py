"""Request batching: one thread reads all waiting drawings of all visitors, in one forward pass for each model."""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, InvalidStateError, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np

from kmnist_model import InkError, KmnistError, Reading, Recognizer, from_strokes
from kmnist_model.characters import historical_forms
from kmnist_model.characters.historical_forms import Form
from kmnist_model.image import as_image
from kmnist_model.preprocess import InkImage, from_picture
from server.languages.catalogue import english
from server.models import Models

T = TypeVar("T")
_LOG = logging.getLogger(__name__)

MAX_BATCH = 32  # inks in one forward pass; more would delay the first of them
MAX_WAITING = 200  # requests in the queue, about half a second's work on two cores; more are rejected
_SMALL_DRAWING = 1_000  # points and strokes that are rendered in about a millisecond; larger drawings must not delay others
_SLOW_THREADS = 2
_MAX_SLOW = 32  # slow tasks, running and waiting


class Busy(KmnistError):
    """Too many requests are waiting."""

    def __init__(self) -> None:
        super().__init__(english("error.busy"))


@dataclass
class _Request:
    """The recogniser that is asked, a function that makes its ink, and the future of the reading."""

    recognizer: Recognizer
    make_ink: Callable[[], InkImage]
    reading: Future[Reading] = field(default_factory=Future)


class Batcher:
    """Reads in batches with one of the `models`, by default the first; its readings can be awaited from any event loop.

    Inks that take long to make (pictures, very large drawings) are made in other threads, so that they do not delay small drawings.
    """

    def __init__(self, models: Models) -> None:
        self.models = models
        self._requests: queue.Queue[_Request] = queue.Queue(MAX_WAITING)
        self._slow = ThreadPoolExecutor(_SLOW_THREADS, "slow-ink")
        self._forms_failed = False
        self._slow_slots = threading.BoundedSemaphore(_MAX_SLOW)
        threading.Thread(target=self._run, name="batcher", daemon=True).start()

    async def read_strokes(self, strokes: Sequence[Sequence[Sequence[float]]], model: str | None = None) -> Reading:
        """Like `Recognizer.read_strokes`. Raises `UnknownModel`, and `Busy` at once if too many requests are waiting."""
        recognizer = self.models.recognizer(model)
        if _is_small(strokes):
            return await self._read(recognizer, lambda: from_strokes(strokes, recognizer.size))
        return await self.read_ink(await self.run_slow(lambda: from_strokes(strokes, recognizer.size)), model)

    async def read(self, picture: bytes, model: str | None = None) -> Reading:
        """Like `Recognizer.read`, for the bytes of a file. Raises `UnknownModel`, and `Busy` at once if too many requests are waiting."""
        size = self.models.recognizer(model).size
        found = await self.run_slow(lambda: from_picture(as_image(picture), size))
        reading = await self.read_ink(found.ink, model)
        return reading.without_marks() if found.dropped else reading

    async def read_ink(self, ink: InkImage, model: str | None = None) -> Reading:
        """Like `Recognizer.read_ink`, for one ink (size, size) uint8. Raises `InkError` for another size, `UnknownModel` and `Busy`."""
        recognizer = self.models.recognizer(model)
        if ink.shape != (recognizer.size, recognizer.size):  # in a batch it would fail the others too
            raise InkError(english("error.ink_size", size=recognizer.size))
        return await self._read(recognizer, lambda: ink)

    def waiting(self) -> int:
        """The number of requests in the queue."""
        return self._requests.qsize()

    async def run_slow(self, function: Callable[[], T]) -> T:
        """The result of `function`, run in a thread for slow tasks. Raises `Busy` at once if too many are waiting."""
        if not self._slow_slots.acquire(blocking=False):
            raise Busy
        try:
            return await asyncio.get_running_loop().run_in_executor(self._slow, function)
        finally:
            self._slow_slots.release()

    async def _read(self, recognizer: Recognizer, make_ink: Callable[[], InkImage]) -> Reading:
        request = _Request(recognizer, make_ink)
        try:
            self._requests.put_nowait(request)
        except queue.Full:
            raise Busy from None
        return await asyncio.wrap_future(request.reading)

    def _run(self) -> None:
        while True:
            requests = [self._requests.get()]
            while len(requests) < MAX_BATCH:
                try:
                    requests.append(self._requests.get_nowait())
                except queue.Empty:
                    break
            self._answer(requests)

    def _answer(self, requests: list[_Request]) -> None:
        ready: dict[Recognizer, list[tuple[_Request, InkImage]]] = {}
        for request in requests:
            if request.reading.cancelled():  # the visitor has left
                continue
            try:
                ready.setdefault(request.recognizer, []).append((request, request.make_ink()))
            except Exception as error:  # noqa: BLE001 - it is raised again where the reading is awaited
                _settle(request.reading.set_exception, error)
        for recognizer, asked in ready.items():
            try:
                readings = recognizer.read_ink(np.stack([ink for _, ink in asked]))
            except Exception as error:  # noqa: BLE001 - as above; the thread must live on
                for request, _ in asked:
                    _settle(request.reading.set_exception, error)
                continue
            for (request, _), reading, form in zip(asked, readings, self._forms(readings, recognizer), strict=True):
                _settle(request.reading.set_result, replace(reading, form=form))

    def _forms(self, readings: list[Reading], recognizer: Recognizer) -> list[Form | None]:
        """The historical form of each reading; none where that fails, which is logged once."""
        try:
            return historical_forms.forms_of(readings, recognizer)
        except Exception:  # noqa: BLE001 - a form is a detail, and the thread must live on
            if not self._forms_failed:
                _LOG.warning("historical forms cannot be found: readings are answered without", exc_info=True)
            self._forms_failed = True
            return [None] * len(readings)


def _settle(settle: Callable[[Any], None], value: Any) -> None:
    try:
        settle(value)
    except InvalidStateError:  # cancelled meanwhile
        return


def _is_small(strokes: Any) -> bool:
    """Whether the strokes are rendered fast, or are of a wrong shape and thus rejected fast."""
    if not isinstance(strokes, list):
        return True
    return len(strokes) + sum(len(stroke) if isinstance(stroke, list) else 1 for stroke in strokes) <= _SMALL_DRAWING
