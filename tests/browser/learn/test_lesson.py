"""The first lesson: to its end, on a real line of an old book, and kept over a reload."""

from __future__ import annotations

from playwright.sync_api import expect

from bench.server_process import Server
from tests.browser.conftest import Visit
from tests.browser.learn.learner import Learner

ORDER = "つきなおまれやすはを"
LINE = "ををつきな"


def test_the_lesson_leads_to_a_line_of_an_old_book(visit: Visit, app: Server, device: str) -> None:
    hand = visit(app.url, device)
    learner = Learner(hand)
    panel = learner.part("lesson")
    panel.get_by_role("button", name="Begin", exact=True).click()
    for n, kana in enumerate(ORDER):
        expect(panel.locator(".meet .prompt")).to_contain_text(kana)
        expect(panel.locator(".meet .pictures img").first).to_be_visible()
        panel.locator(".meet .strong").click()
        expect(panel.locator(".write .prompt")).to_have_text(f"Now write {kana}.")
        if n < 2:  # the others are skipped: drawing takes a busy machine seconds
            learner.draw(kana)
            panel.locator(".write .strong:visible").click()
            expect(panel.locator(".write .grade:visible")).to_have_text("Very near.")
            panel.locator(".write .strong:visible").click()
        else:
            panel.get_by_role("button", name="Skip").click()
        panel.locator(f".read .choices button[value={kana}]").click()
        expect(panel.locator(".read .grade")).to_contain_text("Yes")
        panel.locator(".read .strong:visible").click()
    expect(panel.locator(".line .prompt")).to_have_text("Character 1 of 5: which one is it?")
    assert panel.locator(".scan img").evaluate("async (it) => { await it.decode(); return it.naturalWidth; }") > 100
    wrong = panel.locator(".ten-choices button[value=お]")
    wrong.click()
    expect(panel.locator(".line .detail")).to_have_text("Not that one. Look at how the brush turns.")
    for kana in LINE:
        panel.locator(f".ten-choices button[value={kana}]").click()
    expect(panel.locator(".line .prompt")).to_have_text("You have read it.")
    expect(panel.locator(".whole")).to_have_text("門部をわけ追々嘘をつきなら")
    expect(panel.locator(".line .caption")).to_contain_text("CC BY-SA 4.0")
    panel.get_by_role("button", name="Practise").click()
    expect(learner.page.locator("#learn-panel-practice .prompt").first).to_be_visible()


def test_the_lesson_goes_on_where_it_was_left(visit: Visit, app: Server) -> None:
    hand = visit(app.url)
    learner = Learner(hand)
    panel = learner.part("lesson")
    panel.get_by_role("button", name="Begin", exact=True).click()
    for _ in range(4):
        panel.get_by_role("button", name="Skip").click()
    expect(panel.locator(".write .prompt")).to_have_text("Now write き.")
    hand.page.reload()
    learner.open()
    panel = learner.part("lesson")
    panel.get_by_role("button", name="Go on").click()
    expect(panel.locator(".write .prompt")).to_have_text("Now write き.")
    panel.get_by_role("button", name="Begin anew").click()
    expect(panel.locator(".meet .prompt")).to_contain_text("つ")
