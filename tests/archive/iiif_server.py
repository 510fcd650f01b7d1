"""A IIIF server on the loopback interface: manifests of version 2 and 3, and the Image API for the pictures of a folder."""

from __future__ import annotations

import io
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from PIL import Image


@dataclass
class IIIFServer:
    """A running server: its `url`, the `times` (s) and paths of what it was asked, and how often each path is `busy` before it answers."""

    folder: Path
    url: str = ""
    level: int = 2
    says_level: bool = True
    asked: list[tuple[float, str]] = field(default_factory=list)
    busy: Counter[str] = field(default_factory=Counter)
    retry_after: str = "0"

    def service(self, name: str, version: int) -> dict[str, object]:
        """The Image API service of a picture, as a manifest describes it."""
        if version == 2:
            profile = {"profile": f"http://iiif.io/api/image/2/level{self.level}.json"} if self.says_level else {}
            return {"@context": "http://iiif.io/api/image/2/context.json", "@id": f"{self.url}/iiif/{name}", **profile}
        return {"id": f"{self.url}/iiif/{name}", "type": "ImageService3", **({"profile": f"level{self.level}"} if self.says_level else {})}

    def manifest(self, version: int) -> dict[str, object]:
        """A manifest of all pictures; a canvas has half its picture's size."""
        names = sorted(path.name for path in self.folder.glob("*.png"))
        sizes = {name: Image.open(self.folder / name).size for name in names}
        if version == 2:
            canvases = [
                {
                    "@id": f"{self.url}/canvas/{name}",
                    "@type": "sc:Canvas",
                    "label": name,
                    "width": sizes[name][0] // 2,
                    "height": sizes[name][1] // 2,
                    "images": [
                        {
                            "@type": "oa:Annotation",
                            "motivation": "sc:painting",
                            "on": f"{self.url}/canvas/{name}",
                            "resource": {
                                "@id": f"{self.url}/iiif/{name}/full/full/0/default.jpg",
                                "@type": "dctypes:Image",
                                "width": sizes[name][0],
                                "height": sizes[name][1],
                                "service": self.service(name, 2),
                            },
                        }
                    ],
                }
                for name in names
            ]
            context = {"@context": "http://iiif.io/api/presentation/2/context.json", "@id": f"{self.url}/2.json"}
            return {**context, "@type": "sc:Manifest", "label": "A book", "sequences": [{"@type": "sc:Sequence", "canvases": canvases}]}
        items = [
            {
                "id": f"{self.url}/canvas/{name}",
                "type": "Canvas",
                "width": sizes[name][0] // 2,
                "height": sizes[name][1] // 2,
                "items": [
                    {
                        "id": f"{self.url}/page/{name}",
                        "type": "AnnotationPage",
                        "items": [
                            {
                                "id": f"{self.url}/annotation/{name}",
                                "type": "Annotation",
                                "motivation": "painting",
                                "target": f"{self.url}/canvas/{name}",
                                "body": {
                                    "id": f"{self.url}/iiif/{name}/full/max/0/default.jpg",
                                    "type": "Image",
                                    "width": sizes[name][0],
                                    "height": sizes[name][1],
                                    "service": [self.service(name, 3)],
                                },
                            }
                        ],
                    }
                ],
            }
            for name in names
        ]
        context = {"@context": "http://iiif.io/api/presentation/3/context.json", "id": f"{self.url}/3.json"}
        return {**context, "type": "Manifest", "label": {"en": ["A book"]}, "items": items}

    def answer(self, path: str) -> tuple[int, str, bytes]:
        """Status, media type and body for a path."""
        self.asked.append((time.monotonic(), path))
        if self.busy[path] > 0:
            self.busy[path] -= 1
            return 503, "text/plain", b"busy"
        if path in ("/2.json", "/3.json"):
            return 200, "application/json", json.dumps(self.manifest(int(path[1]))).encode()
        parts = path.strip("/").split("/")
        if parts[0] != "iiif" or not (self.folder / parts[1]).is_file():
            return 404, "text/plain", b"nothing"
        with Image.open(self.folder / parts[1]) as picture:
            if parts[2] == "info.json":
                half = {"width": picture.width // 2, "height": picture.height // 2}
                said = {"width": picture.width, "height": picture.height, "profile": f"level{self.level}", "sizes": [half]}
                context = {"@context": "http://iiif.io/api/image/3/context.json", "id": f"{self.url}/iiif/{parts[1]}"}
                return 200, "application/json", json.dumps({**context, **said}).encode()
            region, size, rotation, quality = parts[2:]
            width, _, height = size.partition(",")
            if (region, rotation, quality) != ("full", "0", "default.jpg") or not width.isdigit() or int(width) > picture.width:
                return 400, "text/plain", b"not of the Image API"
            if self.level == 0 and (int(width), int(height or 0)) != (picture.width // 2, picture.height // 2):
                return 404, "text/plain", b"no such size"
            out = io.BytesIO()
            picture.resize((int(width), round(picture.height * int(width) / picture.width))).save(out, "JPEG", quality=95)
            return 200, "image/jpeg", out.getvalue()


@contextmanager
def serve(folder: Path) -> Iterator[IIIFServer]:
    """Serve the PNG files of a folder."""
    said = IIIFServer(folder)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, kind, body = said.answer(self.path)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            if status == 200:
                self.send_header("ETag", f'"{len(body)}"')
            else:
                self.send_header("Retry-After", said.retry_after)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    said.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield said
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
