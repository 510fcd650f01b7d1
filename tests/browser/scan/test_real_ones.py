"""The real characters like the chosen one of a page: by tap, click and keyboard, with their source."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from bench.server_process import Server
from synthetic_pages import glyphs
from synthetic_pages.maker import make_page
from tests.browser.conftest import Visit
from tests.browser.scan.test_page_reader import Reader, encoded

REAL = ".one .real"


def brushed(page: Page, character: str) -> int:
    """How many of the eight are real ones of `character`."""
    alts = [picture.get_attribute("alt") or "" for picture in page.locator(f"{REAL} li img").all()]
    return sum(alt.startswith(f"A brushed {character}, from ") for alt in alts)


def test_a_chosen_character_has_real_ones_beside_it(visit: Visit, app: Server, device: str) -> None:
    made = make_page(22, glyphs.drawn(), hard=False, characters=24, direction="vertical")
    first, second = (each.character for each in made.characters[:2])
    assert first != second
    hand = visit(app.url, device, read="everything")
    page, reader = hand.page, Reader(hand.page)
    reader.give(encoded(made.picture, "PNG"))
    reader.wait()
    expect(page.locator(REAL)).to_be_hidden()
    box = reader.boxes.first
    box.tap() if device == "phone" else box.click()
    expect(page.locator(REAL)).to_be_visible()
    assert brushed(page, first) >= 5
    expect(page.locator(f"{REAL} h3")).to_have_text("Real ones like it")
    expect(page.locator(REAL).get_by_role("link", name="CC BY-SA 4.0")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "no scrolling sideways"

    page.locator(".boxes").focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator(f"{REAL} li img").first).to_have_attribute("alt", f"A brushed {second}, from KMNIST")
    assert brushed(page, second) >= 5
    page.locator(".typed").fill("ん")  # neither of the ten nor a kanji
    page.keyboard.press("Enter")
    expect(page.locator(f"{REAL} h3")).to_have_text("The nearest real ones: none of them is ん")
    page.locator(".boxes").focus()
    page.keyboard.press("Escape")
    expect(page.locator(REAL)).to_be_hidden()
    assert [set(each) for each in hand.details] == [{"seq", "ink"}] * 3
