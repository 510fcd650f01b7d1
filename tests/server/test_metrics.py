"""Metrics count readings, errors and requests; closing waits for readings in flight, and accepts no new ones."""

from __future__ import annotations

import io
import json
import threading
import time
from typing import Any

import httpx
import pytest

from bench.server_process import Server
from server.metrics import Closing, Metrics
from synthetic_pages import glyphs
from synthetic_pages.maker import make_page
from tests.server.endpoints import STROKES, call, samples, upload


def test_metrics_count_readings_errors_and_requests(server: Server) -> None:
    before = samples(server)
    assert call(server.url, "read_strokes", [STROKES])[0] == "complete"
    assert call(server.url, "read_strokes", [[]])[0] == "complete"
    assert call(server.url, "read_strokes", [[[["a", 1]]]])[0] == "error"
    assert httpx.get(f"{server.url}/no-such-page").status_code == 404
    assert httpx.post(f"{server.url}/gradio_api/upload", files={"files": ("", b"x")}).status_code == 400
    after = samples(server)

    def grown(*key: str) -> float:
        return after.get(key, 0) - before.get(key, 0)

    assert grown("kuzushiji_readings_total", "strokes", "blank") == 1
    assert grown("kuzushiji_reading_seconds_count", "strokes") == 2
    assert grown("kuzushiji_errors_total", "InkError", "strokes") == 1
    assert grown("kuzushiji_requests_total", "GET", "404") == 1
    assert grown("kuzushiji_requests_total", "POST", "400") == 1, "a failed request is counted too"
    assert grown("kuzushiji_requests_total", "POST", "200") >= 3
    assert after["kuzushiji_queue_length",] == after["kuzushiji_readings_running",] == 0
    assert after["process_resident_memory_bytes",] > 1e8


def test_sigterm_lets_readings_in_flight_finish_and_accepts_no_new_ones() -> None:
    """A page of 300 characters is in flight."""
    server = Server("app.py", sign="/readyz")
    server.start()
    buffer = io.BytesIO()
    make_page(9, glyphs.drawn(), hard=True, characters=300).picture.save(buffer, "PNG")
    file = upload(server.url, buffer.getvalue())
    answers: list[tuple[str, Any]] = []
    reader = threading.Thread(target=lambda: answers.append(call(server.url, "read_page", [file, "auto"])))
    reader.start()
    until = time.monotonic() + 30
    while samples(server)["kuzushiji_readings_running",] < 1 and time.monotonic() < until:
        time.sleep(0.005)
    server.ask_to_stop()
    until = time.monotonic() + 5
    while httpx.get(f"{server.url}/readyz").status_code != 503 and time.monotonic() < until:
        time.sleep(0.005)
    rejected = call(server.url, "read_strokes", [STROKES])
    assert rejected[0] == "error"
    assert "The server is restarting. Please try again in a moment." in json.dumps(rejected[1])
    assert server.wait(15) == 0
    reader.join(10)
    ((event, (page,)),) = answers
    assert event == "complete"
    assert len(page["characters"]) > 250


def test_closing_waits_no_longer_than_its_timeout() -> None:
    metrics, go = Metrics(), threading.Event()

    def read() -> None:
        with metrics.reading("page"):
            go.wait(20)

    thread = threading.Thread(target=read)
    thread.start()
    began = time.monotonic()
    assert not metrics.close(0.2)
    assert time.monotonic() - began < 5
    with pytest.raises(Closing), metrics.reading("strokes"):
        pass
    go.set()
    thread.join(20)
    assert metrics.close(0)


def test_closing_waits_for_answers_in_flight() -> None:
    metrics = Metrics()
    with metrics.in_flight():
        assert not metrics.close(0.05)
    assert metrics.close(0)


def test_the_queue_is_measured_when_the_metrics_are_read() -> None:
    metrics, lengths = Metrics(), [3]
    metrics.observe_queue(lambda: lengths[-1])
    assert b"kuzushiji_queue_length 3.0" in metrics.exposition()
    lengths.append(5)
    assert b"kuzushiji_queue_length 5.0" in metrics.exposition()
