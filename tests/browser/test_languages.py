"""The page in English, French and Japanese: the walk of a visitor in each, and the switch, which rewrites what is on the page."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from bench.server_process import Server
from server.languages.catalogue import LANGUAGES, catalogue, english
from tests.browser.conftest import Visit
from tests.browser.hand import ZIGZAG, Hand

LOCALES = {"en": "en-GB", "fr": "fr-CA", "ja": "ja-JP"}
_SAID = """() => [...document.querySelectorAll("[data-say]")].map((it) => it.textContent.trim())
  .concat([...document.querySelectorAll("*")].flatMap((it) => ["title", "aria-label", "placeholder", "alt"].map((name) => it.getAttribute(name) ?? "")))"""


def sentence(language: str, key: str) -> str:
    text = catalogue(language)[key]
    assert isinstance(text, str)
    return text


def left_in_english(page: Page, language: str) -> list[str]:
    """The English sentences on the page that this language says in another way."""
    other = catalogue(language)
    english_alone = {text for key, text in catalogue("en").items() if isinstance(text, str) and "{" not in text and text != other[key]}
    english_alone -= {text for text in other.values() if isinstance(text, str)}  # "Clear" may be a word of both
    return [text for text in page.evaluate(_SAID) if text in english_alone]


def expect_title(hand: Hand, language: str, key: str) -> None:
    expect(hand.page.locator(".answer .title")).to_have_text(sentence(language, key))


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_walk_of_a_visitor(visit: Visit, app: Server, language: str) -> None:
    hand = visit(app.url, read="everything", locale=LOCALES[language])
    page = hand.page
    assert page.evaluate("document.documentElement.lang") == language
    assert page.title() == sentence(language, "page.title")
    expect_title(hand, language, "answer.empty")
    hand.draw("お")
    hand.expect_character("お")
    page.locator(".ask-why").click()
    expect(page.locator(".why .legend")).to_contain_text(re.split(r"\{\w+\}", sentence(language, "why.pro"))[0])
    expect(page.locator(".real h3")).to_have_text(sentence(language, "real.title"))
    page.keyboard.press("Enter")
    assert left_in_english(page, language) == []
    page.locator(".switch label", has_text=sentence(language, "models.kmnist")).click()
    hand.stroke(ZIGZAG)
    hand.stroke([(y, x) for x, y in ZIGZAG])
    hand.expect_state("unknown")
    expect_title(hand, language, "answer.unknown")
    page.locator(".picture .file").set_input_files({"name": "x.png", "mimeType": "image/png", "buffer": b"no picture"})
    expect(page.locator(".answer .detail")).to_have_text(sentence(language, "error.no_picture"))
    page.locator("[role=tab]").filter(has_text=sentence(language, "tab.scan")).click()
    page.locator(".example").first.click()
    page.locator(".desk[data-state=found]").wait_for(timeout=120_000)
    page.locator(".boxes rect").first.click()
    page.locator(".list summary").click()
    assert left_in_english(page, language) == []
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0


def test_a_blank_picture_is_answered_in_the_language_of_the_address(visit: Visit, app: Server) -> None:
    hand = visit(f"{app.url}?lang=ja", read=None)
    page = hand.page
    white = "const c = document.createElement('canvas'); c.width = c.height = 60; c.getContext('2d').fillStyle = 'white'; c.getContext('2d').fillRect(0, 0, 60, 60); return [...atob(c.toDataURL().split(',')[1])].map((x) => x.charCodeAt(0));"
    picture = bytes(page.evaluate(f"() => {{ {white} }}"))
    page.locator(".picture .file").set_input_files({"name": "x.png", "mimeType": "image/png", "buffer": picture})
    hand.expect_state("blank")
    expect_title(hand, "ja", "answer.blank")


def test_the_switch_rewrites_the_page_and_is_remembered(visit: Visit, app: Server) -> None:
    hand = visit(app.url)
    page = hand.page
    hand.draw("は")
    hand.expect_character("は")
    sent = len(hand.sent)
    for language, name in reversed(LANGUAGES.items()):
        page.locator(".languages button", has_text=name).click()
        expect(page.locator(".answer h3")).to_have_text(sentence(language, "answer.candidates"))
        expect(page.locator("[role=tab]").first).to_have_text(sentence(language, "tab.draw"))
        assert left_in_english(page, language) == []
    expect(page.locator(".answer .detail")).to_have_text(english("answer.read_as", character="は"))
    assert len(hand.sent) == sent, "nothing is read again"
    page.locator(".languages button", has_text="Français").click()
    page.reload()
    expect(page.locator(".answer .title")).to_have_text(sentence("fr", "answer.empty"))
