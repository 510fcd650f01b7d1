"""The first load of the page in headless Chromium, with an empty cache: how long until it can be drawn on and answers, and how many bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from bench.chromium import launch
from bench.report.stamp import spread
from bench.section import Figures, Row, Section, pick
from bench.server_process import serving

_LOADS = 15
_AFTER = 500  # ms after which nothing more is asked for

# Resolves with the ms from the navigation to the frame in which the pad is laid out, and the pad and the answer listen.
_READY = """window.ready = new Promise((resolve) => {
  const look = () => {
    const pad = document.querySelector(".sketchpad canvas");
    if (!pad?.getBoundingClientRect().width || !document.querySelector(".answer .title")?.textContent) return;
    watcher.disconnect();
    requestAnimationFrame(() => setTimeout(() => resolve(performance.now())));
  };
  const watcher = new MutationObserver(look);
  watcher.observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
});"""
_LOADED = "performance.getEntriesByType('resource').map(({ name }) => name)"


@dataclass(frozen=True)
class Load:
    """One first load: `ms` until the page was ready, the `size` in bytes of all that was sent for it, and the `addresses` asked for after it."""

    ms: float
    size: int
    addresses: tuple[str, ...]


def load(browser: Browser, address: str) -> Load:
    """Open the page at `address` as a new visitor, draw a stroke on it and see it answered. Raises Playwright's `TimeoutError` if it is not."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
    page, sizes = context.new_page(), list[int]()
    page.add_init_script(_READY)
    network = context.new_cdp_session(page)
    network.send("Network.enable")

    def finished(event: dict[str, Any]) -> None:
        sizes.append(event["encodedDataLength"])

    network.on("Network.loadingFinished", finished)
    page.goto(address, wait_until="commit")
    ms = float(page.evaluate("ready"))
    page.wait_for_timeout(_AFTER)
    size, addresses = sum(sizes), tuple(page.evaluate(_LOADED))
    box = page.locator(".sketchpad canvas").first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 4)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] * 3 / 4, steps=6)
    page.mouse.up()
    page.locator(".answer:not([data-state=empty], [data-state=waiting])").wait_for()
    context.close()
    return Load(ms, size, addresses)


def measure(smoke: bool = False) -> Figures:
    """Milliseconds and bytes of first loads from a server on the same machine, each in a browser context of its own."""
    with sync_playwright() as playwright, serving("app.py") as server:
        browser = launch(playwright)
        load(browser, server.url)  # the browser's own start
        loads = [load(browser, server.url) for _ in range(1 if smoke else _LOADS)]
        browser.close()
    return {"ms": spread([each.ms for each in loads]), "mb": spread([each.size / 1e6 for each in loads])}


SECTION = Section(
    name="first_load",
    group="Speed",
    measure=measure,
    rows=(
        Row(
            "first load of the page -> it can be drawn on, empty cache, loopback, p50", pick("ms", "p50"), pick("ms", "n"), 1000, True, "ms"
        ),
        Row("the same, p95", pick("ms", "p95"), pick("ms", "n"), unit="ms"),
        Row("bytes sent until then", pick("mb", "p50"), pick("mb", "n"), 1.5, True, "MB"),
    ),
    code=("app.py", "server/http/*", "server/languages/*", "ui/**/*"),
)
