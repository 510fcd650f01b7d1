"""A picture of one character instead of a drawing: chosen, dropped, pasted, taken with the camera."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from bench.server_process import Server
from tests.browser.conftest import Visit
from tests.browser.hand import MESSAGES, Hand
from tests.support.drawing import glyph


def encode(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def choose(hand: Hand, data: bytes, name: str = "picture.png", kind: str = "image/png") -> None:
    hand.page.locator(".picture .file").set_input_files({"name": name, "mimeType": kind, "buffer": data})


HAND_OVER = """([kind, name, data]) => {
  const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], name, { type: "image/png" }));
  const options = { bubbles: true, cancelable: true, clipboardData: transfer, dataTransfer: transfer };
  const target = document.querySelector(".reader");
  if (kind === "paste") return target.dispatchEvent(new ClipboardEvent("paste", options));
  target.dispatchEvent(new DragEvent("dragover", options));
  const shown = document.querySelector(".reader").classList.contains("dropping");
  target.dispatchEvent(new DragEvent("drop", options));
  return shown && !document.querySelector(".reader").classList.contains("dropping");
}"""


@pytest.mark.parametrize("kind", ["paste", "drop"])
def test_paste_and_drop(hand: Hand, kind: str) -> None:
    data = base64.b64encode(encode(glyph("な"))).decode()
    done = hand.page.evaluate(HAND_OVER, [kind, "na.png", data])
    assert done == (kind == "drop")  # a paste that is taken is not handed on
    hand.expect_character("な")
    expect(hand.page.locator(".picture .thumb")).to_be_visible()


def test_choose_by_button(hand: Hand) -> None:
    with hand.page.expect_file_chooser() as chooser:
        hand.page.get_by_role("button", name="Choose…").click()
    chooser.value.set_files({"name": "ma.png", "mimeType": "image/png", "buffer": encode(glyph("ま"))})
    hand.expect_character("ま")
    expect(hand.page.locator(".picture .words")).to_have_text("ma.png")


def test_the_same_file_twice_is_read_twice(hand: Hand) -> None:
    for _ in range(2):
        with hand.page.expect_request(MESSAGES):  # each choice is sent, though the answer to the first still stands
            choose(hand, encode(glyph("ま")))
        hand.expect_character("ま")
    assert len(hand.sent) == 2


def test_a_browser_need_not_know_the_format(hand: Hand) -> None:
    choose(hand, encode(glyph("す"), "TIFF"), "su.tif", "image/tiff")
    hand.expect_character("す")


@pytest.mark.parametrize("side", [300, 3000])
def test_a_photo_lying_on_its_side_is_turned_upright(hand: Hand, side: int) -> None:
    grain = np.random.default_rng(0).integers(-12, 12, (side, side))
    upright = Image.fromarray((np.asarray(glyph("ま", side), int) * 0.8 + 20 + grain).clip(0, 255).astype(np.uint8))
    exif = Image.Exif()
    exif[0x0112] = 6  # turn it clockwise to see it upright
    data = encode(upright.rotate(90), "JPEG", exif=exif, quality=95)
    choose(hand, data, "photo.jpg", "image/jpeg")
    hand.expect_character("ま")
    if side == 3000:
        assert len(data) > 2**20
        assert len(hand.sent[-1]["picture"]) < len(data) / 2, "a large photo is brought down before it is sent"


def test_a_broken_picture_is_said_calmly_and_the_drawing_stays(hand: Hand) -> None:
    hand.draw("つ")
    hand.expect_character("つ")
    ink = hand.ink()
    choose(hand, b"\x89PNG\r\n\x1a\n and no more")
    hand.expect_state("error")
    expect(hand.answer.locator(".detail")).to_have_text(
        "This is not a picture that can be opened: give a PNG, JPEG, WebP, TIFF, GIF, BMP, JPEG 2000, AVIF, HEIC or PDF file."
    )
    expect(hand.page.locator(".toast-body")).to_have_count(0)
    assert hand.ink() == ink
    hand.stroke([(0.01, 0.01), (0.01, 0.01)])
    expect(hand.answer).not_to_have_attribute("data-state", "error")


@pytest.mark.parametrize("status", [500, 413])
def test_a_picture_that_gets_no_answer_does_not_stand_beside_the_old_one(hand: Hand, status: int) -> None:
    choose(hand, encode(glyph("す")), "su.png")
    hand.expect_character("す")
    hand.page.route(MESSAGES, lambda route: route.fulfill(status=status, json={"error": "no"}))
    choose(hand, encode(glyph("な")), "na.png")
    expect(hand.page.locator(".picture .words")).to_have_text("na.png")
    hand.expect_state("error")
    expect(hand.answer.locator(".glyph")).to_have_text("")
    expect(hand.answer.locator(".detail")).to_contain_text("too large" if status == 413 else "could not answer")
    hand.page.unroute(MESSAGES)
    choose(hand, encode(glyph("な")), "na.png")
    hand.expect_character("な")


def test_a_file_that_is_too_large_to_send_takes_the_place_of_the_old_answer(hand: Hand) -> None:
    choose(hand, encode(glyph("す")), "su.png")
    hand.expect_character("す")
    choose(hand, b"II*\0" + bytes(9 * 2**20), "huge.tif", "image/tiff")
    hand.expect_state("error")
    expect(hand.answer.locator(".detail")).to_have_text("This file is larger than 8 MB: make the picture smaller.")
    expect(hand.page.locator(".picture .thumb")).to_be_hidden()


def test_half_a_picture_is_an_error_too(hand: Hand) -> None:
    data = encode(Image.fromarray(np.random.default_rng(0).integers(0, 255, (300, 300), np.uint8)))
    choose(hand, data[: len(data) // 2])
    hand.expect_state("error")


def test_a_picture_with_too_many_pixels_is_refused(hand: Hand) -> None:
    choose(hand, encode(Image.new("1", (9000, 9000), 1), "TIFF", compression="group4"), "huge.tif", "image/tiff")
    hand.expect_state("error")
    expect(hand.answer.locator(".detail")).to_contain_text("million pixels")


def test_an_empty_sheet_of_paper_has_nothing_to_read(hand: Hand) -> None:
    choose(hand, encode(Image.new("L", (200, 200), 240)))
    hand.expect_state("blank")
    expect(hand.answer.locator(".title")).to_have_text("Nothing to read")


def test_a_new_stroke_puts_the_picture_away(hand: Hand) -> None:
    choose(hand, encode(glyph("す")))
    hand.expect_character("す")
    hand.draw("や")
    hand.expect_character("や")
    expect(hand.page.locator(".picture .thumb")).to_be_hidden()
    expect(hand.page.locator(".picture .words")).to_contain_text("Or read a picture")


def test_a_file_name_is_text(hand: Hand) -> None:
    choose(hand, encode(glyph("す")), "<img src=x onerror=alert(1)>.png")
    hand.expect_character("す")
    expect(hand.page.locator(".picture .words img")).to_have_count(0)


def test_the_camera_of_a_desktop(visit: Visit, app: Server) -> None:
    hand = visit(app.url, permissions=["camera"])
    hand.page.get_by_role("button", name="Camera").click()
    dialog = hand.page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    hand.page.wait_for_function("document.querySelector('dialog video').videoWidth > 0")
    dialog.get_by_role("button", name="Take the picture").click()
    expect(dialog).to_be_hidden()
    expect(hand.page.locator(".picture .thumb")).to_be_visible()
    hand.page.wait_for_function("document.querySelector('.answer').dataset.state !== 'empty'")
    assert hand.page.evaluate("document.querySelector('dialog video').srcObject") is None, "the camera is let go"


def test_the_camera_can_be_left_with_escape(visit: Visit, app: Server) -> None:
    hand = visit(app.url, permissions=["camera"])
    hand.stroke([(0.2, 0.2), (0.8, 0.8)])
    ink = hand.ink()
    hand.page.get_by_role("button", name="Camera").click()
    expect(hand.page.get_by_role("dialog")).to_be_visible()
    hand.page.keyboard.press("Escape")
    expect(hand.page.get_by_role("dialog")).to_be_hidden()
    assert hand.ink() == ink


def test_the_camera_of_a_phone_is_its_own(visit: Visit, app: Server) -> None:
    hand = visit(app.url, "phone")
    with hand.page.expect_file_chooser() as chooser:
        hand.page.get_by_role("button", name="Camera").tap()
    assert chooser.value.element.get_attribute("capture") == "environment"
