"""The HTTP gate in front of Gradio: counts requests, rejects unwanted ones, and turns crashes into one sentence."""

from __future__ import annotations

import logging

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.languages.catalogue import english
from server.messages import MAX_DRAWING
from server.metrics import Metrics

_LOG = logging.getLogger(__name__)
_MAX_HEADER_BYTES = 65_536
_FILE_PATHS = ("/file=", "/file/")  # Gradio serves uploads here to anyone who knows their path; the page needs none of it
_STROKES_ENDPOINT = "/read_strokes"  # Gradio looks for files in all that it gets: seconds for a million points
_HEARTBEAT = "/heartbeat/"  # Gradio's request that stays open as long as a visitor has the page


class Gate:
    """Counts requests by status, and rejects unwanted ones.

    It sees the requests that Gradio's own middleware lets in. It rejects oversized headers and drawings, requests for files and cross-site requests.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        has_begun = False

        async def counted(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                self._metrics.count_request(scope["method"], message["status"])
            await send(message)

        if rejection := _rejection(scope):
            await rejection(scope, receive, counted)
            return
        if _HEARTBEAT in scope["path"]:
            await self._app(scope, receive, counted)
            return
        with self._metrics.in_flight():
            try:
                await self._app(scope, receive, counted)
            except Exception as error:
                if has_begun:  # too late for another answer
                    raise
                _LOG.exception("A request failed")
                await internal_error(Request(scope), error)(scope, receive, counted)


def _rejection(scope: Scope) -> Response | None:
    """The response to an unwanted request, None for any other."""
    if sum(len(name) + len(value) for name, value in scope["headers"]) > _MAX_HEADER_BYTES:
        return PlainTextResponse("The headers of this request are too large.\n", 431)
    if _is_cross_site(scope):
        return PlainTextResponse("Cross-site requests are not allowed.\n", 403)
    if any(path in scope["path"] for path in _FILE_PATHS):
        return PlainTextResponse("Files are not served here.\n", 404)
    if scope["path"].endswith(_STROKES_ENDPOINT) and _content_length(scope) > MAX_DRAWING:
        return JSONResponse({"error": "This drawing is too large: draw less."}, 413)
    return None


def _content_length(scope: Scope) -> int:
    """The length of the body as the client declares it, 0 where it declares none."""
    declared = dict(scope["headers"]).get(b"content-length", b"")
    return int(declared) if declared.isdigit() else 0


def _is_cross_site(scope: Scope) -> bool:
    """Whether a page of another site sends the request, by the headers that browsers set over HTTPS.

    Opening our page from another site, in a frame too, is allowed. Gradio itself would let any site read its answers.
    """
    headers = {name: value for name, value in scope["headers"] if name.startswith(b"sec-fetch-")}
    return headers.get(b"sec-fetch-site") == b"cross-site" and (headers.get(b"sec-fetch-mode") != b"navigate" or scope["method"] != "GET")


def internal_error(request: Request, _: Exception) -> Response:
    """One sentence for the visitor. Gradio crashes on an upload without a file: that is the client's mistake."""
    if request.url.path.endswith("/upload"):
        return JSONResponse({"error": "This upload holds no file: choose one and send it again."}, 400)
    return JSONResponse({"error": english("error.server")}, 500)
