"""Requests as an attacker sends them, not as the page does: a 4xx or one sentence, soon, and the next good request is read."""

from __future__ import annotations

import base64
import io
import json
import random
import tempfile
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from bench.server_process import Server
from tests.support.drawing import glyph
from train.data.drawing.strokes import load

SOON = 2.0  # seconds
pytestmark = pytest.mark.alone
GOOD = [stroke.tolist() for stroke in load("つ")]
DEEP = "[" * 10_000 + "]" * 10_000

STROKES: dict[str, str] = {  # the JSON of the strokes
    "not a number": "[[[NaN, 1], [2, 3]]]",
    "infinite": "[[[Infinity, 1], [2, -Infinity]]]",
    "beyond floats": "[[[1e999, 1], [2, 3]]]",
    "at the end of floats": "[[[1e308, -1e308], [-1e308, 1e308]]]",
    "tiny": "[[[1e-320, 0], [2e-320, 1e-320]]]",
    "negative": "[[[-5, -7], [-1, -2]]]",
    "true and false": "[[[true, false]]]",
    "an object": '{"0": [[1, 2]]}',
    "an object inside": '[[{"x": 1, "y": 2}]]',
    "numbers as words": '[[["1", "2"]]]',
    "huge whole numbers": f"[[[{'9' * 400}, 1], [2, 3]]]",
    "a word": '"\\u202e\\u0000\\ud800お"',
    "deep": DEEP,
    "a million points": "[[" + ",".join(["[1,2]"] * 1_000_000) + "]]",
    "a million strokes": "[" + ",".join(["[[1,2]]"] * 1_000_000) + "]",
}
BODIES: dict[str, bytes] = {
    "nothing": b"",
    "no JSON": b"{",
    "no data": b"{}",
    "data of another kind": b'{"data": 3}',
    "data missing": b'{"data": []}',
    "data too much": json.dumps({"data": [GOOD, GOOD, "more"]}).encode(),
    "more fields": json.dumps({"data": [GOOD], "fn_index": 0, "event_data": {"a": 1}, "trigger_id": 10**30, "x": None}).encode(),
    "no Unicode": b'{"data": ["\xff\xfe\xfd"]}',
    "50 MB": b'{"data": ["' + b"a" * 50_000_000 + b'"]}',
}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    server = Server("app.py", "--log-level", "error", sign="/readyz")
    server.start()
    yield server
    server.stop()


def ask(server: Server, name: str, body: bytes) -> tuple[int, str]:
    """The status and the text of what the endpoint says at last."""
    address = f"{server.url}/gradio_api/call/{name}"
    headers = {"Content-Type": "application/json"}
    with httpx.Client(timeout=30) as client:
        reply = client.post(address, content=body, headers=headers)
        if reply.status_code != 200:
            return reply.status_code, reply.text
        said = client.get(f"{address}/{reply.json()['event_id']}").text
    return (200 if "event: complete" in said else 400), said


def expect_still_reading(server: Server) -> None:
    status, said = ask(server, "read_strokes", json.dumps({"data": [GOOD, "kmnist"]}).encode())
    assert status == 200
    assert json.loads(said.split("data: ", 1)[1])[0]["candidates"][0]["character"] == "つ"


def expect_calm(server: Server, began: float, said: str, within: float = SOON) -> None:
    took = time.perf_counter() - began
    assert "Traceback" not in said
    assert "site-packages" not in said
    assert "/ui/" not in said
    assert took < within, f"{took:.1f} s"
    expect_still_reading(server)


@pytest.mark.parametrize("name", STROKES)
@pytest.mark.parametrize("way", ["public", "page"])
def test_strokes_of_any_kind(server: Server, name: str, way: str) -> None:
    began = time.perf_counter()
    if way == "public":
        _, said = ask(server, "read_strokes", f'{{"data": [{STROKES[name]}]}}'.encode())
    else:
        message = f'{{"seq": 1, "strokes": {STROKES[name]}}}'
        reply = httpx.post(f"{server.url}/gradio_api/run/draw", json={"data": [message]}, timeout=30)
        said = reply.text
        assert reply.status_code in (200, 400, 413, 422, 500)
    within = 10 if "million" in name else SOON  # to write, to send and to parse 6 MB of JSON, both processes on the same cores
    expect_calm(server, began, said, within)


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("endpoint", ["read_strokes", "read_image", "read_page", "scan", "draw"])
def test_bodies_of_any_kind(server: Server, name: str, endpoint: str) -> None:
    began = time.perf_counter()
    _, said = ask(server, endpoint, BODIES[name])
    expect_calm(server, began, said, 10 if name == "50 MB" else SOON)


