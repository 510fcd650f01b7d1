"""Practice: writing with an answer, the schedule over a reload, export, import and erasing, and reading."""

from __future__ import annotations

import json
from pathlib import Path

from playwright.sync_api import Request, expect

from bench.server_process import Server
from tests.browser.conftest import Visit
from tests.browser.learn.learner import Learner


def test_what_was_drawn_well_comes_back_later_and_over_a_reload(visit: Visit, app: Server) -> None:
    hand = visit(app.url)
    learner = Learner(hand)
    panel = learner.part("practice")
    expect(panel.locator(".prompt").first).to_have_text("Write お as it is written today.")
    learner.draw("お")
    panel.get_by_role("button", name="Check").first.click()
    expect(panel.locator(".grade").first).to_have_text("Very near.")
    assert panel.locator("meter").evaluate("(it) => it.value") > 75
    assert panel.locator(".over").evaluate(
        "(it) => it.getContext('2d').getImageData(0, 0, it.width, it.height).data.some((v, n) => n % 4 === 3 && v > 200)"
    )
    kept = learner.kept()
    assert kept is not None
    assert list(kept["cards"]) == ["write:お:お"]
    hand.page.reload()
    learner.open()
    panel = learner.part("practice")
    expect(panel.locator(".counts")).to_contain_text("Met: 1 of")
    expect(panel.locator(".prompt").first).not_to_have_text("Write お as it is written today.")
    assert learner.kept() == kept


def test_what_went_wrong_comes_back_first(visit: Visit, app: Server) -> None:
    hand = visit(app.url)
    learner = Learner(hand)
    panel = learner.part("practice")
    learner.draw("き")
    hand.page.keyboard.press("Enter")  # on the sheet: check
    expect(panel.locator(".word-side, .result-side").filter(has_text="the network reads き").first).to_be_visible()
    kept = learner.kept()
    assert kept is not None
    card = kept["cards"]["write:お:お"]
    assert card["state"] == 1, "in its first steps"
    panel.get_by_role("button", name="Next").first.click()
    expect(panel.locator(".prompt").first).not_to_have_text("Write お as it is written today.")
    card["due"] = "2020-01-01T00:00:00.000Z"
    hand.page.evaluate("(kept) => localStorage.setItem('kuzushiji.learn', JSON.stringify(kept))", kept)
    hand.page.reload()
    learner.open()
    panel = learner.part("practice")
    expect(panel.locator(".counts")).to_contain_text("To repeat now: 1.")
    expect(panel.locator(".prompt").first).to_have_text("Write お as it is written today.")
    expect(panel.locator(".model").first).to_be_hidden()


def test_nothing_leaves_the_browser_but_a_drawing_that_is_checked(visit: Visit, app: Server) -> None:
    hand = visit(app.url)
    learner = Learner(hand)
    panel = learner.part("practice")
    posted: list[Request] = []
    hand.page.on("request", lambda request: posted.append(request) if request.method == "POST" else None)
    learner.draw("お")
    hand.page.wait_for_timeout(500)
    assert posted == []
    panel.get_by_role("button", name="Check").first.click()
    expect(panel.locator(".grade").first).to_be_visible()
    message = json.loads(json.loads(posted[0].post_data or "")["data"][0])
    assert len(posted) == 1
    assert set(message) == {"seq", "kana", "letter", "strokes"}


def test_progress_is_exported_erased_and_brought_back(visit: Visit, app: Server, tmp_path: Path) -> None:
    hand = visit(app.url)
    learner = Learner(hand)
    panel = learner.part("practice")
    learner.draw("お")
    panel.get_by_role("button", name="Check").first.click()
    expect(panel.locator(".grade").first).to_be_visible()
    kept = learner.kept()
    with hand.page.expect_download() as download:
        panel.get_by_role("button", name="Export").click()
    path = tmp_path / "progress.json"
    download.value.save_as(path)
    assert json.loads(path.read_text("utf-8")) == kept
    panel.get_by_role("button", name="Erase", exact=True).click()
    expect(panel.get_by_role("button", name="Keep it")).to_be_focused()
    panel.get_by_role("button", name="Yes, erase").click()
    assert learner.kept() is None
    panel.locator("input[type=file]").set_input_files(path)
    expect(panel.locator(".caption").last).to_have_text("Your progress is back: one card.")
    assert learner.kept() == kept
    path.write_text('{"version": 1, "cards": {"write:お:お": {}}, "lesson": 0}')
    panel.locator("input[type=file]").set_input_files(path)
    expect(panel.locator(".caption").last).to_have_text("This file holds no progress of this page.")
    assert learner.kept() == kept


def test_a_real_example_is_read_by_typing_and_by_choosing(visit: Visit, app: Server) -> None:
    hand = visit(app.url)
    learner = Learner(hand)
    panel = learner.part("practice")
    panel.locator("input[value=read]").check(force=True)
    typed = panel.locator(".typed input")
    typed.fill("o")
    typed.press("Enter")
    expect(panel.locator(".grade:visible")).to_have_text("Yes: お, o.")
    hand.page.keyboard.press("Enter")  # on Next
    expect(panel.locator(".choices button:enabled")).to_have_count(4)
    panel.locator(".choices button[value=お]").click()
    expect(panel.locator(".grade:visible")).to_have_text("Yes: お, o.")
    kept = learner.kept()
    assert kept is not None
    assert {card.rpartition(":")[0] for card in kept["cards"]} == {"read:お"}
    assert len(kept["cards"]) == 2
