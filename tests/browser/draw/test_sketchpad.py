"""Draw a character and read the answer off the page: by mouse and by finger, at a desktop and on a phone."""

from __future__ import annotations

from itertools import pairwise

import pytest
from playwright.sync_api import expect

from bench.server_process import Server
from kmnist_model import KMNIST, Entry
from tests.browser.conftest import Visit
from tests.browser.hand import MESSAGES, ZIGZAG, Hand, strokes_of


@pytest.mark.parametrize("entry", list(KMNIST), ids=lambda entry: entry.romaji)
def test_each_character_by_mouse(visit: Visit, app: Server, device: str, entry: Entry) -> None:
    hand = visit(app.url, device)
    hand.draw(entry.character)
    hand.expect_character(entry.character)
    expect(hand.answer.locator(".title")).to_have_text(entry.romaji)
    expect(hand.answer.locator(".parents")).to_contain_text(f"from {entry.parents[0]}")


@pytest.mark.parametrize("character", "おすや")
def test_three_characters_by_touch(visit: Visit, app: Server, device: str, character: str) -> None:
    hand = visit(app.url, device, has_touch=True)
    hand.fingers().draw(character)
    hand.expect_character(character)
    assert len(hand.sent[-1]["strokes"]) == len(strokes_of(character))


def test_the_answer_shows_ten_candidates_and_what_the_model_sees(hand: Hand) -> None:
    hand.expect_state("empty")
    expect(hand.answer).to_contain_text("Nothing drawn yet")
    hand.draw("ま")
    hand.expect_character("ま")
    rows = hand.answer.locator(".candidates li")
    expect(rows).to_have_count(10)
    expect(rows.first).to_contain_text("ま")
    expect(rows.first).to_contain_text("%")
    seen = hand.answer.locator(".seen img")
    assert seen.evaluate("(image) => [image.naturalWidth, image.naturalHeight]") == [28, 28]
    expect(hand.page.locator(".reader-answer [aria-live=polite]")).to_contain_text("ま, ma")


def test_the_first_press_after_loading_draws(hand: Hand) -> None:
    assert hand.ink() == 0
    hand.down((0.3, 0.3))
    assert hand.ink() > 0
    expect(hand.page.locator(".hint")).to_have_css("opacity", "0")


def test_a_tap_is_one_point(hand: Hand) -> None:
    hand.stroke([(0.5, 0.5), (0.505, 0.503)])
    hand.expect_settled()
    (stroke,) = hand.sent[-1]["strokes"]
    assert len(stroke) == 1
    assert hand.ink() > 0


def test_the_ink_lies_where_the_pen_went(hand: Hand) -> None:
    hand.stroke([(0.1, 0.1), (0.2, 0.9), (0.3, 0.1), (0.8, 0.5)])
    inked = """(canvas, [x, y]) => {
      const { data } = canvas.getContext("2d").getImageData(x * canvas.width, y * canvas.height, 1, 1);
      return data[3] > 200;
    }"""
    for point in ([0.1, 0.1], [0.2, 0.89], [0.3, 0.11], [0.15, 0.5], [0.55, 0.3]):
        assert hand.canvas.evaluate(inked, point), point
    for point in ([0.2, 0.2], [0.1, 0.9], [0.9, 0.1]):
        assert not hand.canvas.evaluate(inked, point), point


def test_points_are_sent_as_they_were_drawn(hand: Hand) -> None:
    hand.stroke([(0.2, 0.3), (0.5, 0.3), (0.8, 0.9)])
    hand.expect_settled()
    (stroke,) = hand.sent[-1]["strokes"]
    assert [point[:2] for point in stroke] == [pytest.approx(p, abs=3) for p in ((200, 300), (500, 300), (800, 900))]
    times = [point[2] for point in stroke]
    assert times == sorted(times)
    assert times[0] == 0


def test_a_scribble_is_not_a_character(hand: Hand) -> None:
    hand.stroke(ZIGZAG)
    hand.stroke([(y, x) for x, y in ZIGZAG])
    hand.expect_state("unknown")
    expect(hand.answer.locator(".title")).to_have_text("Not a character I know")
    expect(hand.answer.locator(".glyph")).to_be_empty()
    expect(hand.answer.locator(".nearest h3")).to_have_text("Nearest shapes")


def test_a_long_stroke_is_read_before_it_ends(hand: Hand) -> None:
    hand.down((0.1, 0.1))
    with hand.page.expect_request(MESSAGES):
        for n in range(200):
            hand.page.mouse.move(*hand.at((0.1 + 0.004 * n, 0.1 + 0.8 * (n // 10 % 2))))
    hand.page.wait_for_function("document.querySelector('.answer').dataset.state !== 'empty'")
    hand.page.mouse.up()
    seqs = [message["seq"] for message in hand.sent[:-1]]
    assert all(later - earlier >= 149 for earlier, later in pairwise(seqs))


def test_a_stroke_that_leaves_the_pad_ends_at_its_edge(hand: Hand) -> None:
    hand.stroke([(0.5, 0.5), (0.9, 0.5), (1.4, 0.5), (1.4, 0.8)])
    hand.expect_settled()
    points = hand.sent[-1]["strokes"][0]
    assert max(point[0] for point in points) == 1000
    hand.stroke([(0.2, 0.2), (0.2, 0.8)])
    hand.expect_settled()
    assert len(hand.sent[-1]["strokes"]) == 2


def test_the_right_button_draws_nothing(hand: Hand) -> None:
    hand.page.mouse.move(*hand.at((0.5, 0.5)))
    hand.page.mouse.down(button="right")
    hand.page.mouse.move(*hand.at((0.8, 0.8)))
    hand.page.mouse.up(button="right")
    assert hand.ink() == 0


def test_a_second_finger_draws_nothing(visit: Visit, app: Server) -> None:
    hand = visit(app.url, "phone")
    fingers = hand.fingers()
    one, other = hand.at((0.2, 0.2)), hand.at((0.8, 0.8))
    fingers.touch("touchStart", one)
    fingers.touch("touchStart", one, other, after=400)  # a pinch has both fingers down by then
    fingers.touch("touchMove", hand.at((0.2, 0.5)), hand.at((0.5, 0.8)))
    fingers.touch("touchMove", hand.at((0.2, 0.8)), hand.at((0.3, 0.8)))
    fingers.touch("touchEnd")
    hand.page.wait_for_function("document.querySelector('.answer').dataset.state !== 'empty'")
    hand.expect_settled()
    (stroke,) = hand.sent[-1]["strokes"]
    assert {round(x / 100) for x, y, ms in stroke} == {2}


def test_a_cancelled_touch_keeps_its_ink_and_the_next_one_draws(visit: Visit, app: Server) -> None:
    hand = visit(app.url, "phone")
    fingers = hand.fingers()
    fingers.touch("touchStart", hand.at((0.2, 0.2)))
    fingers.touch("touchMove", hand.at((0.2, 0.6)))
    fingers.touch("touchCancel")
    fingers.stroke([(0.6, 0.2), (0.6, 0.8)])
    hand.page.wait_for_function("document.querySelector('.answer').dataset.state !== 'empty'")
    hand.expect_settled()
    assert len(hand.sent[-1]["strokes"]) == 2
