"""Kinds of writing, coverage, reading order, turned pages and scrolls on the Scan tab, with prepared answers of a server without weights."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Request, expect

from bench.server_process import Server
from tests.browser.conftest import Visit
from tests.browser.scan.prepared_page import PAGES, SLOW, SURENESS
from tests.browser.scan.test_page_reader import Reader
from tests.browser.screen import WIDTHS, cut_off_at

UPRIGHT, TURNED, SCROLL = range(3)
TEXT = PAGES[UPRIGHT].text.split("\n")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    server = Server("-m", "tests.browser.scan.prepared_page")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def shown(visit: Visit, server: Server) -> Prepared:
    return Prepared(visit(server.url).page)


class Prepared(Reader):
    """A visitor in front of a prepared page."""

    def __init__(self, page: Page) -> None:
        super().__init__(page)
        self.asked: list[Request] = []
        page.on("request", lambda request: self.asked.append(request))

    def show(self, example: int) -> None:
        self.desk.locator(".example").nth(example).click()
        self.wait()
        self.page.wait_for_function("document.querySelector('.scan-picture').naturalWidth > 1")

    def at(self, index: int) -> dict[str, float]:
        """The centre of a box on the page's window."""
        box = self.boxes.nth(index).bounding_box()
        assert box is not None
        return {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}

    def slide(self, percent: int) -> None:
        self.desk.locator(".least").evaluate(
            "(it, value) => { it.value = value; it.dispatchEvent(new Event('input', { bubbles: true })); }", percent
        )

    def line(self, number: int) -> Locator:
        return self.desk.locator(".line").nth(number)


def text_alone(line: Locator) -> str:
    """A line without its ruby."""
    return line.evaluate(
        "(line) => [...line.querySelectorAll('[data-index]')].filter((it) => !it.closest('rt')).map((it) => it.textContent).join('')"
    )


def test_main_text_notes_and_ruby_are_told_apart(shown: Prepared) -> None:
    shown.show(UPRIGHT)
    assert [text_alone(shown.line(n)) for n in range(5)] == TEXT
    assert ["note" in (shown.line(n).get_attribute("class") or "") for n in range(5)] == [False, False, True, True, False]
    ruby = shown.line(0).locator("ruby")
    expect(ruby).to_have_count(1)
    expect(ruby.locator("> [data-index]")).to_have_text([TEXT[0][2], TEXT[0][3]])  # the characters that it stands beside
    expect(ruby.locator("rt")).to_have_text(PAGES[UPRIGHT].ruby[0].text)
    sizes = [
        shown.desk.locator(name).first.evaluate("(it) => parseFloat(getComputedStyle(it).fontSize)")
        for name in (".line", ".line.note", "rt")
    ]
    assert sizes == sorted(sizes, reverse=True)
    assert len(set(sizes)) == 3

    looks = {}
    for kind in ("main", "note", "ruby"):
        rect = shown.desk.locator(f".boxes rect.{kind}").first
        looks[kind] = rect.evaluate("(it) => [getComputedStyle(it).stroke, it.getAttribute('rx') !== null]")
    assert len({colour for colour, _ in looks.values()}) == 3
    assert [looks[kind][1] for kind in ("main", "note", "ruby")] == [False, False, True], "ruby is round, whatever colours an eye sees"
    assert shown.desk.locator(".band.note").first.evaluate("(it) => getComputedStyle(it).stroke") != "none", "a note has an outline"
    expect(shown.desk.locator(".kinds li")).to_have_text(["Main text 15", "Notes 8", "Ruby 4"])
    expect(shown.desk.locator(".degrees li")).to_have_text(["sure 23", "unsure 3", "unknown 1"])
    dashes = [shown.boxes.nth(n).evaluate("(it) => getComputedStyle(it).strokeDasharray") for n in (0, 3, 6)]
    assert len(set(dashes)) == 3


