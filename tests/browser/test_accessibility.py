"""What axe-core finds on each tab: no serious violation, in any language, in light and dark, on a desktop and a phone."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from bench.server_process import Server
from server.languages.catalogue import LANGUAGES
from tests.browser.conftest import Visit
from tests.browser.learn.learner import Learner

LOOKS = [(1280, False), (390, True)]  # px wide, dark
SERIOUS = {"serious", "critical"}
_LOOK = """(dark) => {
  document.body.classList.toggle("dark", dark);
  for (const it of document.getAnimations()) if (it.effect.getComputedTiming().endTime !== Infinity) it.finish(); // colours on their way
}"""


def violations(page: Page) -> list[str]:
    """The serious violations on the page as it is, each with its rule and element."""
    found = Axe().run(page).response["violations"]
    return [f"{it['id']}: {node['target']}" for it in found if it["impact"] in SERIOUS for node in it["nodes"]]


def expect_accessible(page: Page, state: str) -> None:
    """No serious violation in any language and look; the page then is as it was, in English."""
    found = []
    for width, dark in LOOKS:
        page.set_viewport_size({"width": width, "height": 800})
        page.evaluate(_LOOK, dark)
        for language in reversed(LANGUAGES):
            page.evaluate("(code) => language.choose(code, false)", language)
            found += [f"{state}, {language}, {width} px: {it}" for it in violations(page)]
    page.evaluate(_LOOK, False)
    page.set_viewport_size({"width": 1280, "height": 800})
    assert found == []


@pytest.mark.slow
def test_the_draw_tab(visit: Visit, app: Server) -> None:
    hand = visit(app.url, read="everything")
    hand.draw("花")
    hand.expect_character("花")
    expect(hand.page.locator(".real")).to_be_visible()
    hand.page.locator(".ask-why").click()
    expect(hand.page.locator(".why .legend")).to_be_visible()
    hand.page.keyboard.press("Enter")  # into the line of text
    expect_accessible(hand.page, "an answer")


@pytest.mark.slow
def test_the_scan_tab(visit: Visit, app: Server) -> None:
    page = visit(app.url).page
    page.locator("[role=tab][data-tab-id=scan]").click()
    page.locator(".example").first.click()
    page.locator(".desk[data-state=found]").wait_for(timeout=120_000)
    page.locator(".boxes rect").first.click()
    expect(page.locator(".one .real")).to_be_visible()
    expect_accessible(page, "a page")
    page.get_by_role("button", name="Close").click()
    expect_accessible(page, "no page")


@pytest.mark.slow
def test_the_learn_tab(visit: Visit, app: Server) -> None:
    learner = Learner(visit(app.url))
    expect(learner.page.locator(".kana-sheet .pictures img").first).to_be_visible()
    expect_accessible(learner.page, "a kana")
    learner.part("practice")
    learner.draw("お")
    learner.page.locator(".practice").get_by_role("button", name="Check").first.click()
    expect(learner.page.locator(".practice .grade").first).to_be_visible()
    expect_accessible(learner.page, "practice")
    learner.part("lesson").get_by_role("button", name="Begin", exact=True).click()
    expect(learner.page.locator(".meet .pictures img").first).to_be_visible()
    expect_accessible(learner.page, "the lesson")


def test_a_violation_is_found(visit: Visit, app: Server) -> None:
    """The test of the test: a button without a name."""
    page = visit(app.url).page
    page.evaluate("document.querySelector('.sketchpad').append(document.createElement('button'))")
    assert [it for it in violations(page) if it.startswith("button-name")]
