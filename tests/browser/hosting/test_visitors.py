"""Visitors who come together, and one who comes again."""

from __future__ import annotations

from playwright.sync_api import expect

from bench.server_process import Server
from tests.browser.conftest import Visit
from tests.browser.hand import Hand, strokes_of


def test_two_visitors_at_once_get_their_own_answers(visit: Visit, app: Server) -> None:
    one, other = visit(app.url), visit(app.url, "phone")
    for mine, theirs in zip(strokes_of("ま"), strokes_of("お"), strict=True):
        one.stroke(mine)
        other.stroke(theirs)
    one.expect_character("ま")
    other.expect_character("お")
    one.button("clear").click()
    one.expect_state("empty")
    other.expect_character("お")


def test_a_reload_in_the_middle_of_a_drawing_starts_a_clean_sheet(hand: Hand) -> None:
    hand.stroke(strokes_of("き")[0])
    hand.down((0.5, 0.2))
    hand.page.mouse.move(*hand.at((0.6, 0.5)))
    hand.page.reload()
    hand.canvas.wait_for()
    hand.page.mouse.up()
    assert hand.ink() == 0
    hand.expect_state("empty")
    expect(hand.button("undo")).to_be_disabled()
    hand.draw("き")
    hand.expect_character("き")
