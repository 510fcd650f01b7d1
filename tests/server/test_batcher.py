"""Many who draw are read together: each gets their own answer, no one waits for another's trouble, and too many are told at once."""

from __future__ import annotations

import asyncio
import io
import threading
import time
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np
import pytest

from kmnist_model import InkError, Reading, Recognizer
from kmnist_model.characters import historical_forms
from kmnist_model.characters.historical_forms import Form
from server.batcher import MAX_BATCH, MAX_WAITING, Batcher, Busy
from server.models import Models, UnknownModel
from tests.support.drawing import glyph
from train.data.drawing import strokes

T = TypeVar("T")


class Slow:
    """The shipped recogniser, that counts its passes and can be held up."""

    def __init__(self, recognizer: Recognizer) -> None:
        self._recognizer = recognizer
        self.size, self.fingerprint = recognizer.size, recognizer.fingerprint
        self.passes: list[int] = []
        self.go = threading.Event()
        self.go.set()

    def read_ink(self, inks: Any) -> list[Reading]:
        self.go.wait(20)
        self.passes.append(len(inks))
        return self._recognizer.read_ink(inks)


def drawings(count: int) -> list[list[list[list[float]]]]:
    rng = np.random.default_rng(3)
    return [[line.tolist() for line in strokes.jitter(strokes.load("おきすつなはまやれを"[n % 10]), rng)] for n in range(count)]


