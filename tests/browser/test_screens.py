"""Every screen: narrow, dense, dark, turned, and a finger that must not scroll it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from bench.server_process import Server
from tests.browser.conftest import Visit
from tests.browser.hand import Hand
from tests.browser.screen import WIDTHS, cut_off, cut_off_at

BAR = [(0.5, 0.2), (0.5, 0.8)]


def overflow(page: Page) -> int:
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_wider_than_the_screen(visit: Visit, app: Server, width: int) -> None:
    hand = visit(app.url, viewport={"width": width, "height": 800})
    assert overflow(hand.page) == 0
    hand.draw("は")
    hand.expect_character("は")
    assert overflow(hand.page) == 0
    assert cut_off(hand.page) == []
    box = hand.box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    assert box["width"] == pytest.approx(box["height"], abs=1)
    assert box["width"] > 250


@pytest.mark.parametrize("read", ["everything", "kmnist"])
def test_nothing_of_an_answer_is_cut_off(visit: Visit, app: Server, read: str) -> None:
    hand = visit(app.url, read=read)
    assert [it for width in WIDTHS for it in cut_off_at(hand.page, width)] == []
    hand.page.set_viewport_size({"width": 1280, "height": 800})
    hand.draw("時" if read == "everything" else "は")
    hand.expect_settled()
    hand.expect_state("character")
    hand.page.keyboard.press("Enter")  # into the line of text
    assert [it for width in WIDTHS for it in cut_off_at(hand.page, width)] == []


def test_what_is_cut_off_is_found(hand: Hand) -> None:
    """The test of the test: the page clips what is too wide, and no scroll bar tells."""
    hand.page.evaluate("document.querySelector('.answer').style.translate = '400px'")
    assert any("answer" in it for it in cut_off(hand.page))
    assert overflow(hand.page) == 0


def test_fingers_find_the_buttons(visit: Visit, app: Server) -> None:
    hand = visit(app.url, "phone", viewport={"width": 360, "height": 640})
    for button in hand.page.locator(".reader button:visible").all():
        box = button.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 44, button.inner_text()


@pytest.mark.parametrize("ratio", [1, 1.5, 2, 3])
def test_the_canvas_has_a_pixel_for_every_pixel_of_the_screen(visit: Visit, app: Server, ratio: float) -> None:
    hand = visit(app.url, device_scale_factor=ratio)
    hand.page.wait_for_function(
        "(ratio) => { const c = document.querySelector('canvas'); return Math.abs(c.width - c.getBoundingClientRect().width * ratio) <= 1; }",
        arg=ratio,
    )


def test_a_drawing_outlives_a_turn_of_the_screen(visit: Visit, app: Server) -> None:
    hand = visit(app.url)
    hand.draw("を")
    hand.expect_character("を")
    sent, before = hand.sent[-1]["strokes"], hand.box()["width"]
    share = hand.ink() / before**2
    hand.page.set_viewport_size({"width": 360, "height": 640})
    hand.page.wait_for_function("(before) => document.querySelector('canvas').width < before - 50", arg=before)
    assert hand.ink() / hand.box()["width"] ** 2 == pytest.approx(share, rel=0.1)
    hand.stroke([(0.01, 0.01), (0.01, 0.01)])
    hand.expect_settled()
    assert hand.sent[-1]["strokes"][:-1] == sent


def test_a_finger_on_the_pad_draws_and_does_not_scroll(visit: Visit, app: Server) -> None:
    hand = visit(app.url, "phone", viewport={"width": 390, "height": 500})
    fingers = hand.fingers()
    up = [(200.0, 450.0 - 20 * n) for n in range(20)]

    def drag() -> int:
        fingers.touch("touchStart", up[0])
        for point in up[1:]:
            fingers.touch("touchMove", point)
        fingers.touch("touchEnd")
        return hand.page.evaluate("new Promise((done) => setTimeout(() => done(scrollY), 300))")

    bottom = hand.box()["y"] + hand.box()["height"]
    assert bottom > 300, "the drag must begin on the pad"
    up = [(x, y - max(0, 460 - bottom)) for x, y in up]
    assert drag() == 0
    assert hand.ink() > 0
    hand.page.evaluate("document.querySelector('.answer').scrollIntoView({ block: 'start', behavior: 'instant' })")
    before = hand.page.evaluate("scrollY")
    hand.page.evaluate("scrollTo({ top: scrollY - 100, behavior: 'instant' })")
    assert before > 100
    up = [(x, 480 - 15 * n) for n, (x, _) in enumerate(up)]
    hand.page.evaluate("document.querySelector('.answer').scrollIntoView({ block: 'start', behavior: 'instant' }); scrollBy(0, -40)")
    before = hand.page.evaluate("scrollY")
    assert drag() > before, "elsewhere a finger scrolls as always"


def luminance(colour: str) -> float:
    channels = [int(part) / 255 for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_and_ink_stand_out(visit: Visit, app: Server, scheme: str) -> None:
    hand = visit(app.url, color_scheme=scheme)
    hand.draw("な")
    hand.expect_character("な")
    colour = "(e, name) => getComputedStyle(e)[name]"
    background = hand.page.locator("body").evaluate(colour, "backgroundColor")
    paper = hand.page.locator(".paper").evaluate(colour, "backgroundColor")
    assert (luminance(background) < 0.2) == (scheme == "dark")
    assert contrast(hand.canvas.evaluate(colour, "color"), paper) > 10
    for name in (
        ".title",
        ".detail",
        ".parents > [lang]",
        ".candidate [lang]",
        ".candidate .share",
        ".switch label",
        "figcaption",
        ".hint span",
        ".page-footer a",
    ):
        text = hand.page.locator(name).first.evaluate(colour, "color")
        assert contrast(text, background) >= 4.5, name


def test_a_change_of_theme_draws_the_ink_again(hand: Hand) -> None:
    hand.stroke(BAR)
    brightness = """() => {
      const canvas = document.querySelector("canvas");
      const { data } = canvas.getContext("2d").getImageData(canvas.width / 2, canvas.height / 2, 1, 1);
      return data[3] === 255 ? data[0] : -1;
    }"""
    assert 0 <= hand.page.evaluate(brightness) < 80
    hand.page.evaluate("document.body.classList.add('dark')")
    hand.page.wait_for_function(f"({brightness})() > 180")


def test_nothing_moves_between_answers(hand: Hand, device: str) -> None:
    def places() -> list[list[int]]:
        names = [".glyph", ".nearest", ".seen", ".reader-picture", ".page-footer"]
        return hand.page.evaluate(
            "(names) => names.map((n) => { const b = document.querySelector(n).getBoundingClientRect(); return [b.x, b.y + scrollY].map(Math.round); })",
            names,
        )

    hand.page.set_viewport_size({"desktop": {"width": 1280, "height": 800}, "phone": {"width": 390, "height": 844}}[device])
    expect(hand.answer).to_be_attached()
    empty = places()
    hand.draw("き")
    hand.expect_character("き")
    assert places() == empty
    hand.button("clear").click()
    hand.stroke([(0.1 + 0.02 * n, 0.1 + 0.8 * (n % 2)) for n in range(40)])
    hand.stroke([(0.1 + 0.8 * (n % 2), 0.1 + 0.02 * n) for n in range(40)])
    hand.expect_state("unknown")
    assert places() == empty
    hand.page.locator(".picture .file").set_input_files({"name": "x.png", "mimeType": "image/png", "buffer": b"no picture"})
    hand.expect_state("error")
    assert places() == empty
