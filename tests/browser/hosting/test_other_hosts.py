"""The page asks nothing of any other host."""

from __future__ import annotations

from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, expect

from bench.server_process import Server
from tests.browser.conftest import DEVICES
from tests.browser.hand import Hand


def test_every_request_goes_to_our_own_server(browser: Browser, app: Server) -> None:
    context = browser.new_context(**DEVICES["desktop"])
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    hand = Hand(context.new_page())
    hand.page.goto(app.url)
    hand.canvas.wait_for()
    hand.draw("お")
    hand.expect_character("お")
    settle(hand.page)
    hand.page.get_by_role("button", name="Use via API").click()
    hand.page.get_by_text("/read_strokes").first.wait_for()
    settle(hand.page)
    hand.page.reload()
    hand.page.get_by_role("tab", name="Scan").click()
    hand.page.locator(".desk .example").first.click()
    expect(hand.page.locator(".desk")).to_have_attribute("data-state", "found", timeout=60_000)
    settle(hand.page)
    context.close()
    hosts = {urlsplit(url).netloc for url in asked if not url.startswith(("data:", "blob:"))}
    assert hosts == {urlsplit(app.url).netloc}
    assert len(asked) > 10


def settle(page: Page) -> None:
    """Wait until nothing has been loaded for a second.

    Playwright's "networkidle" never comes: the page keeps a connection open.
    """
    page.wait_for_function(
        """() => {
          const loaded = performance.getEntriesByType("resource").length;
          if (loaded !== window.loaded) [window.loaded, window.loadedAt] = [loaded, performance.now()];
          return performance.now() - window.loadedAt > 1000;
        }""",
        polling=100,
    )


def test_the_fonts_are_the_systems(hand: Hand) -> None:
    loaded = hand.page.evaluate("[...document.fonts].filter((font) => font.status !== 'unloaded').map((font) => font.family)")
    assert loaded == []
