"""The kana table: loaded with its tab, walked by keyboard and touch, with real examples; nothing is wider than the screen."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from bench.server_process import Server
from tests.browser.conftest import Visit
from tests.browser.learn.learner import Learner
from tests.browser.screen import cut_off_at

EXAMPLES = ".kana-sheet .pictures img"


def test_nothing_of_it_is_loaded_before_its_tab_is_opened(visit: Visit, app: Server) -> None:
    hand = visit(app.url)
    asked: list[str] = []
    hand.page.on("request", lambda request: asked.append(request.url))
    loaded = hand.page.evaluate("performance.getEntriesByType('resource').map(({ name }) => name)")
    assert [url for url in loaded if "/learn/" in url] == []
    Learner(hand)
    names = {url.rpartition("/")[2] for url in asked}
    assert {"forms.json", "hentaigana.woff2", "ts-fsrs.mjs"} <= names


def test_arrow_keys_walk_over_the_table_and_enter_shows_a_kana(visit: Visit, app: Server) -> None:
    learner = Learner(visit(app.url))
    keys = learner.page.keyboard
    learner.kana("は").focus()
    for key in ("ArrowRight", "ArrowDown", "Enter"):  # ま, み
        keys.press(key)
    expect(learner.kana("み")).to_have_attribute("aria-pressed", "true")
    expect(learner.page.locator(".kana-sheet h3")).to_contain_text("mi")
    expect(learner.page.locator(".kana-sheet .stroke")).to_have_count(2)
    expect(learner.page.locator(".kana-sheet .caption").first).to_contain_text("Its parent kanji, as brushed")
    learner.kana("や").focus()
    keys.press("ArrowDown")
    expect(learner.kana("ゆ")).to_be_focused()


def test_a_touch_shows_real_examples_and_letters_of_each_parent(visit: Visit, app: Server) -> None:
    learner = Learner(visit(app.url, "phone"))
    learner.kana("す").tap()
    expect(learner.page.locator(".kana-sheet h3")).to_contain_text("su")
    expect(learner.page.locator(f"{EXAMPLES}[alt='す, from an old book']").first).to_be_visible()
    parents = learner.page.locator(".letters .parent").all_inner_texts()
    assert {"after 春", "after 須", "after 壽"} <= set(parents)
    assert learner.page.locator(EXAMPLES).first.evaluate("(img) => img.naturalWidth") == 40
    drawn = learner.page.locator(".letters .shape .historical").first.evaluate("(it) => getComputedStyle(it).fontFamily")
    assert "Learn hentaigana" in drawn
    assert learner.page.evaluate("document.fonts.check('20px \"Learn hentaigana\"', '\U0001b04e')")


@pytest.mark.parametrize("language", ["en", "fr", "ja"])
def test_nothing_is_wider_than_the_screen(visit: Visit, app: Server, language: str) -> None:
    hand = visit(f"{app.url}/?lang={language}", read=None)
    learner = Learner(hand)
    expect(learner.page.locator(EXAMPLES).first).to_be_visible()
    assert [it for width in (320, 390, 810, 1280) for it in cut_off_at(hand.page, width)] == []
    for name in ("practice", "lesson"):
        learner.part(name)
        assert [it for width in (320, 390, 810, 1280) for it in cut_off_at(hand.page, width)] == []
