"""The server goes away and comes back: the drawing stays, and is read in the end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Route, expect

from bench.server_process import Server
from tests.browser.conftest import Visit
from tests.browser.hand import MESSAGES, Hand, strokes_of


@pytest.fixture
def own_app() -> Iterator[Server]:
    server = Server("app.py")
    server.start()
    yield server
    server.stop()


def test_a_drawing_outlives_a_restart_of_the_server(visit: Visit, own_app: Server) -> None:
    hand = visit(own_app.url)
    hand.draw("れ")
    hand.expect_character("れ")
    hand.page.evaluate("window.sameVisit = true")
    hand.button("clear").click()
    own_app.stop()

    first, *rest = strokes_of("や")
    hand.stroke(first)
    expect(hand.page.locator(".notice")).to_contain_text("Connection lost: your drawing is kept")
    for line in rest:
        hand.stroke(line)
    ink = hand.ink()

    own_app.start()
    hand.expect_character("や")
    expect(hand.page.locator(".notice")).to_be_hidden()
    assert hand.ink() == ink
    assert hand.page.evaluate("window.sameVisit"), "the page was loaded anew"

    hand.button("clear").click()
    hand.draw("つ")
    hand.expect_character("つ")


def test_a_proxy_without_a_server_behind_it_is_waited_for(hand: Hand) -> None:
    failures = 2

    def proxy(route: Route) -> None:
        nonlocal failures
        if failures:
            failures -= 1
            route.fulfill(status=502, body="<h1>Bad gateway</h1>")
        else:
            route.continue_()

    hand.page.route(MESSAGES, proxy)
    hand.draw("つ")
    expect(hand.page.locator(".notice")).to_be_visible()
    hand.expect_character("つ")
    expect(hand.page.locator(".notice")).to_be_hidden()
