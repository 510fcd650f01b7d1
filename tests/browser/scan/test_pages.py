"""A file of several pages on the Scan tab: the visitor turns them, by mouse or keyboard."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from bench.server_process import Server
from synthetic_pages import glyphs
from synthetic_pages.maker import MadePage, make_page
from tests.browser.conftest import Visit
from tests.browser.scan.test_page_reader import Reader, encoded
from tests.support.files import pdf, several


@pytest.fixture(scope="module")
def made() -> list[MadePage]:
    return [make_page(seed, glyphs.drawn(), hard=False, characters=12, direction="vertical") for seed in (22, 31)]


KINDS = {"PDF": ("book.pdf", "application/pdf"), "TIFF": ("book.tif", "image/tiff"), "GIF": ("book.gif", "image/gif")}


def arrive(reader: Reader, place: str) -> None:
    expect(reader.desk.locator(".place")).to_have_text(place, timeout=60_000)
    expect(reader.desk).to_have_attribute("data-state", "found", timeout=60_000)


@pytest.mark.parametrize("kind", KINDS)
def test_the_pages_of_a_file_are_turned(visit: Visit, app: Server, made: list[MadePage], kind: str) -> None:
    reader = Reader(visit(app.url).page)
    reader.give(several(kind, [each.picture for each in made]), *KINDS[kind])
    arrive(reader, "Page 1 of 2")
    assert reader.text() == made[0].text
    expect(reader.desk.locator(".previous")).to_have_attribute("aria-disabled", "true")
    first = reader.desk.locator(".scan-picture").get_attribute("src")
    reader.desk.get_by_role("button", name="Next page").click()
    arrive(reader, "Page 2 of 2")
    expect(reader.desk.locator(".next")).to_be_focused()
    if kind != "GIF":  # 256 colours
        assert reader.text() == made[1].text
    assert reader.desk.locator(".scan-picture").get_attribute("src") != first
    assert reader.download("JSON").suggested_filename == "book-2.json"
    reader.page.keyboard.press("PageUp")
    arrive(reader, "Page 1 of 2")
    assert reader.text() == made[0].text
    reader.give(encoded(made[0].picture, "PNG"))
    expect(reader.desk.locator(".pager")).to_be_hidden()


def test_a_broken_page_is_said_and_the_next_is_in_reach(visit: Visit, app: Server) -> None:
    reader = Reader(visit(app.url).page)
    square = "0 0 0 rg 20 20 30 30 re f"
    reader.give(pdf([(72, 96, square), None, (72, 96, square)]), *KINDS["PDF"])
    arrive(reader, "Page 1 of 3")
    reader.desk.get_by_role("button", name="Next page").click()
    expect(reader.desk.locator(".failure")).to_contain_text("This page of the PDF cannot be drawn")
    expect(reader.desk).to_have_attribute("data-state", "failed")
    expect(reader.desk.locator(".found")).to_be_hidden()
    expect(reader.desk.locator(".place")).to_have_text("Page 2 of 3")
    reader.desk.get_by_role("button", name="Next page").click()
    arrive(reader, "Page 3 of 3")
    expect(reader.desk.locator(".failure")).to_be_hidden()


def test_turning_the_page_asks_before_corrections_are_lost(visit: Visit, app: Server, made: list[MadePage]) -> None:
    reader = Reader(visit(app.url).page)
    reader.give(several("PDF", [each.picture for each in made]), *KINDS["PDF"])
    arrive(reader, "Page 1 of 2")
    reader.boxes.first.click()
    reader.desk.locator(".choices button").nth(1).click()
    asked: list[str] = []
    reader.page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    reader.desk.get_by_role("button", name="Next page").click()
    assert asked == ["Turning the page drops your correction. Turn it?"]
    expect(reader.desk.locator(".place")).to_have_text("Page 1 of 2")
