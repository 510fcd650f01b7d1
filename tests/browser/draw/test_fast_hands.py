"""Fast hands and slow networks: the answer on the page is the answer to what is on the sheet."""

from __future__ import annotations

import io
import random

import httpx
from playwright.sync_api import Route, expect

from bench.server_process import Server
from kmnist_model import KMNIST
from tests.browser.hand import MESSAGES, Hand
from tests.support.drawing import glyph


def read_by_api(app: Server, strokes: list) -> dict:
    call = f"{app.url}/gradio_api/call/read_strokes"
    event = httpx.post(call, json={"data": [strokes, "kmnist"]}).json()["event_id"]
    body = httpx.get(f"{call}/{event}").text
    return httpx.Response(200, text=body.partition("data: ")[2].strip()).json()[0]


def test_the_last_answer_of_a_fast_scribble_is_that_of_the_whole_scribble(hand: Hand, app: Server) -> None:
    chance = random.Random(3)
    for _ in range(40):
        hand.stroke([(chance.random(), chance.random()) for _ in range(3)])
    hand.expect_settled()
    assert len(hand.sent[-1]["strokes"]) == 40
    expected = read_by_api(app, hand.sent[-1]["strokes"])
    expect(hand.answer).to_have_attribute("data-state", expected["verdict"])


def test_characters_drawn_one_after_another_in_haste(hand: Hand) -> None:
    for character in KMNIST.characters:
        hand.page.keyboard.press("Escape")
        hand.draw(character)
    hand.expect_character(KMNIST.characters[-1])
    hand.expect_settled()
    hand.expect_character(KMNIST.characters[-1])


class Gate:
    """Holds back the messages that `which` names, until it is opened."""

    def __init__(self, hand: Hand, which: str = "") -> None:
        self._hand, self._which = hand, which
        self.held: list[Route] = []
        self._closed = True
        hand.page.route(MESSAGES, self._pass)

    def _pass(self, route: Route) -> None:
        if self._closed and self._which in (route.request.post_data or ""):
            self.held.append(route)
        else:
            route.continue_()

    def open(self) -> None:
        self._closed = False
        for route in self.held:
            with self._hand.page.expect_response(MESSAGES):
                route.continue_()


def test_a_late_reply_does_not_bring_a_cleared_answer_back(hand: Hand) -> None:
    gate = Gate(hand)
    with hand.page.expect_request(MESSAGES):
        hand.draw("お")
    hand.watch_answers()
    hand.button("clear").click()
    hand.expect_state("empty")
    gate.open()
    # What waited behind the late one is sent now; once that is answered, a late answer would have been painted.
    hand.stroke([(0.01, 0.01), (0.01, 0.01)])
    hand.expect_settled()
    assert [answer for answer in hand.seen() if answer != "empty:"][1:] == [], hand.seen()
    assert hand.sent[-1]["strokes"] != hand.sent[0]["strokes"]


def test_a_late_reply_to_a_picture_does_not_overwrite_a_drawing(hand: Hand) -> None:
    file = io.BytesIO()
    glyph("す").save(file, "PNG")
    gate = Gate(hand, "data:image")
    with hand.page.expect_request(MESSAGES):
        hand.page.locator(".picture .file").set_input_files({"name": "su.png", "mimeType": "image/png", "buffer": file.getvalue()})
    hand.draw("や")
    hand.expect_character("や")
    assert len(gate.held) == 1
    hand.watch_answers()
    gate.open()
    hand.stroke([(0.01, 0.01), (0.01, 0.01)])
    hand.expect_settled()
    assert not any("す" in answer for answer in hand.seen()), hand.seen()


def test_a_slow_reply_keeps_one_message_under_way_and_the_last_waiting(hand: Hand) -> None:
    gate = Gate(hand)
    with hand.page.expect_request(MESSAGES):
        hand.draw("ま")
    assert len(gate.held) == 1
    assert len(hand.sent) == 1
    gate.open()
    hand.expect_character("ま")
    assert len(hand.sent) == 2
