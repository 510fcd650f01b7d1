"""Load generator: visitors over raw HTTP, some draw, some have a page read; every answer is checked."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx
import numpy as np
from pydantic import ValidationError

from kmnist_model import KMNIST, Recognizer
from server.messages import AnswerMessage
from train.data.drawing import strokes

PACE = 0.3  # seconds between the ends of two strokes
BUSY = "try again"  # how an honest refusal ends
_TIMEOUT = 60.0  # seconds


@dataclass(frozen=True)
class Sketch:
    """One character as it grows: the strokes on the pad after each stroke, and the expected answer (state, character or "")."""

    stages: tuple[tuple[list[Any], tuple[str, str]], ...]


def sketches(recognizer: Recognizer, count: int, seed: int = 0) -> list[Sketch]:
    """`count` characters in a jittered hand, as a pad sends them, with their readings."""
    rng = np.random.default_rng(seed)
    found = []
    for number in range(count):
        drawing = strokes.jitter(strokes.load(KMNIST.characters[number % len(KMNIST)]), rng)
        lines = [[[round(x * 9, 1), round(y * 9, 1), 16 * n] for n, (x, y) in enumerate(strokes.resample(line, 1.0))] for line in drawing]
        stages = []
        for last in range(1, len(lines) + 1):
            reading = recognizer.read_strokes(lines[:last])
            known = reading.candidates[0].character if reading.verdict == "character" else ""
            stages.append((lines[:last], (reading.verdict, known)))
        found.append(Sketch(tuple(stages)))
    return found


@dataclass
class Tally:
    """Results of the visitors: times in ms from sending a drawing (`answered`) and from the end of its stroke (`waited`) to the answer."""

    answered: list[float] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)
    pages: list[float] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def fail(self, outcome: str, what: str) -> None:
        """Count a failure, and keep the first few for the report."""
        self.outcomes[outcome] += 1
        if len(self.wrong) < 10:
            self.wrong.append(f"{outcome}: {what[:200]}")


class Drawer:
    """A visitor who draws: a stroke ends every `PACE` seconds.

    Like the page it has one message in flight, and then sends the newest of those that came meanwhile.
    """

    def __init__(self, client: httpx.AsyncClient, offered: list[Sketch], number: int, tally: Tally, stay: float, queued: bool) -> None:
        self._client, self._tally, self._stay = client, tally, stay
        self._send = self._through_queue if queued else self._straight
        self._rng = np.random.default_rng([7, number])
        self._offered = offered
        self._session = uuid.uuid4().hex

    async def draw(self, until: float) -> None:
        """Draw until that moment of `time.perf_counter`."""
        sketch, stage, seq = self._next(), 0, 0
        due = time.perf_counter() + self._rng.uniform(0, PACE)
        left = time.perf_counter() + self._stay
        while due < until:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            now = time.perf_counter()
            while due + PACE <= now:  # strokes that ended while an answer was awaited: the last alone is sent
                due += PACE
                stage += 1
                self._tally.outcomes["overtaken"] += 1
            while stage >= len(sketch.stages):
                stage -= len(sketch.stages)
                sketch = self._next()
            seq += 1
            lines, expected = sketch.stages[stage]
            began = time.perf_counter()
            await self._ask(lines, seq, expected)
            self._tally.answered.append(1000 * (time.perf_counter() - began))
            self._tally.waited.append(1000 * (time.perf_counter() - due))
            stage += 1
            due += PACE
            if time.perf_counter() > left:  # a new visitor comes in their place
                self._session, left = uuid.uuid4().hex, time.perf_counter() + self._stay

    def _next(self) -> Sketch:
        return self._offered[int(self._rng.integers(len(self._offered)))]

    async def _ask(self, lines: list[Any], seq: int, expected: tuple[str, str]) -> None:
        message = json.dumps({"seq": seq, "strokes": lines, "model": "kmnist"})
        try:
            reply, text = await self._send(message)
        except httpx.HTTPError as error:
            return self._tally.fail("broken", f"{type(error).__name__} {error}")
        if reply.status_code != 200:
            return self._tally.fail(
                "busy" if reply.status_code == 503 and BUSY in reply.text else "error", f"{reply.status_code} {reply.text}"
            )
        try:
            answer = AnswerMessage.model_validate_json(text)
        except ValidationError:
            return self._tally.fail("error", text)
        if answer.state == "error":
            return self._tally.fail("busy" if BUSY in text else "error", text)
        character = answer.candidates[0].character if answer.state == "character" else ""
        if (answer.state, character) != expected or answer.seq != seq:
            return self._tally.fail("wrong", f"{answer.state} {character} {answer.seq}, not {expected} {seq}")
        self._tally.outcomes["right"] += 1
        return None

    async def _straight(self, message: str) -> tuple[httpx.Response, str]:
        """As the page sends a drawing; the reply, and the JSON of the answer if there is one."""
        reply = await self._client.post("/gradio_api/run/draw", json={"data": [message], "session_hash": self._session})
        return reply, str(reply.json()["data"][0]) if reply.status_code == 200 else ""

    async def _through_queue(self, message: str) -> tuple[httpx.Response, str]:
        """The same for a page that uses Gradio's queue."""
        reply = await self._client.post("/gradio_api/call/draw", json={"data": [message]})
        if reply.status_code != 200:
            return reply, ""
        said = await self._client.get(f"/gradio_api/call/draw/{reply.json()['event_id']}")
        last = json.loads(said.text.strip().splitlines()[-1].removeprefix("data: "))
        return said, str(last[0]) if isinstance(last, list) else said.text


