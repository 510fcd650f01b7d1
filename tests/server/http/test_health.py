"""The operators' routes: /healthz, /readyz and /metrics."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from bench.server_process import Server
from kmnist_model import Recognizer
from server.batcher import Batcher, Busy
from server.http.health import queue_length, routes
from server.metrics import Metrics
from server.models import Models


def test_the_server_is_alive_and_ready(server: Server) -> None:
    assert httpx.get(f"{server.url}/healthz").text == "ok\n"
    assert httpx.get(f"{server.url}/readyz").text == "ready\n"


@pytest.fixture
def parts(recognizer: Recognizer) -> tuple[TestClient, Batcher, Metrics]:
    batcher, metrics = Batcher(Models.only(recognizer)), Metrics()
    return TestClient(Starlette(routes=routes(batcher, metrics))), batcher, metrics


def test_a_server_that_is_closing_is_alive_and_not_ready(parts: tuple[TestClient, Batcher, Metrics]) -> None:
    client, _, metrics = parts
    metrics.close(0)
    assert client.get("/healthz").status_code == 200
    reply = client.get("/readyz")
    assert (reply.status_code, reply.text) == (503, "closing\n")


@pytest.mark.parametrize("error", [Busy(), RuntimeError("out of memory")], ids=lambda error: type(error).__name__)
def test_a_server_that_cannot_read_is_not_ready(
    parts: tuple[TestClient, Batcher, Metrics], error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, batcher, _ = parts

    async def fail(_: object) -> Any:
        raise error

    monkeypatch.setattr(batcher, "read_strokes", fail)
    reply = client.get("/readyz")
    assert (reply.status_code, reply.text) == (503, f"no reading: {type(error).__name__}\n")


def test_metrics_are_prometheus_text(parts: tuple[TestClient, Batcher, Metrics]) -> None:
    reply = parts[0].get("/metrics")
    assert reply.headers["content-type"].startswith("text/plain")
    assert "kuzushiji_readings_running 0.0" in reply.text


def test_the_length_of_all_of_gradios_queues() -> None:
    queues = {"a": SimpleNamespace(queue=[1, 2]), "b": SimpleNamespace(queue=[3])}
    demo = SimpleNamespace(_queue=SimpleNamespace(event_queue_per_concurrency_id=queues))
    assert queue_length(demo) == 3  # type: ignore[arg-type]
