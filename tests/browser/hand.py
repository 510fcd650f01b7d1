"""What a visitor's hand and eye do: draw with mouse or finger, and read the answer off the page."""

from __future__ import annotations

import json
import time
from typing import Any

from playwright.sync_api import FloatRect, Locator, Page, Request, expect

from train.data.drawing.strokes import load, resample

MESSAGES = "**/gradio_api/run/**"  # where the page sends drawings and pictures
Line = list[tuple[float, float]]  # points as shares of the pad's side


def strokes_of(character: str, fill: float = 0.8) -> list[Line]:
    """KanjiVG's strokes of `character`, on `fill` of the pad's side."""
    edge = (1 - fill) / 2
    return [[(edge + x / 109 * fill, edge + y / 109 * fill) for x, y in resample(stroke, 4).tolist()] for stroke in load(character)]


ZIGZAG: Line = [(0.1 + 0.02 * n, 0.1 + 0.8 * (n % 2)) for n in range(40)]


class Hand:
    """A hand on one `page`; `sent` is every message that the page has sent: a drawing or a picture; `details` those on real ones and reasons."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.sent: list[dict[str, Any]] = []
        self._clock = 0.0
        self.details: list[dict[str, Any]] = []
        page.on("request", self._note)
        page.add_init_script("window.seqs = []; addEventListener('ink', (event) => seqs.push(event.detail.seq), true)")

    def _note(self, request: Request) -> None:
        if "/gradio_api/run/" in request.url and request.post_data:
            message = json.loads(json.loads(request.post_data)["data"][0])
            details = "ink" in message or ("character" in message and "key" not in message)  # what comes beside an answer, and later
            (self.details if details else self.sent).append(message)

    def clock(self, after: float | None) -> float:
        """The time of the next event of fingers or pen, in seconds: now, or so many ms after the last one, however slow this machine is."""
        self._clock = time.time() if after is None else self._clock + after / 1000
        return self._clock

    # ---- the pad

    @property
    def canvas(self) -> Locator:
        return self.page.locator(".sketchpad canvas").first

    def box(self) -> FloatRect:
        box = self.canvas.bounding_box()
        assert box is not None, "the pad is not on the page"
        return box

    def at(self, point: tuple[float, float]) -> tuple[float, float]:
        """Where `point`, in shares of the pad's side, is on the page."""
        box = self.box()
        return box["x"] + point[0] * box["width"], box["y"] + point[1] * box["height"]

    def down(self, point: tuple[float, float]) -> None:
        self.page.mouse.move(*self.at(point))
        self.page.mouse.down()

    def stroke(self, line: Line) -> None:
        """Draw one stroke by mouse."""
        box = self.box()
        self.down(line[0])
        for x, y in line[1:]:
            self.page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
        self.page.mouse.up()

    def draw(self, character: str) -> None:
        """Draw `character` by mouse."""
        for line in strokes_of(character):
            self.stroke(line)

    def fingers(self) -> Fingers:
        return Fingers(self)

    def pen(self) -> Pen:
        return Pen(self)

    def button(self, name: str) -> Locator:
        return self.page.locator(f".sketchpad .{name}").first

    def ink(self) -> int:
        """How many of the pad's pixels hold ink."""
        return self.canvas.evaluate(
            """(canvas) => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.filter((v, i) => i % 4 === 3 && v).length"""
        )

    # ---- the answer

    @property
    def answer(self) -> Locator:
        return self.page.locator(".answer")

    def expect_state(self, state: str) -> None:
        expect(self.answer).to_have_attribute("data-state", state)

    def expect_character(self, character: str) -> None:
        """Wait for the answer to what was sent last, and compare."""
        self.expect_settled()
        expect(self.page.locator(".answer[data-state=character] .glyph")).to_have_text(character)

    def expect_settled(self) -> None:
        """Wait until what was sent last is answered."""
        self.page.wait_for_function("seqs.length && Number(document.querySelector('.answer').dataset.seq) === seqs.at(-1)")

    def watch_answers(self) -> None:
        """Keep a list of every answer that is painted from now on, for `seen`."""
        self.page.evaluate(
            """() => {
              const view = document.querySelector(".view");
              const look = () => { const a = view.querySelector(".answer"); return a.dataset.state + ":" + a.querySelector(".glyph").textContent; };
              window.seen = [];
              new MutationObserver(() => window.seen.at(-1) !== look() && window.seen.push(look()))
                .observe(view, { subtree: true, childList: true, attributes: true, characterData: true });
            }"""
        )

    def seen(self) -> list[str]:
        """Each answer painted since `watch_answers`, as `state:character`."""
        return self.page.evaluate("window.seen")


class Fingers:
    """Fingers on a touch screen, through the browser's own input pipeline."""

    def __init__(self, hand: Hand) -> None:
        self._hand = hand
        self._browser = hand.page.context.new_cdp_session(hand.page)

    def touch(self, kind: str, *points: tuple[float, float], radius: float = 1, after: float | None = None) -> None:
        """Send touchStart, touchMove, touchEnd or touchCancel with all fingers that are down, at `points` on the page; `radius` is in px."""
        touches = [{"x": x, "y": y, "id": n, "radiusX": radius, "radiusY": radius} for n, (x, y) in enumerate(points)]
        self._browser.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches, "timestamp": self._hand.clock(after)})

    def stroke(self, line: Line) -> None:
        points = [self._hand.at(point) for point in line]
        self.touch("touchStart", points[0])
        for point in points[1:]:
            self.touch("touchMove", point)
        self.touch("touchEnd")

    def draw(self, character: str) -> None:
        for line in strokes_of(character):
            self.stroke(line)


class Pen:
    """A pen on a screen, through the browser's own input pipeline."""

    def __init__(self, hand: Hand) -> None:
        self._hand = hand
        self._browser = hand.page.context.new_cdp_session(hand.page)

    def _send(self, kind: str, point: tuple[float, float], after: float | None, **state: Any) -> None:
        x, y = self._hand.at(point)
        event = {"type": kind, "x": x, "y": y, "pointerType": "pen", "timestamp": self._hand.clock(after)}
        self._browser.send("Input.dispatchMouseEvent", event | state)

    def hover(self, point: tuple[float, float]) -> None:
        self._send("mouseMoved", point, None, button="none", buttons=0)

    def stroke(self, line: Line, after: float | None = None) -> None:
        """Draw one stroke, which begins so many ms after the last event."""
        down: dict[str, Any] = {"button": "left", "buttons": 1, "clickCount": 1, "force": 0.5}
        self._send("mousePressed", line[0], after, **down)
        for point in line[1:]:
            self._send("mouseMoved", point, None, **down)
        self._send("mouseReleased", line[-1], None, **(down | {"buttons": 0}))