def run(work: Coroutine[Any, Any, T]) -> T:
    """In an event loop of its own: this thread may have the browser's."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


async def settle() -> None:
    """Let what has been asked reach the batcher."""
    for _ in range(20):
        await asyncio.sleep(0.01)


def test_each_gets_the_reading_of_their_own_drawing(recognizer: Recognizer) -> None:
    slow, wanted = Slow(recognizer), drawings(60)
    batcher = Batcher(Models.only(slow))  # type: ignore[arg-type]

    async def ask() -> list[Reading]:
        slow.go.clear()
        tasks = [asyncio.ensure_future(batcher.read_strokes(drawing)) for drawing in wanted]
        await settle()
        slow.go.set()
        return await asyncio.gather(*tasks)

    found = run(ask())
    alone = [recognizer.read_strokes(drawing) for drawing in wanted]
    assert [(reading.verdict, reading.candidates[0].character) for reading in found] == [
        (reading.verdict, reading.candidates[0].character) for reading in alone
    ]
    assert all((one.ink == other.ink).all() for one, other in zip(found, alone, strict=True))
    assert sum(slow.passes) == 60
    assert len(slow.passes) <= 4
    assert max(slow.passes) == MAX_BATCH


def test_models_are_read_apart_each_at_its_own_size(recognizer: Recognizer, wide: Recognizer) -> None:
    """One queue and one batch, a pass for each model, and a failing model fails alone."""
    slow, large = Slow(recognizer), Slow(wide)
    batcher = Batcher(Models({"ten": slow, "wide": large}, {}, recognizer))  # type: ignore[dict-item]

    async def ask() -> list[Any]:
        slow.go.clear()
        first = asyncio.ensure_future(batcher.read_strokes(drawings(1)[0]))
        await settle()
        names = [None, "wide", "ten", "wide", "wide"]
        tasks = [asyncio.ensure_future(batcher.read_strokes(drawings(1)[0], name)) for name in names]
        await settle()
        slow.go.set()
        await first
        return await asyncio.gather(*tasks, return_exceptions=True)

    found = run(ask())
    assert [reading.ink.shape for reading in found] == [(28, 28), (48, 48), (28, 28), (48, 48), (48, 48)]
    assert (slow.passes, large.passes) == ([1, 2], [3])
    large.read_ink = fail  # type: ignore[method-assign]
    assert [type(answer) for answer in run(ask())] == [Reading, RuntimeError, Reading, RuntimeError, RuntimeError]


def fail(_: object) -> list[Reading]:
    raise RuntimeError("out of memory")


def test_a_picture_is_read_at_the_size_of_its_model(recognizer: Recognizer, wide: Recognizer) -> None:
    batcher = Batcher(Models({"ten": recognizer, "wide": wide}, {}, recognizer))
    file = io.BytesIO()
    glyph("お").save(file, "PNG")
    assert run(batcher.read(file.getvalue())).ink.shape == (28, 28)
    assert run(batcher.read(file.getvalue(), "wide")).ink.shape == (48, 48)


def test_what_names_no_model_or_has_another_size_is_refused_before_the_queue(recognizer: Recognizer) -> None:
    batcher = Batcher(Models.only(recognizer))
    with pytest.raises(UnknownModel, match=r"^There is no model of this name: choose one of kmnist\.$"):
        run(batcher.read_strokes(drawings(1)[0], "none"))
    with pytest.raises(InkError, match="28 x 28"):
        run(batcher.read_ink(np.zeros((48, 48), np.uint8)))


def test_a_bad_drawing_fails_alone(recognizer: Recognizer) -> None:
    batcher = Batcher(Models.only(recognizer))

    async def ask() -> list[Any]:
        wanted: list[Any] = [drawings(1)[0], [[["a", 1]]], drawings(2)[1], 5, [[[float("nan"), 1]]]]
        return await asyncio.gather(*(batcher.read_strokes(drawing) for drawing in wanted), return_exceptions=True)

    found = run(ask())
    assert [type(answer) for answer in found] == [Reading, InkError, Reading, InkError, InkError]


def test_a_failing_pass_is_told_and_the_next_is_read(recognizer: Recognizer, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Slow(recognizer)
    batcher = Batcher(Models.only(slow))  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(slow, "read_ink", fail)
        with pytest.raises(RuntimeError, match="out of memory"):
            run(batcher.read_strokes(drawings(1)[0]))
    assert run(batcher.read_strokes(drawings(1)[0])).verdict == "character"


def test_failing_forms_cost_the_form_alone_and_one_line_of_the_log(
    recognizer: Recognizer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> list[Form | None]:
        raise ValueError("broken")

    monkeypatch.setattr(historical_forms, "forms_of", fail)
    batcher = Batcher(Models.only(recognizer))
    found = [run(batcher.read_strokes(drawings(1)[0])) for _ in range(3)]
    assert [(reading.verdict, reading.candidates[0].character, reading.form) for reading in found] == [("character", "お", None)] * 3
    assert [(record.levelname, "without" in record.message) for record in caplog.records if record.name == "server.batcher"] == [
        ("WARNING", True)
    ]


@pytest.mark.usefixtures("damaged_forms")
def test_a_damaged_file_of_forms_costs_the_form_alone(recognizer: Recognizer, caplog: pytest.LogCaptureFixture) -> None:
    batcher = Batcher(Models.only(recognizer))
    found = [run(batcher.read_strokes(drawings(1)[0])) for _ in range(3)]
    assert [(reading.verdict, reading.form) for reading in found] == [("character", None)] * 3
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "make it again with python -m train forms." in caplog.records[0].message


@pytest.mark.alone
def test_too_many_are_told_at_once(recognizer: Recognizer) -> None:
    slow = Slow(recognizer)
    batcher = Batcher(Models.only(slow))  # type: ignore[arg-type]

    async def ask() -> tuple[list[Any], float]:
        slow.go.clear()
        first = asyncio.ensure_future(batcher.read_strokes(drawings(1)[0]))
        await settle()
        rest = [asyncio.ensure_future(batcher.read_strokes(drawings(1)[0])) for _ in range(MAX_WAITING)]
        await settle()
        assert batcher.waiting() == MAX_WAITING
        began = time.perf_counter()
        with pytest.raises(Busy, match=r"try again\.$"):
            await batcher.read_strokes(drawings(1)[0])
        took = time.perf_counter() - began
        slow.go.set()
        return await asyncio.gather(first, *rest), took

    found, took = run(ask())
    assert len(found) == MAX_WAITING + 1
    assert took < 0.1


def test_a_very_large_drawing_holds_up_no_one(recognizer: Recognizer) -> None:
    batcher = Batcher(Models.only(recognizer))
    rng = np.random.default_rng(0)
    large = [rng.uniform(0, 1000, (25_000, 2)).tolist() for _ in range(4)]

    async def ask() -> bool:
        await batcher.read_strokes(drawings(1)[0])
        heavy = asyncio.ensure_future(batcher.read_strokes(large))
        await asyncio.sleep(0)
        await batcher.read_strokes(drawings(1)[0])
        was_held_up = heavy.done()
        assert (await heavy).verdict != "blank"
        return was_held_up

    assert not run(ask())


def test_who_leaves_is_not_read(recognizer: Recognizer) -> None:
    slow = Slow(recognizer)
    batcher = Batcher(Models.only(slow))  # type: ignore[arg-type]

    async def ask() -> None:
        slow.go.clear()
        first = asyncio.ensure_future(batcher.read_strokes(drawings(1)[0]))
        await settle()
        gone = asyncio.ensure_future(batcher.read_strokes(drawings(1)[0]))
        await settle()
        gone.cancel()
        await settle()
        slow.go.set()
        await first
        await batcher.read_strokes(drawings(1)[0])

    run(ask())
    assert sum(slow.passes) == 2