def test_the_slider_withholds_what_is_less_sure_at_once(shown: Prepared) -> None:
    shown.show(UPRIGHT)
    expect(shown.desk.locator(".covered")).to_have_text("All 27 characters shown")
    shown.asked.clear()
    for percent in (50, 85, 0):
        shown.slide(percent)
        expected = "".join(c if 100 * sure >= percent else "〓" for c, sure in zip(TEXT[0], SURENESS, strict=True))
        assert text_alone(shown.line(0)) == expected
        for n, sure in enumerate(SURENESS):
            expect(shown.boxes.nth(n)).to_have_css("opacity", "1" if 100 * sure >= percent else "0")
        few = sum(100 * sure < percent for sure in SURENESS)
        expect(shown.desk.locator(".covered")).to_have_text(
            f"{27 - few} of 27 characters shown, 〓 for the rest" if few else "All 27 characters shown"
        )
    assert shown.asked == [], "the browser asks for nothing"


def test_the_slider_goes_by_keyboard_and_the_copy_is_what_is_shown(visit: Visit, server: Server) -> None:
    shown = Prepared(visit(server.url, permissions=["clipboard-read", "clipboard-write"]).page)
    shown.show(UPRIGHT)
    shown.desk.locator(".least").focus()
    for _ in range(9):
        shown.page.keyboard.press("PageUp")
    expect(shown.desk.locator(".at-least")).to_have_text("90 %")
    shown.desk.get_by_role("button", name="Copy").click()
    expect(shown.desk.locator(".copy")).to_have_text("Copied")
    copied = shown.page.evaluate("navigator.clipboard.readText()")
    assert copied == "\n".join(["".join(c if sure >= 0.9 else "〓" for c, sure in zip(TEXT[0], SURENESS, strict=True)), *TEXT[1:]])


def test_the_reading_order_is_drawn_on_demand(shown: Prepared) -> None:
    shown.show(UPRIGHT)
    expect(shown.desk.locator(".order > *")).to_have_count(0)
    toggle = shown.desk.get_by_role("switch", name="Reading order")
    shown.desk.locator(".toggle").click()
    expect(toggle).to_be_checked()
    expect(shown.desk.locator(".order text")).to_have_text(["1", "2", "3", "4", "5"])
    for n, index in enumerate((0, 8, 11, 15, 19)):  # the first character of each line, under its number
        number = shown.desk.locator(".order circle").nth(n).bounding_box()
        assert number is not None
        assert number["x"] + number["width"] / 2 == pytest.approx(shown.at(index)["x"], abs=1)
        assert number["y"] < shown.at(index)["y"]
    expect(shown.desk.locator(".order .head")).to_have_count(5)
    toggle.focus()
    shown.page.keyboard.press("Space")
    expect(shown.desk.locator(".order > *")).to_have_count(0)


def lit(shown: Prepared) -> tuple[list[str], list[str], int]:
    """The lines that are lit up in the picture and in the text, and how many boxes are."""
    lines = "(them) => them.map((it) => it.dataset.line)"
    bands = shown.desk.locator(".band.lit").evaluate_all(lines)
    return bands, shown.desk.locator(".line.lit").evaluate_all(lines), shown.desk.locator("rect.lit").count()


def test_the_line_under_the_pointer_lights_up_on_both_sides(shown: Prepared) -> None:
    shown.show(UPRIGHT)
    shown.line(4).locator("[data-index]").nth(1).hover()
    assert lit(shown) == (["4"], ["4"], 4)
    expect(shown.boxes.nth(20)).to_have_class("main sure chosen lit")
    shown.page.mouse.move(**shown.at(9))
    assert lit(shown) == (["1"], ["1"], 3)
    expect(shown.line(1).locator(".chosen")).to_have_text(TEXT[1][1])
    shown.page.mouse.move(**shown.at(24))
    assert lit(shown)[0] == ["5"], "a line of ruby has its own ground"


