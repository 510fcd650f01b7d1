"""A stand-in for the Hugging Face Hub that takes uploads, large files by Git LFS, and serves the files of each commit."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import unquote

TOKEN = "hf_for_tests"
LARGE = (".safetensors", ".onnx")


class Hub(ThreadingHTTPServer):
    """Holds what was uploaded: `files` by repository and name, and as they were at each commit; uploads without `TOKEN` get 401."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, dict[str, bytes]] = {}
        self.large: dict[str, bytes] = {}
        self.commits: list[str] = []
        self.history: dict[str, dict[str, dict[str, bytes]]] = {}  # by repository and commit, the latest last
        self.tags: dict[str, dict[str, str]] = {}  # by repository and tag, a commit
        self.public: set[str] = set()  # datasets that anyone may read
        self.gated: set[str] = set()  # models with terms that no one has accepted
        self.private: set[str] = set()  # models that only `TOKEN` may read
        self.served: list[str] = []  # the names of the files that were asked for
        self.claimed_size: int | None = None  # of large files, where it shall not be the true one

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def commit(self, repository: str, files: dict[str, bytes]) -> str:
        """Add or replace files of a repository; returns the commit's hash."""
        now = self.files.setdefault(repository, {})
        now.update(files)
        history = self.history.setdefault(repository, {})
        state = "".join(f"{name} {hashlib.sha1(content).hexdigest()}\n" for name, content in sorted(now.items()))
        oid = hashlib.sha1(f"{len(history)} {repository}\n{state}".encode()).hexdigest()
        history[oid] = dict(now)
        return oid


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

    def _answer(self, code: int, value: object = None, **headers: str) -> None:
        content = json.dumps(value if value is not None else {}).encode()
        self._send(code, content, {"Content-Type": "application/json", **{name.replace("_", "-"): text for name, text in headers.items()}})

    def _send(self, code: int, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(code)
        for name, text in headers.items():
            self.send_header(name, text)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    @property
    def _authorised(self) -> bool:
        return self.headers.get("Authorization") == f"Bearer {TOKEN}"

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if found := re.fullmatch(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path):
            self._resolve(found[1], unquote(found[2]), unquote(found[3]))
            return
        if path.startswith("/large/"):
            self._send(200, self.server.large[path.removeprefix("/large/")], {"Content-Type": "application/octet-stream"})
            return
        name = path.removeprefix("/api/datasets/")
        if not self._authorised or name not in self.server.files:
            self._answer(404, {"error": "Repository not found"})
        else:
            self._answer(200, {"id": name, "private": name not in self.server.public, "siblings": []})

    def _resolve(self, repository: str, revision: str, name: str) -> None:
        """A file at a revision; a large one by a redirection, with its size and hash."""
        self.server.served.append(name)
        history = self.server.history.get(repository)
        if not history or (repository in self.server.private and not self._authorised):
            self._answer(401, {"error": "Repository not found"}, X_Error_Code="RepoNotFound")
            return
        if repository in self.server.gated:
            self._answer(403, {"error": "Access to this model is restricted"}, X_Error_Code="GatedRepo")
            return
        commit = self.server.tags.get(repository, {}).get(revision, list(history)[-1] if revision == "main" else revision)
        if commit not in history:
            self._answer(404, {"error": "Invalid rev id"}, X_Error_Code="RevisionNotFound")
        elif name not in history[commit]:
            self._answer(404, {"error": "Entry not found"}, X_Error_Code="EntryNotFound", X_Repo_Commit=commit)
        else:
            content = history[commit][name]
            if not name.endswith(LARGE):
                self._send(200, content, {"X-Repo-Commit": commit, "ETag": f'"{hashlib.sha1(content).hexdigest()}"'})
                return
            oid = hashlib.sha256(content).hexdigest()
            self.server.large[oid] = content
            size = len(content) if self.server.claimed_size is None else self.server.claimed_size
            about = {"X-Repo-Commit": commit, "X-Linked-Size": str(size), "X-Linked-ETag": f'"{oid}"'}
            elsewhere = f"http://localhost:{self.server.server_port}/large/{oid}"  # another host, as the real one does
            self._send(302, b"", about | {"Location": elsewhere})

    def do_PUT(self) -> None:
        content = self._body()
        self.server.large[hashlib.sha256(content).hexdigest()] = content
        self._answer(200)

    def do_POST(self) -> None:
        body = self._body()
        if not self._authorised:
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
        files = {}
        for line in body.splitlines():
            item = json.loads(line)
            value = item["value"]
            if item["key"] == "header":
                self.server.commits.append(value["summary"])
            elif item["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            else:
                files[value["path"]] = self.server.large[value["oid"]]
        oid = self.server.commit(name, files)
        self._answer(200, {"commitUrl": f"{self.server.address}/{name}/commit/{oid}", "commitOid": oid, "pullRequestUrl": None})
