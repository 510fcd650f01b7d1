"""An endpoint may be called without its last arguments, if the function has defaults for them."""

from __future__ import annotations

import gradio as gr
import pytest
from gradio.events import api
from starlette.testclient import TestClient

from server.http.optional_arguments import Blocks


@pytest.fixture(scope="module")
def client() -> TestClient:
    def join(one: str, other: str = "b", last: str = "c") -> str:
        return f"{one}{other}{last}"

    with Blocks() as demo:
        api(join, api_name="join")
        api(lambda: "nothing", api_name="nothing")
    return TestClient(gr.routes.App.create_app(demo.queue()))


@pytest.mark.parametrize(("sent", "answer"), [(["a"], "abc"), (["a", "x"], "axc"), (["a", "x", "y"], "axy"), (["a", "x", "y", "z"], "axy")])
def test_what_is_left_out_is_the_default(client: TestClient, sent: list[str], answer: str) -> None:
    assert client.post("/gradio_api/run/join", json={"data": sent}).json()["data"] == [answer]


def test_an_argument_without_a_default_is_still_needed(client: TestClient) -> None:
    assert client.post("/gradio_api/run/join", json={"data": []}).status_code == 500