def test_lines_are_gone_through_by_keyboard(shown: Prepared) -> None:
    shown.show(UPRIGHT)
    shown.line(0).focus()
    assert lit(shown)[:2] == (["0"], ["0"])
    shown.page.keyboard.press("ArrowLeft")
    expect(shown.line(1)).to_be_focused()
    assert lit(shown) == (["1"], ["1"], 3)
    shown.page.keyboard.press("End")
    assert lit(shown)[:2] == (["4"], ["4"])
    shown.page.keyboard.press("Enter")
    expect(shown.desk.locator(".boxes")).to_be_focused()
    expect(shown.boxes.nth(19)).to_have_class("main sure chosen lit")
    shown.page.keyboard.press("ArrowDown")
    expect(shown.boxes.nth(20)).to_have_class("main sure chosen lit")


CORNER = """([x, y]) => {
  const image = document.querySelector(".scan-picture");
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  return [...context.getImageData(x, y, 1, 1).data].slice(0, 3);
}"""


def test_a_turned_page_is_shown_upright_and_says_so(shown: Prepared) -> None:
    shown.show(UPRIGHT)
    expect(shown.desk.locator(".turned")).to_be_empty()
    box = "(them) => them.map((it) => ['x', 'y', 'width', 'height'].map((side) => Number(it.getAttribute(side))))"
    upright = shown.boxes.evaluate_all(box)
    shown.desk.get_by_role("button", name="Close").click()
    shown.show(TURNED)
    expect(shown.desk.locator(".turned")).to_have_text("The page lies on its side in the picture: it is shown upright.")
    assert shown.boxes.evaluate_all(box) == upright
    assert shown.desk.locator(".scan-picture").evaluate("(it) => [it.naturalWidth, it.naturalHeight]") == [600, 800]
    for x, y, *_ in upright[:8]:
        red, green, _ = shown.page.evaluate(CORNER, [x + 5, y + 5])
        assert red > 120 > 80 > green, "each character's upper left corner, upright"


def test_the_turn_button_turns_the_picture_clockwise_and_reads_it_again(shown: Prepared) -> None:
    shown.show(UPRIGHT)
    sent = requests(shown)
    turn = shown.desk.get_by_role("button", name="Turn")
    turn.click()
    expect(shown.desk.locator(".turned")).to_have_text("The picture is shown turned by 90°, as you asked.")
    expect(turn).to_be_focused()
    assert sent[-1]["turned"] == 270
    shown.page.wait_for_function("document.querySelector('.scan-picture').naturalWidth === 800")
    x, y, width, height = 500, 60, 50, 50  # the first character, upright
    first = shown.boxes.first.evaluate("(it) => ['x', 'y', 'width', 'height'].map((side) => Number(it.getAttribute(side)))")
    assert first == [800 - y - height, x, height, width], "a quarter clockwise"
    for n in (180, 270):
        turn.click()
        expect(shown.desk.locator(".turned")).to_have_text(f"The picture is shown turned by {n}°, as you asked.")
    turn.click()
    expect(shown.desk.locator(".turned")).to_be_empty()
    assert [message["turned"] for message in sent] == [270, 180, 90, 0]


def test_the_swap_button_reads_the_page_in_the_other_direction(shown: Prepared) -> None:
    shown.show(TURNED)
    sent = requests(shown)
    shown.desk.get_by_role("button", name="As lines").click()
    expect(shown.desk.locator(".lines")).to_have_class("lines")
    shown.desk.get_by_role("button", name="As columns").click()
    expect(shown.desk.locator(".lines")).to_have_class("lines vertical")
    assert [(message["direction"], message["turned"]) for message in sent] == [("horizontal", 90), ("vertical", 90)], (
        "the page stays as it is shown"
    )


def requests(shown: Prepared) -> list[dict[str, Any]]:
    """The pages that the browser asks the server for from now on."""
    sent: list[dict[str, Any]] = []

    def note(request: Request) -> None:
        if "/queue/join" in request.url:
            sent.append(json.loads(request.post_data_json["data"][0]))

    shown.page.on("request", note)
    return sent


