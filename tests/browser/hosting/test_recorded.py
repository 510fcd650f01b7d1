"""Twenty recorded requests to the public endpoints still get the answers that were recorded (0.8.0, two cores, no GPU)."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from bench.server_process import Server
from tests.browser.hosting.test_endpoints import call, upload

ROOT = Path(__file__).resolve().parents[3]
RECORDED: list[dict[str, Any]] = json.loads((ROOT / "tests" / "golden" / "endpoints.json").read_text("utf-8"))


def assert_alike(answer: Any, recorded: Any) -> None:
    """The same JSON; numbers may differ in the sixth digit, as between processors."""
    assert type(answer) is type(recorded)
    if isinstance(recorded, dict):
        assert list(answer) == list(recorded)
        for key, value in recorded.items():
            if key != "duration":
                assert_alike(answer[key], value)
    elif isinstance(recorded, list):
        assert len(answer) == len(recorded)
        for one, other in zip(answer, recorded, strict=True):
            assert_alike(one, other)
    elif isinstance(recorded, float):
        assert answer == pytest.approx(recorded, rel=1e-5, abs=1e-6)
    else:
        assert answer == recorded


def test_twenty_requests_were_recorded() -> None:
    assert len(RECORDED) == 20
    assert {request["endpoint"] for request in RECORDED} == {"read_strokes", "read_image", "read_page"}


@pytest.mark.parametrize("request_", RECORDED, ids=lambda request: f"{request['endpoint']}-{request['event']}")
def test_a_recorded_request_gets_its_answer(app: Server, request_: dict[str, Any]) -> None:
    data = list(request_["data"])
    if "file" in request_:
        data.insert(0, upload(app, base64.b64decode(request_["file"])))
    if "asset" in request_:
        data.insert(0, upload(app, (ROOT / request_["asset"]).read_bytes()))
    event, answer = call(app, request_["endpoint"], *data)
    assert event == request_["event"]
    assert_alike(answer, request_["answer"])
