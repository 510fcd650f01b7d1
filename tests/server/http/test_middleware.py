"""The gate rejects and lets in requests, and counts both.

tests/browser/hosting/test_hostile_requests.py tries it on the whole app.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from server.http.middleware import Gate, internal_error
from server.messages import MAX_DRAWING
from server.metrics import Metrics


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def client(metrics: Metrics) -> TestClient:
    def fine(_: Request) -> Response:
        return PlainTextResponse("fine")

    def broken(_: Request) -> Response:
        raise RuntimeError("/secret/path.py")

    def torn(_: Request) -> Response:
        async def parts() -> AsyncIterator[str]:
            yield "half"
            raise RuntimeError("torn")

        return StreamingResponse(parts())

    def closing(_: Request) -> Response:
        return PlainTextResponse(str(metrics.close(0.01)))

    paths = {
        "/": fine,
        "/file=x": fine,
        "/file/x": fine,
        "/broken": broken,
        "/upload": broken,
        "/torn": torn,
        "/closing": closing,
        "/heartbeat/x": closing,
    }
    routes = [Route(path, endpoint, methods=["GET", "POST"]) for path, endpoint in paths.items()]
    return TestClient(Starlette(routes=routes, middleware=[Middleware(Gate, metrics=metrics)]))


def count(metrics: Metrics, method: str, status: int) -> float:
    return metrics.registry.get_sample_value("kuzushiji_requests_total", {"method": method, "status": str(status)}) or 0.0


def test_a_good_request_is_let_in_and_counted(client: TestClient, metrics: Metrics) -> None:
    assert client.get("/").text == "fine"
    assert count(metrics, "GET", 200) == 1


@pytest.mark.parametrize(
    ("path", "headers", "status", "sentence"),
    [
        ("/", {"X-Long": "a" * 65_537}, 431, "The headers of this request are too large."),
        ("/", {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"}, 403, "Cross-site requests are not allowed."),
        ("/file=x", {}, 404, "Files are not served here."),
        ("/file/x", {}, 404, "Files are not served here."),
    ],
)
def test_an_unwanted_request_is_rejected_and_counted(
    client: TestClient, metrics: Metrics, path: str, headers: dict[str, str], status: int, sentence: str
) -> None:
    reply = client.get(path, headers=headers)
    assert (reply.status_code, reply.text) == (status, f"{sentence}\n")
    assert count(metrics, "GET", status) == 1


@pytest.mark.parametrize(("length", "status"), [(MAX_DRAWING + 1, 413), (MAX_DRAWING, 404)])
def test_a_drawing_that_is_too_large_never_reaches_gradio(client: TestClient, length: int, status: int) -> None:
    reply = client.post("/gradio_api/call/read_strokes", content=b" " * length)
    assert reply.status_code == status
    assert ("draw less" in reply.text) == (status == 413)


@pytest.mark.parametrize(
    ("method", "site", "mode", "status"),
    [
        ("GET", "cross-site", "navigate", 200),
        ("POST", "cross-site", "navigate", 403),
        ("GET", "cross-site", "no-cors", 403),
        ("POST", "same-origin", "cors", 200),
        ("POST", "same-site", "cors", 200),
        ("POST", "none", "navigate", 200),
    ],
)
def test_another_site_may_only_open_the_page(client: TestClient, method: str, site: str, mode: str, status: int) -> None:
    assert client.request(method, "/", headers={"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode}).status_code == status


@pytest.mark.parametrize(
    ("path", "status", "sentence"),
    [
        ("/broken", 500, "An error occurred on the server. Please try again."),
        ("/upload", 400, "This upload holds no file: choose one and send it again."),
    ],
)
def test_a_crash_is_one_sentence(client: TestClient, metrics: Metrics, path: str, status: int, sentence: str) -> None:
    reply = client.post(path)
    assert (reply.status_code, reply.json()) == (status, {"error": sentence})
    assert count(metrics, "POST", status) == 1


def test_a_crash_after_the_answer_has_begun_is_raised(client: TestClient) -> None:
    with pytest.raises(RuntimeError, match="torn"):
        client.get("/torn")


def test_a_request_is_in_flight_until_its_answer_is_sent_but_a_heartbeat_is_not(client: TestClient) -> None:
    assert client.get("/closing").text == "False"
    assert client.get("/heartbeat/x").text == "True"


def test_the_handler_of_errors_takes_any_request() -> None:
    scope = {"type": "http", "path": "/gradio_api/upload", "headers": [], "method": "POST"}
    assert internal_error(Request(scope), ValueError()).status_code == 400
