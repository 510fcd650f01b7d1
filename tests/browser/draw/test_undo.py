"""Undo, redo and clear: by button and by key."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.hand import Hand

ONE, TWO = [(0.2, 0.2), (0.2, 0.8)], [(0.7, 0.2), (0.7, 0.8)]


def count(hand: Hand) -> int:
    hand.expect_settled()
    return len(hand.sent[-1]["strokes"])


def test_undo_and_redo_go_by_stroke(hand: Hand) -> None:
    for name in ("undo", "redo", "clear"):
        expect(hand.button(name)).to_be_disabled()
    hand.stroke(ONE)
    one = hand.ink()
    hand.stroke(TWO)
    two = hand.ink()
    assert two > one > 0

    hand.button("undo").click()
    assert (count(hand), hand.ink()) == (1, one)
    hand.button("redo").click()
    assert (count(hand), hand.ink()) == (2, two)
    expect(hand.button("redo")).to_be_disabled()


def test_undo_of_the_last_stroke_empties_the_answer(hand: Hand) -> None:
    hand.stroke(ONE)
    hand.page.wait_for_function("document.querySelector('.answer').dataset.state !== 'empty'")
    hand.button("undo").click()
    hand.expect_state("empty")
    assert hand.ink() == 0


def test_a_new_stroke_ends_what_could_be_redone(hand: Hand) -> None:
    hand.stroke(ONE)
    hand.button("undo").click()
    expect(hand.button("redo")).to_be_enabled()
    hand.stroke(TWO)
    expect(hand.button("redo")).to_be_disabled()


def test_clear_clears_the_sheet_and_the_answer(hand: Hand) -> None:
    hand.draw("つ")
    hand.expect_character("つ")
    hand.button("clear").click()
    hand.expect_state("empty")
    assert hand.ink() == 0
    expect(hand.page.locator(".hint")).not_to_have_css("opacity", "0")
    expect(hand.button("clear")).to_be_disabled()


def test_a_cleared_drawing_can_be_taken_back(hand: Hand) -> None:
    hand.draw("つ")
    hand.expect_character("つ")
    hand.page.keyboard.press("Escape")
    hand.expect_state("empty")
    hand.page.keyboard.press("Control+z")
    hand.expect_character("つ")


@pytest.mark.parametrize("redo", ["Control+Shift+Z", "Control+y", "Meta+Shift+z"])
def test_keys(hand: Hand, redo: str) -> None:
    hand.stroke(ONE)
    hand.stroke(TWO)
    hand.page.keyboard.press("Control+z")
    assert count(hand) == 1
    hand.page.keyboard.press(redo)
    assert count(hand) == 2
    hand.page.keyboard.press("Escape")
    hand.expect_state("empty")
    assert count(hand) == 0


def test_keys_work_under_the_pointer_and_not_away_from_the_pad(hand: Hand) -> None:
    hand.stroke(ONE)
    ink = hand.ink()
    hand.page.evaluate("document.activeElement.blur()")
    hand.page.mouse.move(5, 5)
    hand.page.keyboard.press("Escape")
    assert hand.ink() == ink
    hand.page.mouse.move(*hand.at((0.9, 0.9)))
    hand.page.keyboard.press("Escape")
    assert hand.ink() == 0


def test_keys_are_left_to_whoever_types(hand: Hand) -> None:
    hand.stroke(ONE)
    ink = hand.ink()
    hand.page.evaluate("document.body.append(Object.assign(document.createElement('textarea'), { id: 'typing' }))")
    hand.page.locator("#typing").focus()
    hand.page.keyboard.type("kana")
    hand.page.mouse.move(*hand.at((0.5, 0.5)))
    hand.page.keyboard.press("Control+z")
    hand.page.keyboard.press("Escape")
    assert hand.ink() == ink
    assert hand.page.locator("#typing").input_value() != "kana"  # the browser's own undo


def test_undo_during_a_stroke_takes_that_stroke_back(hand: Hand) -> None:
    hand.stroke(ONE)
    one = hand.ink()
    hand.down((0.7, 0.2))
    hand.page.mouse.move(*hand.at((0.7, 0.8)))
    hand.page.keyboard.press("Control+z")
    assert hand.ink() == one
    hand.page.mouse.up()
    assert count(hand) == 1
