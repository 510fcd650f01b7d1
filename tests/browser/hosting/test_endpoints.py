"""The endpoints, through raw HTTP: what they promise, and what they say to nonsense."""

from __future__ import annotations

import io
import json
import uuid
from typing import Any

import httpx
import pytest
from PIL import Image

from bench.server_process import Server
from synthetic_pages import glyphs
from synthetic_pages.maker import make_page
from synthetic_pages.scenes import make_scene
from tests.support.drawing import glyph
from tests.support.files import several
from train.data.drawing.strokes import load


def call(app: Server, name: str, *data: Any) -> tuple[str, Any]:
    """The name and the data of the last event that the endpoint sends."""
    address = f"{app.url}/gradio_api/call/{name}"
    event = httpx.post(address, json={"data": data}).json()["event_id"]
    lines = httpx.get(f"{address}/{event}", timeout=30).text.strip().splitlines()
    return lines[-2].removeprefix("event: "), json.loads(lines[-1].removeprefix("data: "))


def upload(app: Server, data: bytes) -> dict[str, Any]:
    (path,) = httpx.post(f"{app.url}/gradio_api/upload", files={"files": ("picture.png", data)}).json()
    return {"path": path, "meta": {"_type": "gradio.FileData"}}


def png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def check(reading: dict[str, Any], verdict: str, character: str = "", whole: bool = True) -> None:
    """Ten candidates, the `whole` alphabet or the best of a larger one, which leave a little to the others."""
    assert reading["verdict"] == verdict
    assert len(reading["candidates"]) == 10
    probabilities = [candidate["probability"] for candidate in reading["candidates"]]
    assert sum(probabilities) == pytest.approx(1) if whole else 0.9 < sum(probabilities) < 1 + 1e-6
    assert probabilities == sorted(probabilities, reverse=True)
    if character:
        assert reading["candidates"][0]["character"] == character


@pytest.mark.parametrize("unit", [1, 1000])
def test_read_strokes(app: Server, unit: float) -> None:
    event, (reading,) = call(app, "read_strokes", [(stroke * unit).tolist() for stroke in load("を")], "kmnist")
    assert event == "complete"
    check(reading, "character", "を")


def test_no_strokes_are_blank(app: Server) -> None:
    event, (reading,) = call(app, "read_strokes", [], "kmnist")
    assert event == "complete"
    check(reading, "blank")


@pytest.mark.parametrize(
    "nonsense", ["text", None, 3, {"a": 1}, [1], [[1]], [[["a", "b"]]], [[[1]]], [[[1, 2, 3, 4]]], [[[1, None]]]], ids=repr
)
def test_malformed_strokes_get_one_sentence(app: Server, nonsense: Any) -> None:
    event, message = call(app, "read_strokes", nonsense)
    assert event == "error"
    assert message["error"].startswith("Strokes are a list of strokes")


def test_read_image(app: Server) -> None:
    event, (reading,) = call(app, "read_image", upload(app, png(glyph("お"))), "kmnist")
    assert event == "complete"
    check(reading, "character", "お")


def test_a_broken_image_gets_one_sentence(app: Server) -> None:
    event, message = call(app, "read_image", upload(app, b"nothing"))
    assert event == "error"
    assert message["error"].startswith("This is not a picture")
    event, message = call(app, "read_image", None)
    assert event == "error"
    assert message["error"] == "There is no picture: send one."


def test_no_file_of_the_server_can_be_read(app: Server) -> None:
    event, _ = call(app, "read_image", {"path": "/etc/hostname", "meta": {"_type": "gradio.FileData"}})
    assert event == "error"
    assert httpx.get(f"{app.url}/gradio_api/file=app.py").status_code in (403, 404)


@pytest.mark.parametrize(
    "payload",
    [
        "",
        "{}",
        "[",
        3,
        {"strokes": []},
        '{"strokes": 3}',
        "[" * 100_000,
        '{"strokes": [[["a", 1]]], "seq": "x"}',
        '{"strokes": [[[1, 1]]], "seq": 1e999}',
    ],
)
def test_the_pages_own_message_may_hold_anything(app: Server, payload: Any) -> None:
    for name in ("draw", "picture"):
        reply = httpx.post(f"{app.url}/gradio_api/run/{name}", json={"data": [payload]})
        said = reply.json()
        assert json.loads(said["data"][0])["state"] if reply.status_code == 200 else said["error"].endswith("again.")
    event, (reading,) = call(app, "read_strokes", [stroke.tolist() for stroke in load("つ")], "kmnist")
    assert (event, reading["verdict"]) == ("complete", "character")


def test_the_public_endpoints_are_documented(app: Server) -> None:
    named = httpx.get(f"{app.url}/gradio_api/info").json()["named_endpoints"]
    assert set(named) == {"/read_strokes", "/read_image", "/read_page"}
    strokes, image, page = named["/read_strokes"], named["/read_image"], named["/read_page"]
    point = strokes["parameters"][0]["type"]["items"]["items"]
    assert point == {"type": "array", "items": {"type": "number"}}
    assert strokes["parameters"][0]["parameter_name"] == "strokes"
    assert set(strokes["returns"][0]["type"]["properties"]) == {"verdict", "candidates"}
    for endpoint, names in ((strokes, ["strokes", "model"]), (image, ["picture", "model"])):
        assert [parameter["parameter_name"] for parameter in endpoint["parameters"]] == names
        assert endpoint["parameters"][1]["parameter_has_default"]
        assert "everything, kana, kmnist" in endpoint["description"]
    assert [parameter["parameter_name"] for parameter in page["parameters"]] == ["picture", "direction", "page", "turned"]
    assert page["parameters"][1]["parameter_has_default"]
    assert page["parameters"][2]["parameter_has_default"]
    assert page["parameters"][3]["parameter_has_default"]
    for word in ("turned", "kinds", "ruby", "warichu"):
        assert word in page["description"]
    for endpoint in (strokes, image, page):
        assert len(endpoint["description"]) > 50


