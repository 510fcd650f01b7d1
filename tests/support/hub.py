"""A stand-in for the Hugging Face Hub that takes uploads, large files by Git LFS."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

TOKEN = "hf_for_tests"
LARGE = (".safetensors", ".onnx")


class Hub(ThreadingHTTPServer):
    """Holds what was uploaded: `files` by repository and name; answers those without `TOKEN` with 401."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, dict[str, bytes]] = {}
        self.large: dict[str, bytes] = {}
        self.commits: list[str] = []
        self.public: set[str] = set()  # datasets that anyone may read

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


@contextmanager
def serving() -> Iterator[Hub]:
    hub = Hub()
    Thread(target=hub.serve_forever, daemon=True).start()
    try:
        yield hub
    finally:
        hub.shutdown()
        hub.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") == "chunked":
            parts = []
            while size := int(self.rfile.readline(), 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _answer(self, code: int, value: object = None) -> None:
        content = json.dumps(value if value is not None else {}).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_GET(self) -> None:
        name = self.path.partition("?")[0].removeprefix("/api/datasets/")
        if self.headers.get("Authorization") != f"Bearer {TOKEN}" or name not in self.server.files:
            self._answer(404, {"error": "Repository not found"})
        else:
            self._answer(200, {"id": name, "private": name not in self.server.public, "siblings": []})

    def do_PUT(self) -> None:
        content = self._body()
        self.server.large[hashlib.sha256(content).hexdigest()] = content
        self._answer(200)

    def do_POST(self) -> None:
        body = self._body()
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self._answer(401, {"error": "Invalid credentials"})
        elif self.path == "/api/repos/create":
            wish = json.loads(body)
            name = f"{wish['organization']}/{wish['name']}" if wish.get("organization") else wish["name"]
            self.server.files.setdefault(name, {})
            self._answer(200, {"url": f"{self.server.address}/{name}", "name": name})
        elif self.path == "/api/validate-yaml":
            self._answer(200, {"errors": [], "warnings": []})
        elif "/preupload/" in self.path:
            paths = [file["path"] for file in json.loads(body)["files"]]
            modes = [{"path": path, "uploadMode": "lfs" if path.endswith(LARGE) else "regular", "shouldIgnore": False} for path in paths]
            self._answer(200, {"files": modes})
        elif self.path.endswith("/info/lfs/objects/batch"):
            wanted = json.loads(body)["objects"]
            actions = [{**it, "actions": {"upload": {"href": f"{self.server.address}/put/{it['oid']}"}}} for it in wanted]
            self._answer(200, {"transfer": "basic", "objects": actions})
        elif "/commit/" in self.path:
            self._commit(re.split("/api/(?:models|datasets)/", self.path)[1].split("/commit/")[0], body)
        else:
            self._answer(404, {"error": self.path})

    def _commit(self, name: str, body: bytes) -> None:
        for line in body.splitlines():
            item = json.loads(line)
            value = item["value"]
            if item["key"] == "header":
                self.server.commits.append(value["summary"])
            elif item["key"] == "file":
                self.server.files[name][value["path"]] = base64.b64decode(value["content"])
            else:
                self.server.files[name][value["path"]] = self.server.large[value["oid"]]
        oid = "0" * 40
        self._answer(200, {"commitUrl": f"{self.server.address}/{name}/commit/{oid}", "commitOid": oid, "pullRequestUrl": None})
