"""An endpoint may be called without its last arguments, if the function has defaults for them."""

from __future__ import annotations

import gradio as gr
import pytest
from gradio.events import api
from starlette.testclient import TestClient

from server.http.blocks import Blocks


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


def test_no_web_application_is_built_before_one_is_served() -> None:
    with Blocks() as demo:
        api(lambda: "nothing", api_name="nothing")
    assert demo.queue(max_size=3).app is None
    assert demo._queue.max_size == 3
    assert demo.config["dependencies"]
    try:
        demo.launch(prevent_thread_lock=True, quiet=True)
        assert demo.app.get_blocks() is demo
    finally:
        demo.close(verbose=False)