def test_a_request_from_another_site_is_refused(app: Server) -> None:
    reply = httpx.post(f"{app.url}/gradio_api/run/draw", json={"data": ["{}"]}, headers={"Origin": "https://elsewhere.example"})
    assert reply.headers.get("access-control-allow-origin") in (None, app.url)


@pytest.mark.parametrize("direction", ["auto", "vertical"])
def test_read_page(app: Server, direction: str) -> None:
    made = make_page(22, glyphs.drawn(), hard=False, characters=20, direction="vertical")
    event, (page,) = call(app, "read_page", upload(app, png(made.picture)), direction)
    assert event == "complete"
    assert page["text"] == made.text
    assert page["size"] == {"width": made.picture.width, "height": made.picture.height}
    assert len(page["characters"]) == 20
    for character in page["characters"]:
        check(character, "character", character["character"], whole=False)
        assert set(character["box"]) == {"x", "y", "width", "height"}


def test_read_page_takes_the_page_to_lie_as_it_is_told(app: Server) -> None:
    made = make_page(22, glyphs.drawn(), hard=False, characters=20, direction="vertical")
    lies = upload(app, png(made.picture.rotate(-90, expand=True)))
    event, (page,) = call(app, "read_page", lies, "auto", 1, 90)
    assert (event, page["turned"], page["text"]) == ("complete", 90, made.text)
    assert page["size"] == {"width": made.picture.height, "height": made.picture.width}
    event, (page,) = call(app, "read_page", lies, "vertical", 1, 0)
    assert (event, page["turned"]) == ("complete", 0)
    assert page["text"] != made.text
    event, message = call(app, "read_page", lies, "auto", 1, 45)
    assert (event, message["error"]) == ("error", "A page is not turned by 45 degrees: say 0, 90, 180 or 270.")


def test_a_page_that_is_none_gets_one_sentence(app: Server) -> None:
    event, message = call(app, "read_page", upload(app, b"nothing"), "auto")
    assert event == "error"
    assert message["error"].startswith("This is not a picture")
    event, message = call(app, "read_page", upload(app, png(Image.new("L", (40, 40)))), "sideways")
    assert event == "error"
    assert "say auto, vertical or horizontal" in message["error"]


def test_a_page_that_comes_after_a_newer_one_is_answered_but_not_read(app: Server) -> None:
    (number,) = [it["id"] for it in httpx.get(f"{app.url}/config").json()["dependencies"] if it["api_name"] == "scan"]
    session = f"late-{uuid.uuid4().hex}"
    for message in ({"seq": 2, "cancel": True}, {"seq": 1, "example": 0}):
        body = {"data": [json.dumps(message)], "fn_index": number, "session_hash": session}
        httpx.post(f"{app.url}/gradio_api/queue/join", json=body).raise_for_status()
        with httpx.stream("GET", f"{app.url}/gradio_api/queue/data?session_hash={session}", timeout=30) as stream:
            events = [json.loads(line.removeprefix("data: ")) for line in stream.iter_lines() if line.startswith("data: ")]
    values = [
        it["output"]["data"][0] for it in events if it["msg"] in ("process_generating", "process_completed") and it["output"].get("data")
    ]
    assert any("was interrupted: give the page again" in str(value) for value in values)


def test_read_page_reads_the_page_that_is_asked_for(app: Server) -> None:
    made = [make_page(seed, glyphs.drawn(), hard=False, characters=12, direction="vertical") for seed in (22, 31)]
    book = upload(app, several("PDF", [each.picture for each in made]))
    for number, each in enumerate(made, 1):
        event, (page,) = call(app, "read_page", book, "auto", number)
        assert (event, page["text"], page["page"], page["pages"]) == ("complete", each.text, number, 2)
    event, (page,) = call(app, "read_page", book)
    assert (event, page["text"]) == ("complete", made[0].text)
    event, message = call(app, "read_page", book, "auto", 3)
    assert (event, message["error"]) == ("error", "This file has no page 3: choose one from 1 to 2.")


def test_a_photograph_across_a_shadow_is_read(app: Server) -> None:
    made = make_scene("shadow", 8, glyphs.drawn())
    event, (reading,) = call(app, "read_image", upload(app, png(made.picture.convert("RGB"))), "kmnist")
    assert event == "complete"
    assert reading["candidates"][0]["character"] == made.character
    ruled = Image.new("L", (800, 800), 235)
    for row in range(50, 800, 90):
        ruled.paste(120, (0, row, 800, row + 3))
    event, (reading,) = call(app, "read_image", upload(app, png(ruled)), "kmnist")
    assert event == "complete"
    assert (reading["verdict"], reading["dropped"]) == ("unknown", True)
