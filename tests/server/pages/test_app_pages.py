"""The app reads pages in a process of its own: seen over HTTP, and by the processes that run."""

from __future__ import annotations

import gc
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import gradio as gr
import psutil
import pytest

from app import build
from bench.server_process import ROOT, Server
from kmnist_model import Recognizer
from server.batcher import Batcher
from server.jobs import Job
from server.models import Models
from server.pages.task import PageResult
from server.settings import Settings
from tests.server.endpoints import STROKES, call, upload

BOOK = (ROOT / "assets" / "pages" / "book.jpg").read_bytes()
STOPPED = "The reading of this page was stopped on the server: give the page again, or a smaller picture."


def workers(server: Server) -> list[psutil.Process]:
    """The processes that read pages for the server."""
    return [child for child in psutil.Process(server.pid).children() if "server.pages.worker" in child.cmdline()]


@pytest.fixture(scope="module")
def app() -> Iterator[Server]:
    server = Server("app.py", sign="/readyz")
    server.start()
    yield server
    server.stop()


def read(server: Server) -> tuple[str, Any]:
    return call(server.url, "read_page", [upload(server.url, BOOK), "auto"])


def test_a_killed_process_is_one_sentence_and_the_next_page_and_drawings_are_read(app: Server) -> None:
    event, (page,) = read(app)
    assert event == "complete"
    (worker,) = workers(app)
    assert worker.nice() == 19
    idle = worker.cpu_times().user
    with ThreadPoolExecutor() as pool:
        reading = pool.submit(read, app)
        while worker.cpu_times().user < idle + 0.1:  # it has taken the page, which takes it half a second
            assert not reading.done()
            time.sleep(0.01)
        worker.kill()
        assert call(app.url, "read_strokes", [STROKES])[0] == "complete"
        event, answer = reading.result()
    assert (event, answer["error"]) == ("error", STOPPED)
    assert read(app) == ("complete", [page])
    assert worker.pid not in [each.pid for each in workers(app)]


def test_pages_do_not_grow_the_process_that_serves(app: Server) -> None:
    for _ in range(20):  # Gradio keeps the answers of sixteen callers
        read(app)
    before = psutil.Process(app.pid).memory_info().rss
    for _ in range(20):
        assert read(app)[0] == "complete"
    assert psutil.Process(app.pid).memory_info().rss - before < 5e6


def test_no_page_is_kept_for_a_caller_of_the_endpoint(recognizer: Recognizer) -> None:
    demo = build(Batcher(Models.only(recognizer)), settings=Settings(page_processes="0"))  # type: ignore[arg-type]
    (read_page,) = (each.fn for each in demo.fns.values() if each.api_name == "read_page")
    assert read_page is not None
    for _ in range(3):
        assert read_page(BOOK)["characters"]
    with pytest.raises(gr.Error, match="This is not a picture"):
        read_page(b"no picture")
    gc.collect()
    assert [each for each in gc.get_objects() if isinstance(each, Job | PageResult)] == []


def test_the_process_ends_with_the_server() -> None:
    for stop in (Server.stop, Server.ask_to_stop):
        server = Server("app.py", sign="/readyz")
        server.start(log=subprocess.DEVNULL)
        read(server)
        (worker,) = workers(server)
        stop(server)
        until = time.monotonic() + 20
        while worker.is_running() and worker.status() != psutil.STATUS_ZOMBIE and time.monotonic() < until:
            time.sleep(0.05)
        assert not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE


def test_without_page_processes_the_server_reads_pages() -> None:
    server = Server("app.py", sign="/readyz")
    server.start(KUZUSHIJI_PAGE_PROCESSES="0", log=subprocess.DEVNULL)
    try:
        assert read(server)[0] == "complete"
        assert workers(server) == []
    finally:
        server.stop()
