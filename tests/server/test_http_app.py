"""The server beside the page: its health, its figures, its log, its end, its locks."""

from __future__ import annotations

import base64
import io
import json
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from bench.server_process import Server
from server.metrics import Closing, Watch
from synthetic_pages import glyphs
from synthetic_pages.maker import make_page

STROKES = [[[0, 0], [30, 30], [60, 0]], [[30, 0], [30, 60]]]


def call(address: str, name: str, data: list[Any], client: httpx.Client | None = None) -> tuple[str, Any]:
    """The name and the data of the last event that the endpoint sends."""
    client = client or httpx.Client(timeout=60)
    event = client.post(f"{address}/gradio_api/call/{name}", json={"data": data}).json()["event_id"]
    lines = client.get(f"{address}/gradio_api/call/{name}/{event}").text.strip().splitlines()
    return lines[-2].removeprefix("event: "), json.loads(lines[-1].removeprefix("data: "))


def send(address: str, picture: bytes) -> dict[str, Any]:
    (path,) = httpx.post(f"{address}/gradio_api/upload", files={"files": ("page.png", picture)}).json()
    return {"path": path, "meta": {"_type": "gradio.FileData"}}


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("log") / "log"


@pytest.fixture(scope="module")
def server(log: Path) -> Iterator[Server]:
    server = Server("app.py", "--log-format", "json", sign="/readyz")
    with log.open("w") as file:
        server.start(log=file)
        yield server
    server.stop()


def figures(server: Server) -> dict[tuple[str, ...], float]:
    """Each sample of /metrics by its name and the values of its labels."""
    text = httpx.get(f"{server.url}/metrics").text
    families = text_string_to_metric_families(text)
    return {(sample.name, *sample.labels.values()): sample.value for family in families for sample in family.samples}


def test_it_says_that_it_lives_and_can_read(server: Server) -> None:
    assert httpx.get(f"{server.url}/healthz").text == "ok\n"
    assert httpx.get(f"{server.url}/readyz").text == "ready\n"


def test_metrics_count_readings_errors_and_requests(server: Server) -> None:
    before = figures(server)
    assert call(server.url, "read_strokes", [STROKES])[0] == "complete"
    assert call(server.url, "read_strokes", [[]])[0] == "complete"
    assert call(server.url, "read_strokes", [[[["a", 1]]]])[0] == "error"
    assert httpx.get(f"{server.url}/no-such-page").status_code == 404
    assert httpx.post(f"{server.url}/gradio_api/upload", files={"files": ("", b"x")}).status_code == 400
    after = figures(server)

    def grown(*key: str) -> float:
        return after.get(key, 0) - before.get(key, 0)

    assert grown("kuzushiji_readings_total", "strokes", "blank") == 1
    assert grown("kuzushiji_reading_seconds_count", "strokes") == 2
    assert grown("kuzushiji_errors_total", "InkError", "strokes") == 1
    assert grown("kuzushiji_requests_total", "GET", "404") == 1
    assert grown("kuzushiji_requests_total", "POST", "400") == 1, "what breaks is counted too"
    assert grown("kuzushiji_requests_total", "POST", "200") >= 3
    assert after["kuzushiji_queue_length",] == after["kuzushiji_readings_running",] == 0
    assert after["process_resident_memory_bytes",] > 1e8


def test_the_log_has_a_line_for_each_reading_and_nothing_of_the_picture(server: Server, log: Path) -> None:
    call(server.url, "read_strokes", [STROKES])
    call(server.url, "read_page", [send(server.url, b"no picture"), "auto"])
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    readings = [line for line in lines if line["event"] == "reading"]
    assert all(line.keys() == {"time", "level", "event", "kind", "verdict", "ms"} for line in readings)
    assert {(line["kind"], line["verdict"]) for line in readings[-2:]} <= {
        ("strokes", "character"),
        ("strokes", "unknown"),
        ("page", "PictureError"),
    }
    assert readings[-1]["verdict"] == "PictureError"


def test_sigterm_lets_what_is_read_finish_and_takes_nothing_new() -> None:
    """A page of 300 characters is under way."""
    server = Server("app.py", sign="/readyz")
    server.start()
    buffer = io.BytesIO()
    make_page(9, glyphs.drawn(), hard=True, characters=300).picture.save(buffer, "PNG")
    file = send(server.url, buffer.getvalue())
    answers: list[tuple[str, Any]] = []
    reader = threading.Thread(target=lambda: answers.append(call(server.url, "read_page", [file, "auto"])))
    reader.start()
    until = time.monotonic() + 30
    while figures(server)["kuzushiji_readings_running",] < 1 and time.monotonic() < until:
        time.sleep(0.005)
    server.ask_to_stop()
    until = time.monotonic() + 5
    while httpx.get(f"{server.url}/readyz").status_code != 503 and time.monotonic() < until:
        time.sleep(0.005)
    refused = call(server.url, "read_strokes", [STROKES])
    assert refused[0] == "error"
    assert "This server is being restarted: try again in a moment." in json.dumps(refused[1])
    assert server.wait(15) == 0
    reader.join(10)
    ((event, (page,)),) = answers
    assert event == "complete"
    assert len(page["characters"]) > 250


def test_a_watch_waits_no_longer_than_it_is_told() -> None:
    watch, go = Watch(), threading.Event()

    def read() -> None:
        with watch.reading("page"):
            go.wait(20)

    thread = threading.Thread(target=read)
    thread.start()
    began = time.monotonic()
    assert not watch.close(0.2)
    assert time.monotonic() - began < 5
    with pytest.raises(Closing), watch.reading("strokes"):
        pass
    go.set()
    thread.join(20)
    assert watch.close(0)


def test_a_password_keeps_strangers_out_but_not_the_host() -> None:
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


def test_what_visitors_draw_and_bring_to_the_page_touches_no_disk(tmp_path: Path) -> None:
    """A drawing, a picture and a page, as the page itself sends them."""
    server = Server("app.py", sign="/readyz")
    server.start(TMPDIR=str(tmp_path), GRADIO_TEMP_DIR=str(tmp_path / "gradio"))
    try:
        before = {path for path in tmp_path.rglob("*") if path.is_file()}
        file = io.BytesIO()
        make_page(9, glyphs.drawn(), hard=False, characters=30).picture.save(file, "PNG")
        url = f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
        for name, message in (("draw", {"turn": 1, "strokes": STROKES}), ("picture", {"turn": 1, "picture": url})):
            reply = httpx.post(f"{server.url}/gradio_api/run/{name}", json={"data": [json.dumps(message)]}, timeout=30)
            assert "data-state=" in reply.json()["data"][0]
        assert call(server.url, "scan", [json.dumps({"turn": 1, "picture": url, "direction": "auto"})])[0] == "complete"
        assert {path for path in tmp_path.rglob("*") if path.is_file()} == before
    finally:
        server.stop()
