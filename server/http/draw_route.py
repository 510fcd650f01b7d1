"""The short route of a drawing: Gradio's own address for it, answered without the work that Gradio adds to every event.

The route is registered before Gradio's endpoint and gives the same answers; without it, Gradio answers.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from server.messages import MAX_DRAWING, AnswerMessage, DrawingMessage, MessageError

ADDRESS = "/gradio_api/run/draw"
_MAX_BYTES = MAX_DRAWING * 3 // 2  # the largest drawing, with its quotes escaped

AnswerDrawing = Callable[[DrawingMessage], Awaitable[AnswerMessage]]


def route(answer: AnswerDrawing) -> Route:
    """The route at `ADDRESS`, which sends what `answer` returns for each drawing."""

    async def draw(request: Request) -> Response:
        body = bytearray()
        try:
            async for part in request.stream():
                body += part
                if len(body) > _MAX_BYTES:
                    return _error("This drawing is too large: draw less.", 413)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody receives it
        try:
            (payload,) = json.loads(body)["data"]
            drawing = DrawingMessage.parse(payload)
        except MessageError as error:
            return _error(str(error), 400)
        except (TypeError, ValueError, KeyError, RecursionError):
            return _error("A drawing is sent as JSON: reload the page and draw again.", 400)
        message = await answer(drawing)
        return JSONResponse({"data": [message.to_json()], "is_generating": False, "duration": None, "average_duration": None})

    return Route(ADDRESS, draw, methods=["POST"])


def _error(sentence: str, status: int) -> Response:
    return JSONResponse({"error": sentence}, status)
