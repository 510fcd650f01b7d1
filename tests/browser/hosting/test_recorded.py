"""Twenty recorded requests to the public endpoints still get the answers that were recorded (0.8.0, two cores, no GPU).

Those of pages were recorded again when the weights of every kana and kanji took pages over from the ten's, and when a network came to
find the characters, when it was fitted anew, and when the weights were fitted longer and came to run on ONNX Runtime; all of them when int8 came.
"""

from __future__ import annotations

import base64
import json
import math
from pathlib import Path
from typing import Any

import pytest

from bench.server_process import Server
from tests.browser.hosting.test_endpoints import call, upload

ROOT = Path(__file__).resolve().parents[3]
RECORDED: list[dict[str, Any]] = json.loads((ROOT / "tests" / "golden" / "endpoints.json").read_text("utf-8"))


_NEAR = {"box": 2, "skew": 0.1}  # px, degrees


def assert_alike(answer: Any, recorded: Any, page: bool) -> None:
    """The same JSON; numbers may differ in the sixth digit, as between processors; candidates by more, and on a `page` boxes and skew.

    Some processors read in int8, and a page's inks differ by a grey level where OpenCV rounds in another way. A box ends
    where the network's ends, give or take a pixel.
    """
    assert type(answer) is type(recorded)
    if _is_candidates(recorded) and len(recorded) == len(answer):
        assert_nearly_alike(answer, recorded)
        return
    if isinstance(recorded, dict):
        assert list(answer) == list(recorded)
        for key, value in recorded.items():
            if page and key in _NEAR:
                assert answer[key] == pytest.approx(value, abs=_NEAR[key])
            elif key != "duration":
                assert_alike(answer[key], value, page)
    elif isinstance(recorded, list):
        assert len(answer) == len(recorded)
        for one, other in zip(answer, recorded, strict=True):
            assert_alike(one, other, page)
    elif isinstance(recorded, float):
        assert answer == pytest.approx(recorded, rel=1e-5, abs=1e-6)
    else:
        assert answer == recorded


def _is_candidates(value: Any) -> bool:
    return isinstance(value, list) and len(value) > 0 and isinstance(value[0], dict) and "probability" in value[0]


def assert_nearly_alike(answer: list[dict[str, Any]], recorded: list[dict[str, Any]]) -> None:
    """The same best candidate, and the same probabilities up to what int8 changes on some processors: two tenths of a logit.

    The ten are the best of thousands: a candidate that is missing on one side is no likelier than the last one there.
    """
    assert answer[0]["character"] == recorded[0]["character"]
    assert answer[0]["probability"] == pytest.approx(recorded[0]["probability"], abs=0.05)  # 0.2 of a logit, over the temperature
    for one, other in ((answer, recorded), (recorded, answer)):
        there = {candidate["character"]: candidate for candidate in other}
        for candidate in one:
            if candidate["character"] in there:
                same = there[candidate["character"]]
                assert math.isclose(candidate["probability"], same["probability"], rel_tol=0.35, abs_tol=1e-5)
                assert candidate["romaji"] == same["romaji"]
            else:
                assert candidate["probability"] <= 1.25 * other[-1]["probability"] + 1e-5


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
    if request_["endpoint"] != "read_page":
        data.append("kmnist")  # the model that there was
    event, answer = call(app, request_["endpoint"], *data)
    assert event == request_["event"]
    assert_alike(answer, request_["answer"], page=request_["endpoint"] == "read_page")
