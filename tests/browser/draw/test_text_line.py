"""Candidates are written into a line of text: by mouse, finger and key; the line is edited and copied."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Locator, Route, expect

from bench.server_process import Server
from tests.browser.conftest import Visit
from tests.browser.draw.test_fast_hands import Gate
from tests.browser.hand import MESSAGES, ZIGZAG, Hand


def text(hand: Hand) -> Locator:
    return hand.page.get_by_role("textbox", name="Your text")


def candidate(hand: Hand, n: int) -> Locator:
    return hand.answer.locator(".candidate").nth(n)


def answer_with(hand: Hand, characters: str, **fields: Any) -> None:
    """Let each drawing be answered with these candidates."""

    def fulfil(route: Route) -> None:
        sent = json.loads(json.loads(route.request.post_data or "")["data"][0])
        candidates = [{"character": each, "romaji": "", "probability": 0.95 / 2**n} for n, each in enumerate(characters)]
        message = {"seq": sent["seq"], "state": "empty"}
        if sent["strokes"]:
            message |= {"state": "character", "candidates": candidates, "parents": "", "meaning": ""} | fields
        route.fulfill(json={"data": [json.dumps(message)], "is_generating": False, "duration": None, "average_duration": None})

    hand.page.route(MESSAGES, fulfil)


def test_a_candidate_is_written_and_the_sheet_is_clear_for_the_next(hand: Hand) -> None:
    hand.draw("な")
    hand.expect_character("な")
    expect(candidate(hand, 0)).to_have_accessible_name("Write, な, na, > 99.9 %")
    candidate(hand, 0).click()
    expect(text(hand)).to_have_value("な")
    hand.expect_state("empty")
    assert hand.ink() == 0
    expect(candidate(hand, 0)).to_be_disabled()
    hand.draw("は")
    hand.expect_character("は")
    second = candidate(hand, 1).locator("[lang]").inner_text()
    candidate(hand, 1).click()
    expect(text(hand)).to_have_value(f"な{second}")


def test_by_touch(visit: Visit, app: Server) -> None:
    hand = visit(app.url, "phone")
    hand.fingers().draw("す")
    hand.expect_character("す")
    candidate(hand, 0).tap()
    expect(text(hand)).to_have_value("す")
    hand.expect_state("empty")
    expect(text(hand)).not_to_be_focused()  # no keyboard slides over the pad


def test_undo_brings_the_drawing_back(hand: Hand) -> None:
    hand.draw("つ")
    hand.expect_character("つ")
    ink = hand.ink()
    candidate(hand, 0).click()
    hand.expect_state("empty")
    hand.button("undo").click()
    hand.expect_character("つ")
    assert hand.ink() == ink
    expect(text(hand)).to_have_value("つ")


def test_by_keyboard(hand: Hand) -> None:
    answer_with(hand, "末未木本来朱米耒林森")
    written = ""
    for key, character in (("Enter", "末"), ("1", "末"), ("2", "未"), ("9", "林"), ("0", "森")):
        hand.draw("つ")
        hand.expect_settled()
        hand.page.keyboard.press(key)
        written += character
        expect(text(hand)).to_have_value(written)
        hand.expect_state("empty")
    hand.page.keyboard.press("Backspace")
    expect(text(hand)).to_have_value(written[:-1])
    for key in ("Enter", "1", "0"):  # nothing is drawn
        hand.page.keyboard.press(key)
    expect(text(hand)).to_have_value(written[:-1])


def test_enter_before_the_answer_writes_the_answer_that_comes(hand: Hand) -> None:
    hand.stroke(ZIGZAG)
    hand.expect_settled()
    gate = Gate(hand)
    hand.button("clear").click()
    hand.draw("つ")
    hand.page.keyboard.press("Enter")
    hand.page.wait_for_timeout(300)
    expect(text(hand)).to_have_value("")
    gate.open()
    expect(text(hand)).to_have_value("つ")
    hand.expect_state("empty")


def test_enter_writes_nothing_of_an_unknown_but_a_chosen_candidate_is_written(hand: Hand) -> None:
    answer_with(hand, "末未", state="unknown")
    hand.draw("つ")
    hand.expect_settled()
    ink = hand.ink()
    hand.page.keyboard.press("Enter")
    hand.page.wait_for_timeout(200)
    expect(text(hand)).to_have_value("")
    hand.expect_state("unknown")
    assert hand.ink() == ink
    hand.page.keyboard.press("1")
    expect(text(hand)).to_have_value("末")
    hand.draw("つ")
    hand.expect_state("unknown")
    candidate(hand, 1).click()
    expect(text(hand)).to_have_value("末未")


@pytest.mark.parametrize(("key", "state"), [("Enter", "unknown"), ("2", "empty")])
def test_a_key_before_the_answer_that_is_unknown(hand: Hand, key: str, state: str) -> None:
    gate = Gate(hand)
    hand.stroke(ZIGZAG)
    hand.page.keyboard.press(key)
    gate.open()
    hand.expect_state(state)
    hand.page.wait_for_timeout(200)
    assert bool(text(hand).input_value()) == (state == "empty")


def test_keys_elsewhere_write_nothing(hand: Hand) -> None:
    hand.draw("つ")
    hand.expect_character("つ")
    hand.page.mouse.move(2, 2)
    hand.button("undo").focus()
    hand.page.keyboard.press("Enter")  # presses the button
    hand.expect_state("empty")
    expect(text(hand)).to_have_value("")
    hand.button("redo").click()
    hand.expect_character("つ")
    hand.page.mouse.move(2, 2)
    text(hand).focus()
    hand.page.keyboard.type("12")
    expect(text(hand)).to_have_value("12")
    hand.expect_character("つ")
    hand.page.keyboard.press("Backspace")
    expect(text(hand)).to_have_value("1")


def test_with_control_keys_are_the_browsers(hand: Hand) -> None:
    hand.draw("つ")
    hand.expect_character("つ")
    for key in ("Control+1", "Control+Enter", "Alt+2"):
        hand.page.keyboard.press(key)
    expect(text(hand)).to_have_value("")


def test_the_line_is_edited_by_code_point(hand: Hand) -> None:
    text(hand).fill("お𛂞𠮟")
    erase, clear = (hand.page.locator(f".line .{name}") for name in ("erase", "empty"))
    for left in ("お𛂞", "お", ""):
        erase.click()
        expect(text(hand)).to_have_value(left)
    expect(erase).to_be_disabled()
    text(hand).fill("おき")
    clear.click()
    expect(text(hand)).to_have_value("")
    expect(clear).to_be_disabled()


@pytest.mark.parametrize("has_clipboard", [True, False])
def test_the_line_is_copied(visit: Visit, app: Server, has_clipboard: bool) -> None:
    hand = visit(app.url, permissions=["clipboard-read", "clipboard-write"])
    if not has_clipboard:
        hand.page.evaluate("""() => {
          window.copied = "";
          document.addEventListener("copy", () => (window.copied = document.activeElement.value));
          Object.defineProperty(navigator, "clipboard", { value: undefined, configurable: true });
        }""")
    text(hand).fill("なは")
    hand.page.get_by_role("button", name="Copy").click()
    expect(hand.page.locator(".line .copy")).to_have_text("Copied")
    assert hand.page.evaluate("window.copied ?? navigator.clipboard.readText()") == "なは"
    expect(hand.page.locator(".line .copy")).to_have_text("Copy")


def test_a_perhaps_is_shown_with_a_question_mark(hand: Hand) -> None:
    form = {"letter": "𛂞", "codepoint": "U+1B0A5", "parent": "者"}
    answer_with(hand, "おき", state="perhaps", parents="於", form=form)
    hand.stroke(ZIGZAG)
    hand.expect_state("perhaps")
    glyph = hand.answer.locator(".glyph")
    expect(glyph).to_have_text("お")
    assert glyph.evaluate("(glyph) => getComputedStyle(glyph, '::after').content") == '"?"'
    expect(hand.answer.locator(".detail")).to_have_text("Perhaps お")
    expect(hand.answer.locator(".form")).to_have_text("nearest to 者’s form 𛂞 (U+1B0A5)")
    expect(hand.page.locator(".reader-answer [role=status]")).to_contain_text("Perhaps お")


LONG = "a long meaning of a kanji that has many of them, one after the other, until nobody can read them any more"


def test_long_readings_and_meanings_move_nothing(visit: Visit, app: Server, device: str) -> None:
    hand = visit(app.url, device)
    places = """() => [".nearest", ".seen", ".reader-line"].map((name) => Math.round(document.querySelector(name).getBoundingClientRect().y + scrollY))"""
    before = hand.page.evaluate(places)
    candidates = [{"character": each, "romaji": "matsu, batsu, sue, ura, and so on, and so on", "probability": 0.95} for each in "末未"]
    form = {"letter": "𛂞", "codepoint": "U+1B0A5", "parent": "者"}
    for fields in ({"candidates": candidates, "meaning": LONG}, {"parents": "波者盤八半葉加可佳嘉家我歟賀閑香駕", "form": form}):
        hand.page.unroute_all()
        answer_with(hand, "末未", **fields)
        hand.stroke(ZIGZAG)
        hand.expect_settled()
        assert hand.page.evaluate(places) == before
        assert hand.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert hand.page.evaluate(
        "Math.max(...[...document.querySelectorAll('.reader *')].map((it) => it.getBoundingClientRect().right)) <= innerWidth"
    )


def test_characters_can_be_told_apart_on_a_phone(visit: Visit, app: Server) -> None:
    hand = visit(app.url, "phone", viewport={"width": 320, "height": 640})
    answer_with(hand, "末未木本来朱米耒林森")
    hand.fingers().stroke(ZIGZAG)
    hand.expect_settled()
    for button in hand.answer.locator(".candidate").all():
        assert button.locator("[lang]").evaluate("(glyph) => parseFloat(getComputedStyle(glyph).fontSize)") >= 36
        box = button.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 44
    tops = hand.answer.locator(".candidate").evaluate_all("(all) => [...new Set(all.map((it) => it.getBoundingClientRect().top))].length")
    assert tops == 2


def test_on_a_phone_the_candidates_are_seen_without_scrolling(visit: Visit, app: Server) -> None:
    hand = visit(app.url, "phone")
    hand.fingers().draw("す")
    hand.expect_character("す")
    box = candidate(hand, 9).bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 844
