"""A second Sketchpad on one page, and a Sketchpad as an output."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from bench.server_process import Server
from tests.browser.conftest import Visit


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    server = Server("-m", "tests.browser.draw.two_pads")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def two(visit: Visit, server: Server) -> Page:
    return visit(server.url, viewport={"width": 1280, "height": 1200}).page


def stroke(page: Page, pad: str) -> None:
    box = page.locator(f"#{pad} canvas").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 4, box["y"] + box["height"] / 4
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 60, y + 60, steps=4)
    page.mouse.up()


def counted(page: Page, pad: str) -> Locator:
    return page.locator(f"#{pad}-count textarea, #{pad}-count input")


def test_two_pads_do_not_know_of_each_other(two: Page) -> None:
    stroke(two, "one")
    stroke(two, "two")
    stroke(two, "two")
    expect(counted(two, "one")).to_have_value("1")
    expect(counted(two, "two")).to_have_value("2")
    two.locator("#two .clear").click()
    expect(counted(two, "two")).to_have_value("0")
    expect(counted(two, "one")).to_have_value("1")


def test_keys_go_to_the_pad_used_last(two: Page) -> None:
    stroke(two, "one")
    stroke(two, "two")
    two.keyboard.press("Control+z")
    expect(counted(two, "two")).to_have_value("0")
    expect(counted(two, "one")).to_have_value("1")
    box = two.locator("#one canvas").bounding_box()
    assert box is not None
    two.mouse.move(box["x"] + 20, box["y"] + 20)  # the focus is still on pad two
    two.keyboard.press("Control+z")
    expect(counted(two, "one")).to_have_value("0")


def test_typing_beside_the_pads_is_typing(two: Page) -> None:
    stroke(two, "one")
    expect(counted(two, "one")).to_have_value("1")
    two.locator("#note textarea").press_sequentially("kana")
    two.keyboard.press("Escape")
    two.keyboard.press("Control+z")
    expect(two.locator("#one .clear")).to_be_enabled()


def test_a_drawing_from_the_server_is_shown_and_can_go_on(two: Page) -> None:
    stroke(two, "two")
    expect(counted(two, "two")).to_have_value("1")
    two.locator("#example").click()
    two.wait_for_function(
        """() => {
          const canvas = document.querySelector("#two canvas");
          const [x, y] = [canvas.width / 2, canvas.height / 10].map(Math.round);
          return canvas.getContext("2d").getImageData(x, y, 1, 1).data[3] > 0;
        }"""
    )
    stroke(two, "two")
    expect(counted(two, "two")).to_have_value("3")
    for _ in range(2):
        two.keyboard.press("Control+z")
    expect(counted(two, "two")).to_have_value("1")


def test_both_pads_have_their_name(two: Page) -> None:
    expect(two.get_by_role("application", name="Drawing pad")).to_have_count(2)
