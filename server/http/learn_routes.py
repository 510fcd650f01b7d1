"""The routes of the Learn tab's files, which a browser asks for when the tab is opened, and keeps for a day."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from server.learn import shelf

_KEPT = {"Cache-Control": "public, max-age=86400"}


async def _file(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in shelf.FILES:
        return PlainTextResponse("There is no such file.\n", 404)
    return FileResponse(shelf.FOLDER / name, media_type=shelf.FILES[name], headers=_KEPT)


async def _examples(request: Request) -> Response:
    kana = request.path_params["kana"]
    if len(kana) != 1:
        return PlainTextResponse("Examples are of one kana.\n", 404)
    found = await run_in_threadpool(shelf.examples, kana)
    return JSONResponse(found, headers=_KEPT)


def routes() -> list[Route]:
    """The routes `/learn/{name}` and `/learn/examples/{kana}`."""
    return [Route("/learn/examples/{kana}", _examples), Route("/learn/{name}", _file)]
