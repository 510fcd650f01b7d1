"""Routes for operators: `/healthz`, `/readyz` and `/metrics`."""

from __future__ import annotations

from gradio import Blocks
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from kmnist_model import KmnistError
from server.batcher import Batcher
from server.metrics import Metrics

_PROBE = [[[0, 0], [1, 1]]]  # strokes


def routes(batcher: Batcher, metrics: Metrics) -> list[Route]:
    """`/healthz`: the process is alive. `/readyz`: a reading succeeds and the server is not shutting down. `/metrics`: for Prometheus."""

    def healthz(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readyz(_: Request) -> Response:
        if metrics.is_closing:
            return PlainTextResponse("closing\n", 503)
        try:
            await batcher.read_strokes(_PROBE)
        except (KmnistError, RuntimeError) as error:  # RuntimeError: torch, out of memory for example
            return PlainTextResponse(f"no reading: {type(error).__name__}\n", 503)
        return PlainTextResponse("ready\n")

    def exposition(_: Request) -> Response:
        return Response(metrics.exposition(), media_type=CONTENT_TYPE_LATEST)

    return [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", exposition)]


def queue_length(demo: Blocks) -> int:
    """The number of requests waiting in Gradio's queues."""
    return sum(len(queue.queue) for queue in demo._queue.event_queue_per_concurrency_id.values())
