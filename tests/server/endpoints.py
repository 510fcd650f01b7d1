"""Calls of the app's endpoints over raw HTTP, for the tests of the server."""

from __future__ import annotations

import json
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

from bench.server_process import Server

STROKES = [[[0, 0], [30, 30], [60, 0]], [[30, 0], [30, 60]]]


def call(address: str, name: str, data: list[Any], client: httpx.Client | None = None) -> tuple[str, Any]:
    """The name and the data of the last event that the endpoint sends."""
    client = client or httpx.Client(timeout=60)
    event = client.post(f"{address}/gradio_api/call/{name}", json={"data": data}).json()["event_id"]
    lines = client.get(f"{address}/gradio_api/call/{name}/{event}").text.strip().splitlines()
    return lines[-2].removeprefix("event: "), json.loads(lines[-1].removeprefix("data: "))


def upload(address: str, picture: bytes) -> dict[str, Any]:
    """An uploaded file, as an endpoint takes it."""
    (path,) = httpx.post(f"{address}/gradio_api/upload", files={"files": ("page.png", picture)}).json()
    return {"path": path, "meta": {"_type": "gradio.FileData"}}


def samples(server: Server) -> dict[tuple[str, ...], float]:
    """Each sample of /metrics by its name and the values of its labels."""
    text = httpx.get(f"{server.url}/metrics").text
    families = text_string_to_metric_families(text)
    return {(sample.name, *sample.labels.values()): sample.value for family in families for sample in family.samples}