class Elsewhere(ThreadingHTTPServer):
    """Another host, that counts who asks it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Count)
        self.asked: list[str] = []


class _Count(BaseHTTPRequestHandler):
    server: Elsewhere

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(png())

    do_HEAD = do_GET

    def log_message(self, *_: Any) -> None:
        pass


def png() -> bytes:
    file = io.BytesIO()
    glyph("お").save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    other = Elsewhere()
    threading.Thread(target=other.serve_forever, daemon=True).start()
    yield other
    other.shutdown()
    other.server_close()


@pytest.mark.parametrize("endpoint", ["read_image", "read_page"])
@pytest.mark.parametrize("field", ["path", "url", "both"])
def test_no_link_is_followed(server: Server, elsewhere: Elsewhere, endpoint: str, field: str) -> None:
    link = f"http://127.0.0.1:{elsewhere.server_port}/picture.png"
    fields = {"path": link, "url": link} if field == "both" else {"path": link} if field == "path" else {"path": "x.png", "url": link}
    began = time.perf_counter()
    status, said = ask(
        server,
        endpoint,
        json.dumps({"data": [{**fields, "meta": {"_type": "gradio.FileData"}}, "auto"][: 1 + (endpoint == "read_page")]}).encode(),
    )
    assert status == 400
    assert elsewhere.asked == []
    if field != "url":
        assert "Links are not followed: upload the file itself." in said
    expect_calm(server, began, said)


@pytest.mark.parametrize(
    "link", ["http://a-host-that-is-not-ours.example/x.png", "https://192.0.2.1/x.png", "file:///etc/hostname", "ftp://x/y.png"]
)
@pytest.mark.parametrize("endpoint", ["read_image", "read_page", "read_strokes", "draw", "picture", "scan"])
def test_a_link_to_the_world_is_refused_without_a_try(server: Server, link: str, endpoint: str) -> None:
    """Of every endpoint, since Gradio looks for files in whatever it is sent; the short way of a drawing does not."""
    began = time.perf_counter()
    data: list[Any] = [{"path": link, "meta": {"_type": "gradio.FileData"}}]
    body = json.dumps({"data": [*data, "auto"] if endpoint == "read_page" else data}).encode()
    if endpoint in ("draw", "picture"):
        reply = httpx.post(
            f"{server.url}/gradio_api/api/{endpoint}", content=body, headers={"Content-Type": "application/json"}, timeout=30
        )
        status, said = reply.status_code, reply.text
    else:
        status, said = ask(server, endpoint, body)
    assert status >= 400
    if link.startswith("http"):
        assert "Links are not followed: upload the file itself." in said
    expect_calm(server, began, said)


@pytest.mark.parametrize("name", ["../../../tmp/evil.png", "/etc/evil.png", "a\x00b.png", "..\\..\\evil.png", "é" * 500 + ".png", ".", ""])
def test_names_of_files_lead_nowhere(server: Server, name: str) -> None:
    began = time.perf_counter()
    reply = httpx.post(f"{server.url}/gradio_api/upload", files={"files": (name, png())}, timeout=30)
    if reply.status_code == 200:
        (path,) = reply.json()
        assert Path(path).resolve().is_relative_to(Path(tempfile.gettempdir()).resolve() / "gradio")
    else:
        assert 400 <= reply.status_code < 500
    expect_calm(server, began, reply.text)


@pytest.mark.parametrize("path", ["/etc/passwd", "../app.py", "app.py", "/proc/self/environ", "server/metrics.py", "%2e%2e/app.py"])
def test_no_file_of_the_server_is_given_away(server: Server, path: str) -> None:
    assert httpx.get(f"{server.url}/gradio_api/file={path}").status_code in (403, 404)


def test_headers_beyond_measure(server: Server) -> None:
    began = time.perf_counter()
    try:
        reply = httpx.get(server.url, headers={"X-Long": "a" * 200_000})
        assert 400 <= reply.status_code < 500
    except httpx.TransportError:  # the connection is closed, which is an answer too
        pass
    expect_calm(server, began, "")


def test_another_site_may_not_read_the_answers(server: Server) -> None:
    for method in ("OPTIONS", "POST"):
        headers = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "POST"}
        reply = httpx.request(method, f"{server.url}/gradio_api/run/draw", headers=headers, content=b'{"data": ["{}"]}')
        assert reply.headers.get("access-control-allow-origin") not in ("*", "https://elsewhere.example")


@pytest.mark.parametrize("address", ["run/draw", "run/picture", "call/read_strokes", "upload", "info", "heartbeat/x"])
def test_another_sites_page_is_not_answered(server: Server, address: str) -> None:
    """On a host of its own, where Gradio would answer any site; with the headers that no page can forge."""
    headers = {"Host": "reader.example", "Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"}
    method = "GET" if address in ("info", "heartbeat/x") else "POST"
    reply = httpx.request(method, f"{server.url}/gradio_api/{address}", headers=headers, content=b'{"data": ["{}"]}')
    assert reply.status_code == 403
    assert "reading" not in reply.text


def test_a_link_and_a_frame_on_another_site_lead_here(server: Server) -> None:
    for wanted in ("document", "iframe"):
        headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": wanted}
        assert httpx.get(server.url, headers=headers).status_code == 200
    own = {"Host": "reader.example", "Origin": "https://reader.example", "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"}
    assert httpx.post(f"{server.url}/gradio_api/run/draw", json={"data": ["{}"]}, headers=own).status_code == 400


KINDS = ("PNG", "JPEG", "WEBP", "TIFF", "GIF", "BMP")


def picture(kind: str) -> bytes:
    file = io.BytesIO()
    glyph("お").convert("L").save(file, kind)
    return file.getvalue()


def mutated(data: bytes, rng: random.Random) -> bytes:
    """`data` with some bytes changed, cut off, doubled or moved."""
    wild = bytearray(data)
    for _ in range(rng.randint(1, 20)):
        place = rng.randrange(len(wild)) if rng.random() < 0.5 else rng.randrange(min(64, len(wild)))
        wild[place] = rng.randrange(256)
    if rng.random() < 0.3:
        del wild[rng.randrange(1, len(wild)) :]
    if rng.random() < 0.2:
        wild += wild[: rng.randrange(len(wild))]
    return bytes(wild)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("endpoint", ["read_image", "read_page", "picture"])
def test_mutated_files_are_read_or_refused(server: Server, kind: str, endpoint: str) -> None:
    rng = random.Random(f"{kind} {endpoint}")
    for _ in range(6):
        wild = mutated(picture(kind), rng)
        began = time.perf_counter()
        if endpoint == "picture":
            message = json.dumps({"seq": 1, "picture": f"data:image/png;base64,{base64.b64encode(wild).decode()}"})
            reply = httpx.post(f"{server.url}/gradio_api/run/picture", json={"data": [message]}, timeout=30)
            assert reply.status_code == 200
            said = reply.text
        else:
            (path,) = httpx.post(f"{server.url}/gradio_api/upload", files={"files": ("wild", wild)}, timeout=30).json()
            data: list[Any] = [{"path": path, "meta": {"_type": "gradio.FileData"}}]
            _, said = ask(server, endpoint, json.dumps({"data": [*data, "auto"] if endpoint == "read_page" else data}).encode())
        expect_calm(server, began, said, 10 if endpoint == "read_page" else SOON)


def test_no_one_reads_anothers_upload(server: Server) -> None:
    """Not even whoever has learnt its address: what was uploaded is read by the recogniser and given to no one."""
    (path,) = httpx.post(f"{server.url}/gradio_api/upload", files={"files": ("mine.png", png())}).json()
    with httpx.Client() as other:
        for address in (f"file={path}", f"file/{path.lstrip('/')}", f"file={path}?session_hash=x", f"stream/x/x/{path}"):
            reply = other.get(f"{server.url}/gradio_api/{address}")
            assert reply.status_code in (403, 404), address
            assert png() not in reply.content
    folder = Path(path).parent
    for elsewhere_there in (str(folder), f"{folder}/../mine.png", f"{folder.parent}/0/mine.png", str(folder / "other.png")):
        status, said = ask(
            server, "read_image", json.dumps({"data": [{"path": elsewhere_there, "meta": {"_type": "gradio.FileData"}}]}).encode()
        )
        assert status == 400
        assert "Traceback" not in said
    expect_still_reading(server)


@pytest.mark.slow
def test_uploads_are_deleted_after_the_time_that_is_set(tmp_path: Path) -> None:
    server = Server("app.py", sign="/readyz")
    server.start(KUZUSHIJI_KEEP_UPLOADS="2", GRADIO_TEMP_DIR=str(tmp_path))
    try:
        httpx.post(f"{server.url}/gradio_api/upload", files={"files": ("lost.png", png())}).raise_for_status()
        (path,) = httpx.post(f"{server.url}/gradio_api/upload", files={"files": ("mine.png", png())}).json()
        status, _ = ask(server, "read_image", json.dumps({"data": [{"path": path, "meta": {"_type": "gradio.FileData"}}]}).encode())
        assert status == 200
        until = time.monotonic() + 30
        while (left := [file for file in tmp_path.rglob("*") if file.is_file()]) and time.monotonic() < until:
            time.sleep(0.2)
        assert left == []
        expect_still_reading(server)
    finally:
        server.stop()
