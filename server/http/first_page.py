"""The page's HTML on its way from Gradio: sent compressed, with hints of the files that its scripts would ask for one after the other."""

from __future__ import annotations

import zlib
from importlib.resources import files
from pathlib import Path

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PRELOADED = Path(__file__).with_name("preloaded.txt")  # written by python -m tools.preloaded
_ASSETS = files("gradio") / "templates" / "frontend" / "assets"
_LEVEL = 5  # of compression: 558 kB to 148 kB
_GZIP = 16 + zlib.MAX_WBITS


def hints() -> bytes:
    """HTML that lets a browser load those of Gradio's scripts and styles that it will need; none of another version of Gradio."""
    names = [name for name in PRELOADED.read_text("utf-8").split() if (_ASSETS / name).is_file()]
    links = [
        f'<link rel="preload" as="style" crossorigin href="./assets/{name}">'
        if name.endswith(".css")
        else f'<link rel="modulepreload" crossorigin href="./assets/{name}">'
        for name in names
    ]
    return "".join(links).encode()


class FirstPage:
    """Adds `hints` to the page, and compresses it; Gradio compresses only files whose names have an ending."""

    def __init__(self, app: ASGIApp) -> None:
        self._app, self._hints = app, hints()
        self._last = (b"", b"")  # the newest page, and the same compressed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or scope["path"].removeprefix(scope.get("root_path", "")) not in ("", "/"):
            await self._app(scope, receive, send)
            return
        compressed = "gzip" in Headers(scope=scope).get("accept-encoding", "")
        start: Message = {}
        body = bytearray()

        async def collected(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
                return
            body.extend(message.get("body", b""))
            if message.get("more_body"):
                return
            headers = MutableHeaders(raw=start["headers"])
            content = bytes(body)
            if start["status"] == 200 and headers.get("content-type", "").startswith("text/html"):
                content = content.replace(b"<head>", b"<head>" + self._hints, 1)
                headers["Vary"] = "Accept-Encoding"
                if compressed:
                    headers["Content-Encoding"] = "gzip"
                    content = self._compressed(content)
                headers["Content-Length"] = str(len(content))
            await send(start)
            await send({"type": "http.response.body", "body": content})

        await self._app(scope, receive, collected)

    def _compressed(self, content: bytes) -> bytes:
        if self._last[0] != content:
            self._last = (content, zlib.compress(content, _LEVEL, _GZIP))
        return self._last[1]
