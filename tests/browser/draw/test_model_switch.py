"""What the characters are read with: by the switch, the address or the browser's memory; the drawing on show is read again at once."""

from __future__ import annotations

import httpx
import pytest
from playwright.sync_api import Locator, expect

from bench.server_process import Server
from tests.browser.conftest import Visit
from tests.browser.draw.test_picture_input import choose, encode
from tests.browser.hand import MESSAGES, Hand
from tests.support.drawing import glyph

NAMES = {"everything": "Everything", "kana": "Kana", "kmnist": "KMNIST’s ten"}


def option(hand: Hand, name: str) -> Locator:
    return hand.page.get_by_role("radio", name=NAMES[name], exact=True)


def expect_model(hand: Hand, name: str) -> None:
    expect(option(hand, name)).to_be_checked()
    expect(hand.page.locator(".reader")).to_have_attribute("data-model", name)


def press(hand: Hand, name: str) -> None:
    hand.page.locator(".switch label", has_text=NAMES[name]).click()


def test_without_a_wish_everything_is_read(visit: Visit, app: Server) -> None:
    hand = visit(app.url, read=None)
    expect_model(hand, "everything")
    expect(hand.page.get_by_role("group", name="Read")).to_be_visible()
    expect(hand.answer).to_contain_text("I read every hiragana, in today’s hand or the old one, and 6,547 kanji.")
    expect(hand.answer.locator("figcaption")).to_have_text("What the model sees, 48 × 48 pixels")
    hand.draw("お")
    hand.expect_settled()
    assert hand.sent[-1]["model"] == "everything"
    expect(hand.answer.locator(".candidate:enabled")).to_have_count(10)
    assert hand.answer.locator(".seen img").evaluate("(image) => image.naturalWidth") == 48


@pytest.mark.parametrize("name", NAMES)
def test_the_address_says_what_is_read(visit: Visit, app: Server, name: str) -> None:
    expect_model(visit(app.url, read=name), name)


def test_an_unknown_word_in_the_address_is_the_default(visit: Visit, app: Server) -> None:
    expect_model(visit(app.url, read="nothing"), "everything")


def test_a_choice_is_remembered_and_the_address_goes_before_it(visit: Visit, app: Server) -> None:
    hand = visit(app.url, read=None)
    press(hand, "kana")
    hand.page.goto(app.url)
    expect_model(hand, "kana")
    hand.page.goto(f"{app.url}?read=kmnist")
    expect_model(hand, "kmnist")
    hand.page.goto(app.url)
    expect_model(hand, "kana")  # what an address said is not a choice


def test_a_choice_changes_an_address_that_names_a_model(visit: Visit, app: Server) -> None:
    hand = visit(app.url, read="kana")
    press(hand, "kmnist")
    hand.page.wait_for_url("**/?read=kmnist")
    hand.page.reload()
    expect_model(hand, "kmnist")


def test_a_browser_without_a_memory_reads_all_the_same(visit: Visit, app: Server) -> None:
    hand = visit(app.url, read=None)
    hand.page.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('denied', 'SecurityError'); } })"
    )
    hand.page.goto(app.url)
    expect_model(hand, "everything")
    press(hand, "kmnist")
    hand.draw("す")
    hand.expect_character("す")


def test_the_drawing_is_read_again_at_once(hand: Hand) -> None:
    hand.draw("な")
    hand.expect_character("な")
    with hand.page.expect_request(MESSAGES):
        press(hand, "kana")
    hand.expect_settled()
    assert [message["model"] for message in hand.sent[-2:]] == ["kmnist", "kana"]
    assert hand.sent[-2]["strokes"] == hand.sent[-1]["strokes"]
    expect(hand.answer.locator("figcaption")).to_contain_text("48 × 48")
    press(hand, "kmnist")
    hand.expect_character("な")


def test_a_picture_is_read_again_at_once(hand: Hand) -> None:
    choose(hand, encode(glyph("ま")))
    hand.expect_character("ま")
    press(hand, "everything")
    hand.expect_settled()
    assert [message["model"] for message in hand.sent] == ["kmnist", "everything"]
    assert hand.sent[0]["picture"] == hand.sent[1]["picture"]
    expect(hand.page.locator(".picture .thumb")).to_be_visible()
    hand.draw("や")
    press(hand, "kmnist")
    hand.expect_character("や")


def test_no_old_answer_stays_beside_the_new_question(hand: Hand) -> None:
    hand.draw("な")
    hand.expect_character("な")
    hand.page.route(MESSAGES, lambda _: None)  # no answer comes
    press(hand, "kana")
    hand.expect_state("waiting")
    expect(hand.answer.locator(".glyph")).to_be_empty()
    expect(hand.answer.locator(".candidate:enabled")).to_have_count(0)


def test_an_empty_sheet_asks_nothing(hand: Hand) -> None:
    press(hand, "kana")
    expect(hand.answer).to_contain_text("I read every hiragana, in today’s hand or the old one.")
    press(hand, "kmnist")
    expect(hand.answer).to_contain_text("I read these characters of the old cursive script: おき")
    hand.expect_state("empty")
    assert hand.sent == []


def test_arrow_keys_choose(hand: Hand) -> None:
    option(hand, "kmnist").focus()
    hand.page.keyboard.press("ArrowLeft")
    expect_model(hand, "kana")
    hand.page.keyboard.press("ArrowLeft")
    expect_model(hand, "everything")


def test_on_a_phone_it_is_large_enough_to_tap(visit: Visit, app: Server) -> None:
    hand = visit(app.url, "phone", viewport={"width": 320, "height": 640})
    for label in hand.page.locator(".switch label").all():
        box = label.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 44
    hand.page.locator(".switch label", has_text="Kana").tap()
    expect_model(hand, "kana")


def test_the_operators_weights_leave_nothing_to_choose(visit: Visit) -> None:
    server = Server("app.py", "--weights", "kmnist", sign="/readyz")
    server.start()
    try:
        hand = visit(server.url, read="kana")
        expect(hand.page.locator(".switch")).to_have_count(0)
        hand.draw("お")
        hand.expect_character("お")
        assert "model" not in hand.sent[-1]
        assert "one of kmnist; by default kmnist." in httpx.get(f"{server.url}/gradio_api/info").text
    finally:
        server.stop()
