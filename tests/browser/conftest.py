from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, Playwright, expect, sync_playwright

from bench.server_process import Server
from tests.browser.hand import Hand

SCREENSHOTS = Path(__file__).parent / "screenshots"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
]
DEVICES: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": {"width": 1280, "height": 800}},
    "phone": {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 3, "is_mobile": True, "has_touch": True},
}

PATIENCE = 15_000  # ms; a busy machine is slow, not wrong
expect.set_options(timeout=PATIENCE)

Visit = Callable[..., Hand]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(item.path).is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.browser)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:  # noqa: ARG001
    report = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
    return report


FAILED = pytest.StashKey[bool]()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Chromium: the one that CHROMIUM names, an installed one, or Playwright's own."""
    named = os.environ.get("CHROMIUM") or shutil.which("chromium")
    try:
        browser = playwright.chromium.launch(executable_path=named, args=FLAGS)
    except Error as error:
        if os.environ.get("CHROMIUM"):
            raise
        pytest.skip(f"no Chromium can be had: install one or set CHROMIUM to its path ({str(error).splitlines()[0]})")
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def app() -> Iterator[Server]:
    """The real app, one for all tests."""
    server = Server("app.py")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def visit(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """Open a page as a new visitor: `visit(url, device="desktop", read="kmnist", …)`; what else is given goes to the browser's context.

    Most tests are about KMNIST's ten; with `read=None` the address names no model. Where the test fails, each page leaves a picture in screenshots/. A page that raises an error in JavaScript fails it too.
    """
    contexts: list[BrowserContext] = []
    errors: list[Error] = []

    def open_page(url: str, device: str = "desktop", read: str | None = "kmnist", **options: Any) -> Hand:
        context = browser.new_context(**(DEVICES[device] | options))
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(error))
        hand = Hand(page)
        page.goto(f"{url}?read={read}" if read else url)
        page.locator(".sketchpad canvas").first.wait_for()
        return hand

    yield open_page
    if request.node.stash.get(FAILED, False):
        SCREENSHOTS.mkdir(exist_ok=True)
        name = re.sub(r"\W+", "-", request.node.name)
        for number, page in enumerate(page for context in contexts for page in context.pages):
            page.screenshot(path=SCREENSHOTS / f"{name}-{number}.png")
    for context in contexts:
        context.close()
    assert not errors, errors


@pytest.fixture(params=["desktop", "phone"])
def device(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def hand(visit: Visit, app: Server) -> Hand:
    """A visitor at a desktop, in front of the app."""
    return visit(app.url)


@pytest.fixture
def page(hand: Hand) -> Page:
    """The page in front of `hand`."""
    return hand.page
