"""A drawing takes a short way past Gradio, and gets the answer that Gradio would give."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

import httpx
import pytest

from bench.server_process import Server
from server.http.draw_route import ADDRESS
from tests.browser.conftest import Visit
from tests.browser.hosting.test_hostile_requests import BODIES
from train.data.drawing.strokes import load

LONG_WAY = "/gradio_api/api/draw"  # the same endpoint, by the other name that Gradio gives it
DRAWINGS = {
    "a character": {"seq": 5.25, "strokes": [stroke.tolist() for stroke in load("お")], "model": "kmnist"},
    "the default model": {"seq": 5.5, "strokes": [stroke.tolist() for stroke in load("お")]},
    "an unknown model": {"seq": 6, "strokes": [stroke.tolist() for stroke in load("お")], "model": "none"},
    "nothing": {"seq": 7, "strokes": []},
    "no seq": {"strokes": [[[0, 0], [9, 9]]]},
    "a wild seq": {"seq": [1], "strokes": [[[0, 0], [9, 9]]]},
    "an endless seq": {"seq": 10**400, "strokes": [[[0, 0], [9, 9]]]},
    "empty strokes": {"seq": 1, "strokes": [[]] * 500_000},
    "bad points": {"seq": 1, "strokes": [[["a", 1]]]},
    "too many points": {"seq": 1, "strokes": [[[n % 10, 1] for n in range(100_001)]]},
}


@pytest.mark.parametrize("name", DRAWINGS)
def test_both_ways_give_the_same_answer(app: Server, name: str) -> None:
    body = {"data": [json.dumps(DRAWINGS[name])], "session_hash": "s"}
    short, long = (httpx.post(f"{app.url}{way}", json=body, timeout=30) for way in (ADDRESS, LONG_WAY))
    assert short.status_code == long.status_code == 200
    assert short.json()["data"] == long.json()["data"]
    assert short.json().keys() <= long.json().keys()
    assert {"data", "is_generating", "duration", "average_duration"} <= short.json().keys()


@pytest.mark.parametrize("payload", ["", "{", "[]", '{"strokes": 5}', '{"seq": 1}', 5, None, {"strokes": []}, ["x"]], ids=str)
def test_what_is_no_drawing_is_refused_or_empty_on_both_ways(app: Server, payload: object) -> None:
    short, long = (httpx.post(f"{app.url}{way}", json={"data": [payload]}, timeout=30) for way in (ADDRESS, LONG_WAY))
    assert (short.status_code == 200) == (long.status_code == 200)
    if short.status_code == 200:
        assert short.json()["data"] == long.json()["data"]
    else:
        assert short.status_code == 400
        assert short.json()["error"].endswith(".")


@pytest.mark.parametrize("name", BODIES)
def test_bodies_that_are_no_message_are_refused(app: Server, name: str) -> None:
    reply = httpx.post(f"{app.url}{ADDRESS}", content=BODIES[name], headers={"Content-Type": "application/json"}, timeout=30)
    assert reply.status_code == (413 if name == "50 MB" else 400)
    assert reply.json()["error"].endswith(".")


@pytest.mark.parametrize("query", ["", "?read=kmnist", "?read=kana&__theme=dark#room", "?utm_source=a%26b&q=%E3%81%82+/run/predict&q"])
def test_the_page_takes_the_short_way_whatever_its_address(app: Server, visit: Visit, query: str) -> None:
    hand = visit(f"{app.url}/{query}", read=None)
    with hand.page.expect_response(lambda response: "/gradio_api/run/" in response.url) as reply:
        hand.draw("つ")
    assert urlsplit(reply.value.url).path == ADDRESS
    assert "changed_state_ids" not in reply.value.json(), "Gradio's own answer has more"
    hand.expect_character("つ")


def test_a_password_is_asked_on_this_way_too() -> None:
    server = Server("app.py", sign="/readyz")
    server.start(KUZUSHIJI_AUTH="someone:secret")
    try:
        body = {"data": [json.dumps(DRAWINGS["a character"])]}
        assert httpx.post(f"{server.url}{ADDRESS}", json=body).status_code == 401
        with httpx.Client(timeout=30) as client:
            client.post(f"{server.url}/login", data={"username": "someone", "password": "secret"})
            assert "お" in client.post(f"{server.url}{ADDRESS}", json=body).json()["data"][0]
    finally:
        server.stop()
