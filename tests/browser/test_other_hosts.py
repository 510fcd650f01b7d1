"""The page asks nothing of any other host."""

from __future__ import annotations

from urllib.parse import urlsplit

from playwright.sync_api import Browser

from tests.browser.conftest import DEVICES
from tests.browser.hand import Hand
from tests.browser.servers import Server


def test_every_request_goes_to_our_own_server(browser: Browser, app: Server) -> None:
    context = browser.new_context(**DEVICES["desktop"])
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    hand = Hand(context.new_page())
    hand.page.goto(app.url)
    hand.canvas.wait_for()
    hand.draw("お")
    hand.expect_character("お")
    hand.page.wait_for_load_state("networkidle")
    hand.page.get_by_role("button", name="Use via API").click()
    hand.page.get_by_text("/read_strokes").first.wait_for()
    hand.page.wait_for_load_state("networkidle")
    context.close()
    hosts = {urlsplit(url).netloc for url in asked if not url.startswith(("data:", "blob:"))}
    assert hosts == {urlsplit(app.url).netloc}
    assert len(asked) > 10


def test_the_fonts_are_the_systems(hand: Hand) -> None:
    loaded = hand.page.evaluate("[...document.fonts].filter((font) => font.status !== 'unloaded').map((font) => font.family)")
    assert loaded == []