def test_a_scroll_is_as_high_as_the_window_and_follows_the_text(shown: Prepared) -> None:
    shown.show(SCROLL)
    view = shown.desk.locator(".view")
    expect(view).to_have_class("view large")
    width, height = view.evaluate("(it) => [it.scrollWidth / it.clientWidth, it.clientHeight]")
    assert width > 2
    assert height > 350
    start = view.evaluate("(it) => it.scrollLeft")
    assert start > 100, "it begins at the right"
    picture, text = view.bounding_box(), shown.desk.locator(".lines").bounding_box()
    assert picture is not None
    assert text is not None
    assert text["x"] >= picture["x"] + picture["width"], "side by side"
    shown.line(0).focus()
    shown.page.keyboard.press("End")
    assert view.evaluate("(it) => it.scrollLeft") < start - 1000
    band = shown.desk.locator(".band.lit").bounding_box()
    assert band is not None
    assert picture["x"] <= band["x"]
    assert band["x"] + band["width"] <= picture["x"] + picture["width"]
    assert lit(shown)[:2] == (["59"], ["59"])
    shown.desk.get_by_role("button", name="Fit to the window").click()
    assert view.evaluate("(it) => it.scrollWidth - it.clientWidth") == 0


def test_a_failure_leaves_no_old_answer_beside_the_new_picture(shown: Prepared) -> None:
    shown.show(UPRIGHT)
    shown.give(b"whatever this is", "new.png")
    expect(shown.desk.locator(".failure")).to_have_text("There is a reason why this picture is not read.")
    expect(shown.desk.locator(".found")).to_be_hidden()
    assert shown.boxes.count() == 0
    assert shown.desk.locator(".line").count() == 0
    assert shown.desk.locator(".scan-picture").get_attribute("src") == "data:,"


def test_a_file_that_can_no_longer_be_opened_is_said(shown: Prepared) -> None:
    shown.show(UPRIGHT)
    shown.page.evaluate(
        "FileReader.prototype.readAsDataURL = function () { this.onerror(); }; Object.defineProperty(FileReader.prototype, 'error', { get: () => new Error('it is gone') })"
    )
    shown.give(b"whatever this is", "gone.png")
    expect(shown.desk.locator(".failure")).to_have_text("This file cannot be opened (it is gone): choose it again, or another one.")
    expect(shown.desk.locator(".found")).to_be_hidden()


@pytest.mark.parametrize("example", [UPRIGHT, SCROLL])
def test_nothing_is_cut_off(shown: Prepared, example: int) -> None:
    assert [it for width in WIDTHS for it in cut_off_at(shown.page, width)] == []
    shown.show(example)
    shown.desk.locator(".toggle").click()
    shown.slide(85)
    shown.line(0).locator("[data-index]").first.click()
    shown.desk.locator("summary").click()
    assert [it for width in WIDTHS for it in cut_off_at(shown.page, width)] == []
    shown.give(b"whatever this is", "new.png")
    expect(shown.desk.locator(".failure")).not_to_be_empty()
    assert [it for width in WIDTHS for it in cut_off_at(shown.page, width)] == []


def test_picture_and_text_stand_side_by_side_where_there_is_room(shown: Prepared) -> None:
    shown.show(UPRIGHT)
    for width in (768, 1024, 1280):
        shown.page.set_viewport_size({"width": width, "height": 800})
        picture, text = shown.desk.locator(".view").bounding_box(), shown.desk.locator(".lines").bounding_box()
        assert picture is not None
        assert text is not None
        assert text["x"] >= picture["x"] + picture["width"]
        assert text["y"] < picture["y"] + picture["height"]


def test_a_connection_that_breaks_while_a_page_is_read_is_said(visit: Visit) -> None:
    server = Server("-m", "tests.browser.scan.prepared_page")
    server.start()
    try:
        shown = Prepared(visit(server.url).page)
        shown.show(UPRIGHT)
        shown.give(SLOW, "slow.png")
        expect(shown.desk.locator(".doing")).to_have_text("Reading slowly")
    finally:
        server.stop()
    expect(shown.desk.locator(".failure")).to_have_text("The connection broke while this page was read: give the page again.")
    expect(shown.desk.locator(".found")).to_be_hidden()
    expect(shown.desk.locator(".busy")).to_be_hidden()