async def scan(client: httpx.AsyncClient, picture: bytes, text: str, until: float, tally: Tally, pause: float = 0.0) -> None:
    """Upload a page and have it read, again and again; `text` is what stands on it."""
    while time.perf_counter() < until:
        began = time.perf_counter()
        try:
            upload = await client.post("/gradio_api/upload", files={"files": ("page.jpg", picture)})
            data = [{"path": upload.json()[0], "meta": {"_type": "gradio.FileData"}}, "auto"]
            event = (await client.post("/gradio_api/call/read_page", json={"data": data})).json()["event_id"]
            said = (await client.get(f"/gradio_api/call/read_page/{event}")).text
        except httpx.HTTPError as error:
            tally.fail("page broken", f"{type(error).__name__} {error}")
            continue
        if "event: complete" not in said:
            tally.fail("page busy" if BUSY in said else "page error", said)
        elif json.loads(said.strip().splitlines()[-1].removeprefix("data: "))[0]["text"] != text:
            tally.fail("page wrong", said)
        else:
            tally.outcomes["pages"] += 1
            tally.pages.append(time.perf_counter() - began)
        await asyncio.sleep(pause)


async def visit(
    address: str,
    offered: list[Sketch],
    visitors: int,
    seconds: float,
    page: tuple[bytes, str] | None = None,
    pause: float = 0.0,
    stay: float = float("inf"),
    queued: bool = False,
) -> Tally:
    """Let `visitors` draw for that many seconds, and return what they met.

    Each leaves after `stay` seconds, and a new one comes. A `page` (file, text) is read beside them again and again, with a `pause`. `queued` sends the drawings through Gradio's queue.
    """
    tally = Tally()
    async with contextlib.AsyncExitStack() as stack:
        # one client each: the cost of a request grows with the connections that its client holds
        clients = [
            await stack.enter_async_context(httpx.AsyncClient(base_url=address, timeout=_TIMEOUT, verify=False))
            for _ in range(visitors + 1)
        ]
        until = time.perf_counter() + seconds
        tasks = [Drawer(client, offered, number, tally, stay, queued).draw(until) for number, client in enumerate(clients[1:])]
        if page:
            tasks.append(scan(clients[0], *page, until, tally, pause))
        await asyncio.gather(*tasks)
    return tally
