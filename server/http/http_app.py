"""Options for Gradio's web application: our routes, the gate, and the handler of errors."""

from __future__ import annotations

from typing import Any

from starlette.middleware import Middleware

from server.batcher import Batcher
from server.http import draw_route, health, learn_routes
from server.http.first_page import FirstPage
from server.http.middleware import Gate, internal_error
from server.metrics import Metrics


def app_options(batcher: Batcher, metrics: Metrics, answer: draw_route.AnswerDrawing | None = None) -> dict[str, Any]:
    """The value of Gradio's `app_kwargs`. With `answer`, drawings take the short route past Gradio."""
    return {
        "routes": [*health.routes(batcher, metrics), *learn_routes.routes(), *([draw_route.route(answer)] if answer else [])],
        "middleware": [Middleware(Gate, metrics=metrics), Middleware(FirstPage)],
        "exception_handlers": {Exception: internal_error},
    }
