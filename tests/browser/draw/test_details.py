"""What comes beside an answer, and later: real characters like the ink, why it was read so, and what else it may be."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from bench.server_process import Server
from tests.browser.conftest import Visit
from tests.browser.draw.test_picture_input import choose, encode
from tests.browser.hand import ZIGZAG, Hand, strokes_of
from tests.support.drawing import glyph

COLOURED = """(canvas) => { const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return data.filter((v, i) => i % 4 === 3 && v > 128 && Math.abs(data[i - 3] - data[i - 1]) > 60).length; }"""


@pytest.fixture
def wide(visit: Visit, app: Server, device: str) -> Hand:
    """A visitor with every character to choose from."""
    return visit(app.url, device, read=None)


def coloured(canvas: Locator) -> int:
    """How many pixels are clearly blue or orange."""
    return canvas.evaluate(COLOURED)


def test_real_ones_come_after_the_answer_with_their_source(wide: Hand) -> None:
    real = wide.page.locator(".real")
    expect(real).to_be_hidden()
    assert wide.details == [], "nothing of the gallery is loaded before someone draws"
    wide.draw("花")
    wide.expect_character("花")
    expect(real).to_be_visible()
    pictures = real.locator("li img")
    expect(pictures).to_have_count(8)
    alts = [picture.get_attribute("alt") or "" for picture in pictures.all()]
    assert sum(alt.startswith("A brushed 花, from Kuzushiji-Kanji") for alt in alts) >= 5
    assert all(picture.evaluate("(it) => it.complete && it.naturalWidth") == 40 for picture in pictures.all())
    expect(real.get_by_role("link", name="CC BY-SA 4.0")).to_be_visible()
    assert wide.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "no scrolling sideways"
    wide.button("clear").click()
    expect(real).to_be_hidden()


def test_real_ones_say_where_none_is_what_was_read(visit: Visit, app: Server) -> None:
    hand = visit(app.url, read=None)
    hand.draw("あ")  # neither of the ten nor a kanji
    hand.expect_character("あ")
    expect(hand.page.get_by_role("heading", name="The nearest real ones: none of them is あ")).to_be_visible()
    hand.button("clear").click()
    hand.draw("花")
    expect(hand.page.get_by_role("heading", name="Real ones like yours")).to_be_visible()


def test_why_colours_the_strokes_until_there_is_new_ink(wide: Hand, device: str) -> None:
    wide.draw("花")
    wide.expect_character("花")
    why = wide.page.get_by_role("button", name="Why?", exact=True)
    assert coloured(wide.canvas) == 0
    why.click()
    panel = wide.page.locator(".why")
    expect(panel.locator(".legend")).to_contain_text("Blue ink spoke for 花")
    assert coloured(wide.canvas) > 100
    other = panel.get_by_role("button", name="not").first
    other.click()
    expect(panel.locator(".legend")).to_contain_text("rather than")
    assert [each["against"] for each in wide.details if "against" in each][-1] == (
        other.inner_text().removeprefix("not ").removesuffix("?")
    )
    expect(panel.locator(".weighed")).to_be_visible(visible=device == "phone")  # where the pad is out of sight
    wide.canvas.scroll_into_view_if_needed()
    wide.stroke(ZIGZAG)
    expect(panel).to_be_hidden()
    assert coloured(wide.canvas) == 0
    assert why.get_attribute("aria-expanded") == "false"


def test_why_is_asked_and_left_by_keyboard(visit: Visit, app: Server) -> None:
    hand = visit(app.url)
    hand.draw("お")
    hand.expect_character("お")
    why = hand.page.get_by_role("button", name="Why?", exact=True)
    why.focus()
    hand.page.keyboard.press("Enter")
    expect(hand.page.locator(".why .legend")).to_contain_text("spoke for お")
    hand.page.locator(".rivals button").first.focus()
    hand.page.keyboard.press("Escape")
    expect(hand.page.locator(".why")).to_be_hidden()
    expect(why).to_be_focused()
    hand.expect_character("お")  # the sheet was not cleared


def test_the_ink_of_a_picture_is_coloured_too(visit: Visit, app: Server) -> None:
    hand = visit(app.url)
    choose(hand, encode(glyph("お")))
    hand.expect_character("お")
    hand.page.get_by_role("button", name="Why?", exact=True).click()
    weighed = hand.page.locator(".weighed")
    expect(weighed).to_be_visible()
    assert coloured(weighed) > 20


def test_an_unsure_answer_names_the_set(visit: Visit, app: Server) -> None:
    hand = visit(app.url, read=None)
    for line in strokes_of("花")[:3]:
        hand.stroke(line)
    expect(hand.page.locator(".detail")).to_contain_text("One of せ, 廿, 廾")
