"""What machines ask of the server: whether it lives, whether it can read, how it fares."""

from __future__ import annotations

import gc
import logging
import sys
from typing import Any

from gradio import Blocks
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kmnist_model import KmnistError
from server import draw_route
from server.batcher import Batcher
from server.metrics import Watch

_LOG = logging.getLogger(__name__)
_DOT = [[[0, 0], [1, 1]]]
_MOST_HEADERS = 65_536  # bytes
_FILES = ("/file=", "/file/")  # where Gradio gives what anyone has uploaded to whoever knows its path; the page needs none
_ENDLESS = "/heartbeat/"  # Gradio's, open for as long as a visitor has the page


def routes(batcher: Batcher, watch: Watch) -> list[Route]:
    """`/healthz`: the process lives. `/readyz`: the weights are there, a reading succeeds and nothing is being shut down. `/metrics`: for Prometheus."""

    def healthz(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readyz(_: Request) -> Response:
        if watch.is_closing:
            return PlainTextResponse("closing\n", 503)
        try:
            await batcher.read_strokes(_DOT)
        except (KmnistError, RuntimeError) as error:  # RuntimeError: torch, out of memory for example
            return PlainTextResponse(f"no reading: {type(error).__name__}\n", 503)
        return PlainTextResponse("ready\n")

    def metrics(_: Request) -> Response:
        return Response(watch.metrics(), media_type=CONTENT_TYPE_LATEST)

    return [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]


def hurry() -> None:
    """Let no reading wait for what is not its own: call it when everything has been loaded.

    Looking through all that has been loaded for garbage stops every reading at once. And a stroke's reading changes hands between threads
    several times, each time behind a page that is read in Python: one visitor's p95 beside a page was 22 ms with this interval and 30 with
    the default of 5 ms (medians of three runs each, by turns, two cores, November 2026).
    """
    gc.collect()
    gc.freeze()
    sys.setswitchinterval(0.001)


def waiting(page: Blocks) -> int:
    """How many requests wait in the queues of `page`."""
    return sum(len(queue.queue) for queue in page._queue.event_queue_per_concurrency_id.values())


class _Gate:
    """Counts each HTTP request that Gradio's own gates let in by its status, and turns away those with headers beyond measure, for files, or from other sites' pages."""

    def __init__(self, app: ASGIApp, watch: Watch) -> None:
        self._app, self._watch = app, watch

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        begun = False

        async def counted(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                self._watch.request(scope["method"], message["status"])
            await send(message)

        if sum(len(name) + len(value) for name, value in scope["headers"]) > _MOST_HEADERS:
            await PlainTextResponse("The headers of this request are too large.\n", 431)(scope, receive, counted)
            return
        if _is_from_elsewhere(scope):
            await PlainTextResponse("This page answers no other site.\n", 403)(scope, receive, counted)
            return
        if any(address in scope["path"] for address in _FILES):
            await PlainTextResponse("No file is given away here.\n", 404)(scope, receive, counted)
            return
        if _ENDLESS in scope["path"]:
            await self._app(scope, receive, counted)
            return
        with self._watch.answering():
            try:
                await self._app(scope, receive, counted)
            except Exception as error:
                if begun:  # too late for another answer
                    raise
                _LOG.exception("A request broke")
                await _broken(Request(scope), error)(scope, receive, counted)


def _is_from_elsewhere(scope: Scope) -> bool:
    """Whether another site's page asks, by what browsers say of it over HTTPS; to look at our page, in a frame too, it may. Gradio itself lets any site read answers."""
    said = {name: value for name, value in scope["headers"] if name.startswith(b"sec-fetch-")}
    return said.get(b"sec-fetch-site") == b"cross-site" and (said.get(b"sec-fetch-mode") != b"navigate" or scope["method"] != "GET")


def app_options(batcher: Batcher, watch: Watch, answer: draw_route.AnswerDrawing | None = None) -> dict[str, Any]:
    """For Gradio's `app_kwargs`: these routes before its own, among them the short way to `answer` a drawing, the gate, and what is said when something breaks."""
    return {
        "routes": routes(batcher, watch) + ([draw_route.route(answer)] if answer else []),
        "middleware": [Middleware(_Gate, watch=watch)],
        "exception_handlers": {Exception: _broken},
    }


def _broken(request: Request, _: Exception) -> Response:
    """One sentence; an upload that Gradio trips over is no proper one."""
    if request.url.path.endswith("/upload"):
        return JSONResponse({"error": "This upload holds no file: choose one and send it again."}, 400)
    return JSONResponse({"error": "Something went wrong here: try again."}, 500)
