"""The short way of a drawing: Gradio's own address for it, answered without what Gradio does around it for every event.

It stands before Gradio's endpoint and says what that would say; take it away, and Gradio answers.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

import gradio as gr
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ui.components.sketchpad import Drawing, drawing_of

ADDRESS = "/gradio_api/run/draw"
_MOST_BYTES = 12_000_000  # a drawing as large as any that is read, with quotes escaped

AnswerDrawing = Callable[[Drawing], Awaitable[str]]  # the HTML to show


def route(answer: AnswerDrawing) -> Route:
    """`ADDRESS`, where each drawing gets the HTML that `answer` makes of it."""

    async def draw(request: Request) -> Response:
        body = bytearray()
        try:
            async for part in request.stream():
                body += part
                if len(body) > _MOST_BYTES:
                    return _refused("This drawing is too large: draw less.", 413)
        except ClientDisconnect:
            return Response(status_code=400)  # no one hears it
        try:
            (payload,) = json.loads(body)["data"]
            drawing = drawing_of(payload)
        except gr.Error as error:
            return _refused(str(error.message), 400)
        except (TypeError, ValueError, KeyError, RecursionError):
            return _refused("A drawing is sent as JSON: reload the page and draw again.", 400)
        return JSONResponse({"data": [await answer(drawing)], "is_generating": False, "duration": None, "average_duration": None})

    return Route(ADDRESS, draw, methods=["POST"])


def _refused(sentence: str, status: int) -> Response:
    return JSONResponse({"error": sentence}, status)
