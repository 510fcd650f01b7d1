"""A visitor says what a character was; it is kept where the operator wants that, and nothing is kept elsewhere."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from PIL import Image
from playwright.sync_api import expect

from bench.server_process import Server
from corrections.store import FILE, FeedbackStore, stats
from tests.browser.conftest import Visit
from tests.browser.draw.test_picture_input import choose, encode
from tests.browser.hand import ZIGZAG, Hand
from tests.support.drawing import glyph


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("operator") / "feedback"


@pytest.fixture(scope="module")
def keeping(folder: Path) -> Iterator[Server]:
    server = Server("app.py", "--feedback", str(folder), sign="/readyz")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def store(folder: Path) -> FeedbackStore:
    return FeedbackStore(folder)


def count(store: FeedbackStore) -> int:
    return stats(store)["corrections"] if (store.folder / FILE).exists() else 0


def outcome(hand: Hand) -> str:
    return hand.page.locator(".correction .outcome").inner_text()


def test_without_an_operators_wish_nothing_is_asked(hand: Hand) -> None:
    hand.draw("お")
    hand.expect_character("お")
    assert hand.page.locator(".correction").count() == 0


def test_a_drawing_is_corrected(visit: Visit, keeping: Server, store: FeedbackStore, device: str) -> None:
    before = count(store)
    hand = visit(keeping.url, device)
    expect(hand.page.locator(".correction")).to_be_hidden()
    hand.draw("つ")
    hand.expect_character("つ")
    hand.page.get_by_role("button", name="That was …").click()
    if device == "phone":
        assert hand.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    hand.page.locator(".choice", has_text="を").click()
    expect(hand.page.locator(".correction .outcome")).to_have_text("Thank you: kept as を.")
    expect(hand.page.get_by_role("button", name="That was …")).to_be_hidden()
    assert count(store) == before + 1
    *_, (_, kept) = store.corrections()
    sent = hand.sent[-2]["strokes"]
    assert (kept.character, kept.verdict, kept.answered, kept.strokes) == ("を", "character", "つ", sent)
    assert len(kept.weights) == 12

    hand.button("clear").click()
    expect(hand.page.locator(".correction")).to_be_hidden()
    hand.canvas.scroll_into_view_if_needed()
    hand.draw("お")
    hand.expect_character("お")
    expect(hand.page.get_by_role("button", name="That was …")).to_be_visible()
    assert outcome(hand) == ""


def test_another_character_by_keyboard(visit: Visit, keeping: Server, store: FeedbackStore) -> None:
    hand = visit(keeping.url)
    hand.stroke(ZIGZAG)
    hand.expect_settled()
    hand.page.get_by_role("button", name="That was …").focus()
    hand.page.keyboard.press("Enter")
    hand.page.locator(".other").focus()
    hand.page.keyboard.press("Enter")
    expect(hand.page.locator(".correction .outcome")).to_have_text("Give one character.")
    hand.page.keyboard.type("ゐ")
    hand.page.keyboard.press("Enter")
    expect(hand.page.locator(".correction .outcome")).to_have_text("Thank you: kept as ゐ.")
    *_, (_, kept) = store.corrections()
    assert kept.character == "ゐ"


def test_escape_closes_the_choice_and_leaves_the_drawing(visit: Visit, keeping: Server) -> None:
    hand = visit(keeping.url)
    hand.draw("お")
    hand.expect_character("お")
    ink = hand.ink()
    hand.page.get_by_role("button", name="That was …").click()
    hand.page.keyboard.press("Escape")
    expect(hand.page.locator(".choices")).to_be_hidden()
    assert hand.ink() == ink


def test_a_picture_is_corrected_by_its_ink(visit: Visit, keeping: Server, store: FeedbackStore) -> None:
    hand = visit(keeping.url)
    choose(hand, encode(glyph("ま")))
    hand.expect_character("ま")
    hand.page.get_by_role("button", name="That was …").click()
    hand.page.locator(".choice", has_text="す").click()
    expect(hand.page.locator(".correction .outcome")).to_have_text("Thank you: kept as す.")
    *_, (_, kept) = store.corrections()
    assert (kept.character, kept.strokes, kept.answered) == ("す", None, "ま")
    assert kept.ink is not None
    assert kept.ink.max() > 200


def test_what_cannot_be_kept_is_said(visit: Visit) -> None:
    """A folder that cannot be made; the page is there all the same."""
    server = Server("app.py", sign="/readyz")
    server.start(KUZUSHIJI_FEEDBACK="/proc/feedback")
    try:
        hand = visit(server.url)
        hand.draw("お")
        hand.expect_character("お")
        hand.page.get_by_role("button", name="That was …").click()
        hand.page.locator(".choice", has_text="お").click()
        expect(hand.page.locator(".correction .outcome")).to_contain_text("This correction could not be kept")
        expect(hand.page.get_by_role("button", name="That was …")).to_be_visible()
    finally:
        server.stop()


def say(server: Server, message: object) -> httpx.Response:
    return httpx.post(f"{server.url}/gradio_api/run/correct", json={"data": [json.dumps(message)]}, timeout=30)


@pytest.mark.parametrize(
    "message",
    [
        {"seq": 1, "character": "おき", "strokes": [[[0, 0], [1, 1]]]},
        {"seq": 1, "character": "", "strokes": [[[0, 0], [1, 1]]]},
        {"seq": 1, "character": "\x00", "strokes": [[[0, 0], [1, 1]]]},
        {"seq": 1, "character": "<", "strokes": [[[0, 0], [1, 1]]]},
        {"seq": 1, "character": 5, "strokes": [[[0, 0], [1, 1]]]},
        {"seq": "NaN", "character": "お", "strokes": [[[0, 0], [1, 1]]]},
        {"seq": 1, "character": "お", "picture": "data:image/png;base64,AAAA"},
        {"seq": 1, "character": "お"},
        {"seq": 1, "character": "お", "key": "a b", "strokes": [[[0, 0], [1, 1]]]},
        {"seq": 10**400, "character": "お", "strokes": [[[0, 0], [1, 1]]]},
        {"character": "お", "strokes": []},
        [],
        None,
    ],
    ids=str,
)
def test_wild_corrections_are_refused(keeping: Server, store: FeedbackStore, message: object) -> None:
    before = count(store)
    reply = say(keeping, message)
    assert reply.status_code == 500
    assert "A correction is one character" in reply.json()["error"]
    assert count(store) == before


@pytest.mark.parametrize("strokes", [[], [[["a", 1]]], 5, [[[1e400, 1]]]], ids=str)
def test_strokes_that_are_none_are_not_kept(keeping: Server, store: FeedbackStore, strokes: object) -> None:
    before = count(store)
    reply = say(keeping, {"seq": 1, "character": "お", "strokes": strokes})
    assert reply.status_code == 200
    assert json.loads(reply.json()["data"][0])["kept"] is False
    assert count(store) == before


def test_a_huge_drawing_is_kept_as_its_ink(keeping: Server, store: FeedbackStore) -> None:
    reply = say(keeping, {"seq": 1, "character": "お", "strokes": [[[n % 900, n % 700] for n in range(20_000)]]})
    assert json.loads(reply.json()["data"][0])["kept"] is True
    *_, (_, kept) = store.corrections()
    assert kept.strokes is None
    assert kept.ink is not None


def test_what_stands_in_the_place_of_a_time_is_not_kept(keeping: Server, store: FeedbackStore) -> None:
    strokes = [[[0, 0, "my name"], [9, 9, {"a": 1}], [9, 10, 5]], []]
    assert json.loads(say(keeping, {"seq": 1, "character": "お", "strokes": strokes}).json()["data"][0])["kept"] is True
    *_, (_, kept) = store.corrections()
    assert kept.strokes == [[[0, 0], [9, 9], [9, 10, 5]]]


def test_what_is_sent_again_is_kept_once(keeping: Server, store: FeedbackStore) -> None:
    """As the page does when an answer is lost on its way."""
    before = count(store)
    for _ in range(2):
        reply = say(keeping, {"seq": 1, "key": "again", "character": "お", "strokes": [[[0, 0], [10, 10]]]})
        assert json.loads(reply.json()["data"][0])["kept"] is True
    assert count(store) == before + 1


def test_a_large_picture_is_refused_before_it_is_decoded(keeping: Server) -> None:
    url = f"data:image/png;base64,{base64.b64encode(encode(Image.new('L', (6000, 6000)))).decode()}"
    assert say(keeping, {"seq": 1, "character": "お", "picture": url}).status_code == 500


def test_an_acknowledged_correction_outlives_a_kill(tmp_path: Path) -> None:
    server = Server("app.py", "--feedback", str(tmp_path / "kept"), sign="/readyz")
    server.start()
    reply = say(server, {"seq": 1, "character": "お", "strokes": [[[0, 0], [10, 10]]]})
    assert json.loads(reply.json()["data"][0])["kept"] is True
    server.stop()
    assert stats(FeedbackStore(tmp_path / "kept"))["corrections"] == 1
