"""The app's options as a whole: passwords, HTTPS, and that what visitors send stays off the disk."""

from __future__ import annotations

import io
import json
import subprocess
from pathlib import Path

import httpx

from bench.server_process import Server
from kmnist_model import Recognizer, data_url
from server.batcher import Batcher
from server.http.draw_route import ADDRESS
from server.http.http_app import app_options
from server.messages import AnswerMessage, DrawingMessage
from server.metrics import Metrics
from server.models import Models
from synthetic_pages import glyphs
from synthetic_pages.maker import make_page
from tests.server.endpoints import STROKES, call


def test_the_short_route_is_there_if_there_is_an_answer(recognizer: Recognizer) -> None:
    async def answer(drawing: DrawingMessage) -> AnswerMessage:
        return AnswerMessage.empty(drawing.seq)

    batcher, metrics = Batcher(Models.only(recognizer)), Metrics()
    without, with_answer = ({route.path for route in app_options(batcher, metrics, it)["routes"]} for it in (None, answer))
    assert without == {"/healthz", "/readyz", "/metrics", "/learn/{name}", "/learn/examples/{kana}"}
    assert with_answer == without | {ADDRESS}


def test_a_password_is_asked_for_but_not_by_the_routes_for_operators() -> None:
    server = Server("app.py", sign="/readyz")
    server.start(KUZUSHIJI_AUTH="someone:secret")
    try:
        assert httpx.post(f"{server.url}/gradio_api/call/read_strokes", json={"data": [STROKES]}).status_code == 401
        with httpx.Client(timeout=30) as client:
            assert client.post(f"{server.url}/login", data={"username": "someone", "password": "wrong"}).status_code == 400
            assert client.post(f"{server.url}/login", data={"username": "someone", "password": "secret"}).status_code == 200
            assert call(server.url, "read_strokes", [STROKES], client)[0] == "complete"
    finally:
        server.stop()


def test_https_with_a_certificate_of_ones_own(tmp_path: Path) -> None:
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    words = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "1",
        "-subj",
        "/CN=localhost",
        "-out",
        cert,
        "-keyout",
        key,
    ]
    subprocess.run([str(word) for word in words], check=True, capture_output=True)
    server = Server("app.py", "--tls-cert", str(cert), "--tls-key", str(key), scheme="https", sign="/readyz")
    server.start()
    try:
        with httpx.Client(timeout=30, verify=False) as client:
            assert call(server.url, "read_strokes", [STROKES], client)[0] == "complete"
    finally:
        server.stop()


def test_what_visitors_send_from_the_page_is_not_written_to_disk(tmp_path: Path) -> None:
    """A drawing, a picture and a page, as the page itself sends them."""
    server = Server("app.py", sign="/readyz")
    server.start(TMPDIR=str(tmp_path), GRADIO_TEMP_DIR=str(tmp_path / "gradio"))
    try:
        before = {path for path in tmp_path.rglob("*") if path.is_file()}
        file = io.BytesIO()
        make_page(9, glyphs.drawn(), hard=False, characters=30).picture.save(file, "PNG")
        url = data_url.from_bytes(file.getvalue(), "png")
        for name, message in (
            ("draw", {"seq": 1, "model": "kmnist", "strokes": STROKES}),
            ("picture", {"seq": 1, "model": "kmnist", "picture": url}),
        ):
            reply = httpx.post(f"{server.url}/gradio_api/run/{name}", json={"data": [json.dumps(message)]}, timeout=30)
            assert json.loads(reply.json()["data"][0])["state"] == "unknown"
        assert call(server.url, "scan", [json.dumps({"seq": 1, "picture": url, "direction": "auto"})])[0] == "complete"
        assert {path for path in tmp_path.rglob("*") if path.is_file()} == before
    finally:
        server.stop()
