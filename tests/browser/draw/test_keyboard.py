"""Without a mouse and without eyes: what the keyboard reaches, what a screen reader says."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.hand import Hand

LABELS = ["Undo the last stroke", "Redo the stroke", "Clear the sheet", "Choose…", "Camera"]


def test_every_control_has_a_role_and_a_name(hand: Hand) -> None:
    for name in LABELS:
        expect(hand.page.get_by_role("button", name=name, exact=True)).to_be_visible()
    expect(hand.page.get_by_role("application", name="Drawing pad")).to_be_visible()
    expect(hand.page.get_by_role("heading", level=1)).to_be_visible()
    unnamed = hand.page.evaluate(
        """[...document.querySelectorAll('img:not([alt]), svg:not([aria-hidden])')]
          .filter((element) => element.checkVisibility({ visibilityProperty: true })).map((element) => element.outerHTML)"""
    )
    assert unnamed == []


def test_tab_reaches_every_control_and_shows_where_it_is(hand: Hand) -> None:
    hand.stroke([(0.2, 0.2), (0.2, 0.8)])
    hand.stroke([(0.5, 0.2), (0.5, 0.8)])
    hand.button("undo").click()
    hand.page.evaluate("document.activeElement.blur()")
    hand.page.mouse.click(2, 2)
    reached: dict[str, str] = {}
    for _ in range(30):
        hand.page.keyboard.press("Tab")
        label, ring = hand.page.evaluate(
            """() => {
              const e = document.activeElement;
              const ring = getComputedStyle(e.tagName === "CANVAS" ? e.parentElement : e);
              return [e.ariaLabel || e.textContent.trim(), ring.outlineStyle + " " + ring.outlineWidth];
            }"""
        )
        reached[label.split(".")[0]] = ring
    for label in ["Drawing pad", *LABELS]:
        assert reached.get(label) == "solid 2px", (label, reached)


def test_enter_presses_a_focused_button(hand: Hand) -> None:
    hand.stroke([(0.2, 0.2), (0.2, 0.8)])
    hand.button("clear").focus()
    hand.page.keyboard.press("Enter")
    hand.expect_state("empty")
    assert hand.ink() == 0


def test_what_happened_to_the_sheet_is_said(hand: Hand) -> None:
    hand.stroke([(0.2, 0.2), (0.2, 0.8)])
    hand.stroke([(0.5, 0.2), (0.5, 0.8)])
    hand.button("undo").click()
    spoken = hand.page.locator(".sketchpad .spoken")
    expect(spoken).to_have_role("status")
    expect(spoken).to_have_text("A stroke is taken back. One stroke on the sheet.")
    hand.button("clear").click()
    expect(spoken).to_contain_text("The sheet is clear.")


def test_japanese_is_marked_as_japanese(hand: Hand) -> None:
    hand.draw("れ")
    hand.expect_character("れ")
    stray = hand.page.evaluate(
        """() => {
          const found = [];
          const walk = document.createTreeWalker(document.querySelector(".gradio-container"), NodeFilter.SHOW_TEXT);
          while (walk.nextNode()) {
            const { data, parentElement } = walk.currentNode;
            if (/[\\u3040-\\u30ff\\u4e00-\\u9fff]/.test(data) && !parentElement.closest("[lang=ja], [role=status], style, script")) found.push(data);
          }
          return found;
        }"""
    )
    assert stray == []
