"""Downloads, politely: one request a second and host, again after a pause where a server is busy, each file kept with its ETag and SHA-256."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, urlsplit

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

import kmnist_model
from archive.errors import DownloadError
from archive.files import WORK, is_whole, write_whole
from archive.types import Item

_BUSY = {408, 425, 429, 500, 502, 503, 504}
_TIMEOUT = httpx.Timeout(60, connect=20)  # seconds
_MAX_PAUSE = 600  # seconds, that a server may ask for
_MAX_PICTURE = 200_000_000  # bytes


class _BusyError(Exception):
    """A request that may work later; `pause` is how long the server asks to wait, in seconds."""

    def __init__(self, what: str, pause: float = 0.0) -> None:
        super().__init__(what)
        self.pause = pause


class Downloads:
    """Downloads into `out/downloads`, `rate` requests a second and host at most, each tried `tries` times.

    A file that is there whole is not asked for again. The time of a host's last request is kept in a file, so that several processes that
    take turns are polite together.
    """

    def __init__(self, out: Path, rate: float = 1.0, tries: int = 6, pause: float = 1.0) -> None:
        self._out, self._interval, self._tries, self._pause = out, 1 / rate, tries, pause
        agent = f"kuzushiji/{kmnist_model.__version__} (reads old Japanese books)"
        self._client = httpx.Client(follow_redirects=True, timeout=_TIMEOUT, headers={"User-Agent": agent})

    def place(self, url: str) -> Path:
        """Where the file of a URL is kept."""
        return self._out / _relative(url)

    def load(self, url: str) -> bytes:
        """The contents of a URL. Raises `DownloadError`."""
        self._get(url)
        return self.place(url).read_bytes()

    def fetch(self, item: Item) -> Item:
        """The item with its picture downloaded and its ETag, or with the error why it could not be."""
        if item.error or not item.url:
            return item
        try:
            return replace(item, etag=self._get(item.url))
        except DownloadError as error:
            return replace(item, error=str(error))

    def _get(self, url: str) -> str:
        """The ETag of the file of a URL, which lies whole in its place then. Raises `DownloadError`."""
        relative = _relative(url)
        described = self._out / f"{relative}.json"
        try:
            known = json.loads(described.read_text("utf-8"))
            if known["url"] == url and is_whole(self._out / relative, known["sha256"]):
                return str(known["etag"])
        except (OSError, ValueError, KeyError):  # not there, or not whole
            pass
        data, headers = self._request(url)
        try:
            sha256 = write_whole(self._out, relative, data)
            said = {"url": url, "etag": headers.get("etag", ""), "last_modified": headers.get("last-modified", ""), "sha256": sha256}
            write_whole(self._out, f"{relative}.json", (json.dumps(said, indent=1) + "\n").encode())
        except OSError as error:
            raise DownloadError(f"A download cannot be kept ({error.strerror or error}): check the output folder.") from None
        return said["etag"]

    def _request(self, url: str) -> tuple[bytes, httpx.Headers]:
        """What a server answers, after a few tries where it is busy. Raises `DownloadError`."""
        retrying = Retrying(stop=stop_after_attempt(self._tries), wait=self._wait, retry=retry_if_exception_type(_BusyError), reraise=True)
        try:
            return retrying(self._request_once, url)
        except _BusyError as error:
            raise DownloadError(f"{url} cannot be downloaded ({error}, {self._tries} times): try again later with --resume.") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise DownloadError(f"{url} cannot be downloaded ({error}): check the URL.") from None

    def _wait(self, state: RetryCallState) -> float:
        """Seconds before the next try: what the server asks for, else longer each time."""
        error = state.outcome.exception() if state.outcome else None
        asked = error.pause if isinstance(error, _BusyError) else 0.0
        return max(min(asked, _MAX_PAUSE), float(wait_random_exponential(multiplier=self._pause, max=120)(state)))

    def _request_once(self, url: str) -> tuple[bytes, httpx.Headers]:
        self._take_turn(urlsplit(url).netloc)
        try:
            with self._client.stream("GET", url) as answer:
                if answer.status_code in _BUSY:
                    raise _BusyError(f"status {answer.status_code}", _seconds(answer.headers.get("retry-after", "")))
                answer.raise_for_status()
                data = bytearray()
                for chunk in answer.iter_bytes():
                    data += chunk
                    if len(data) > _MAX_PICTURE:
                        raise DownloadError(f"{url} is larger than {_MAX_PICTURE / 1e6:g} MB: ask for less with --max-side.")
                return bytes(data), answer.headers
        except httpx.TransportError as error:
            raise _BusyError(str(error) or type(error).__name__) from None

    def _take_turn(self, host: str) -> None:
        """Wait until the host may be asked again."""
        asked = self._out / WORK / "asked" / quote(host, safe="")
        asked.parent.mkdir(parents=True, exist_ok=True)
        while asked.exists() and 0 <= (since := time.time() - asked.stat().st_mtime) < self._interval:
            time.sleep(self._interval - since)
        asked.touch()


def _relative(url: str) -> str:
    name = hashlib.sha256(url.encode()).hexdigest()
    return f"downloads/{name[:2]}/{name}"


def _seconds(retry_after: str) -> float:
    """What a Retry-After header says, if it is a number of seconds."""
    return float(retry_after) if retry_after.isdigit() else 0.0
