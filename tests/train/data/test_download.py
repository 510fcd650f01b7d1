"""Official files are fetched from a real server: resumed, verified, never half."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from train.data import catalogue, splits
from train.data.data_folder import DataFolder
from train.data.download import fetch
from train.errors import DataError

CONTENT = bytes(range(256)) * 2000  # several of the chunks it is read in
MD5 = hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()


class Handler(BaseHTTPRequestHandler):
    """Serves `CONTENT` in the manner that the path names."""

    ranges: list[str | None]

    def do_GET(self) -> None:
        wanted = self.headers.get("Range")
        self.ranges.append(wanted)
        getattr(self, "_" + self.path.strip("/"))(int(wanted[6:-1]) if wanted else 0)

    def _send(self, status: int, body: bytes, length: int | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def _resumes(self, start: int) -> None:
        if start >= len(CONTENT):
            self._send(416, b"")
        else:
            self._send(206 if start else 200, CONTENT[start:])

    def _restarts(self, _start: int) -> None:
        self._send(200, CONTENT)

    def _breaks(self, start: int) -> None:
        body = CONTENT[start:]
        self._send(206 if start else 200, body[: len(body) // 2], len(body))
        self.close_connection = True

    def _breaks_chunked(self, _start: int) -> None:
        self.protocol_version = "HTTP/1.1"
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"%x\r\n" % len(CONTENT) + CONTENT[:1000])
        self.close_connection = True

    def _wrong(self, _start: int) -> None:
        self._send(200, CONTENT[::-1])

    def _missing(self, _start: int) -> None:
        self._send(404, b"not here")

    def _babbles(self, _start: int) -> None:
        self.wfile.write(b"what?\r\n\r\n")
        self.close_connection = True

    def _hangs_up(self, _start: int) -> None:
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def ranges() -> list[str | None]:
    """The Range headers the server was asked with, in order."""
    return []


@pytest.fixture
def site(ranges: list[str | None], monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Logged", (Handler,), {"ranges": ranges}))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


def _part(path: Path) -> Path:
    return path.with_name(path.name + ".part")


@pytest.mark.parametrize("manner", ["resumes", "restarts"])
def test_a_whole_download(site: str, tmp_path: Path, manner: str) -> None:
    path = tmp_path / "deep" / "file.gz"
    assert fetch([site + manner], path, MD5) == path
    assert path.read_bytes() == CONTENT
    assert [file.name for file in path.parent.iterdir()] == ["file.gz"]


@pytest.mark.parametrize(("manner", "have"), [("resumes", 100_000), ("restarts", 100_000), ("resumes", len(CONTENT))])
def test_a_half_file_is_completed(site: str, ranges: list[str | None], tmp_path: Path, manner: str, have: int) -> None:
    path = tmp_path / "file.gz"
    _part(path).write_bytes(CONTENT[:have])
    fetch([site + manner], path, MD5)
    assert path.read_bytes() == CONTENT
    assert ranges == [f"bytes={have}-"]


@pytest.mark.parametrize("stale", [b"of another release" * 100, CONTENT + b"too long"], ids=["other", "longer"])
def test_a_part_of_another_file_is_fetched_afresh(site: str, ranges: list[str | None], tmp_path: Path, stale: bytes) -> None:
    path = tmp_path / "file.gz"
    _part(path).write_bytes(stale)
    fetch([site + "resumes"], path, MD5)
    assert path.read_bytes() == CONTENT
    assert ranges == [f"bytes={len(stale)}-", None]


def test_a_broken_download_goes_on_at_the_mirror(site: str, ranges: list[str | None], tmp_path: Path) -> None:
    path = tmp_path / "file.gz"
    fetch([site + "breaks", site + "resumes"], path, MD5)
    assert path.read_bytes() == CONTENT
    assert ranges == [None, f"bytes={len(CONTENT) // 2}-"]


def test_a_half_file_never_takes_the_final_name(site: str, tmp_path: Path) -> None:
    path = tmp_path / "file.gz"
    with pytest.raises(DataError, match="broke off"):
        fetch([site + "breaks"], path, MD5)
    assert not path.exists()
    assert _part(path).read_bytes() == CONTENT[: len(CONTENT) // 2]


@pytest.mark.parametrize("manner", ["wrong", "missing", "babbles", "hangs_up", "breaks_chunked"])
def test_the_mirror_helps_out(site: str, tmp_path: Path, manner: str) -> None:
    path = tmp_path / "file.gz"
    fetch([site + manner, site + "resumes"], path, MD5)
    assert path.read_bytes() == CONTENT


def test_an_unknown_host_helps_to_the_mirror_too(site: str, tmp_path: Path) -> None:
    assert fetch(["http://127.0.0.1:9/closed", site + "resumes"], tmp_path / "file.gz", MD5).read_bytes() == CONTENT


def test_when_all_fail_the_reasons_are_given(site: str, tmp_path: Path) -> None:
    path = tmp_path / "file.gz"
    with pytest.raises(DataError) as caught:
        fetch([site + "missing", site + "wrong"], path, MD5)
    message = str(caught.value)
    assert "404" in message
    assert "wrong MD5" in message
    assert message.endswith("try later, or give its folder with --data.")
    assert list(tmp_path.iterdir()) == []


def test_missing_official_files_are_downloaded(tmp_path: Path, small_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening a protocol asks the hosts for what the folder lacks, by the official names and sums."""
    asked = []

    def serve(urls: tuple[str, ...], path: Path, md5: str) -> Path:
        asked.append((urls, md5))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes((small_folder / "kmnist" / path.name).read_bytes())
        return path

    monkeypatch.setattr(catalogue, "fetch", serve)
    assert len(splits.kmnist_t10k(DataFolder(tmp_path)).test) == 80
    files = [catalogue.find("kmnist").file(name) for name in ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz")]
    assert asked == [(file.urls, file.md5) for file in files]


def test_the_hosts_are_the_official_one_and_a_mirror() -> None:
    for dataset in catalogue.DATASETS.values():
        for file in dataset.files:
            assert file.urls[0] == f"http://codh.rois.ac.jp/kmnist/dataset/{dataset.name}/{file.name}"
            assert file.md5 is None or len(file.md5) == 32
    assert all(len(file.urls) == 2 for file in catalogue.find("kmnist").files)


def test_a_file_without_a_published_sum_is_taken_when_it_is_whole(site: str, tmp_path: Path) -> None:
    path = tmp_path / "kkanji.tar"
    with pytest.raises(DataError, match="broke off"):
        fetch([site + "breaks"], path, None)
    assert not path.exists()
    assert fetch([site + "resumes"], path, None).read_bytes() == CONTENT
