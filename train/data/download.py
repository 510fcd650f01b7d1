"""Download official dataset files: with progress, resumed, verified, atomic."""

from __future__ import annotations

import hashlib
import http.client
import sys
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from train.errors import DataError

_CHUNK = 1 << 16
_TIMEOUT = 30  # seconds without a byte


def md5(path: Path) -> str:
    """The MD5 of a file, in hexadecimal: what the dataset's authors publish (for identity, not for security)."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def verify(path: Path, expected: str) -> None:
    """Raise `DataError` unless `path` has the official MD5 `expected`."""
    if (found := md5(path)) != expected:
        raise DataError(
            f"{path.name} is not the official file (MD5 {found}, not {expected}): it is damaged, or of another release; "
            "delete it to have it downloaded again."
        )


def fetch(urls: Sequence[str], path: Path, expected_md5: str | None) -> Path:
    """Download the first of `urls` that works to `path`, and return it.

    A download goes to `<name>.part`, resumes an earlier part, and is renamed once it is complete and has the published MD5, if there is
    one. Raises `DataError` if no address gives the official file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    failures = []
    for url in urls:
        for attempt in ("resume", "restart"):  # a wrong part is fetched once more from its start
            try:
                _download(url, part)
            except (OSError, ValueError, http.client.HTTPException) as error:
                failures.append(f"{url}: {error}")
                break
            if expected_md5 is None or md5(part) == expected_md5:
                part.replace(path)
                return path
            part.unlink()
            if attempt == "restart":
                failures.append(f"{url}: not the official file (wrong MD5)")
    raise DataError(f"{path.name} could not be downloaded ({'; '.join(failures)}): try later, or give its folder with --data.")


def _download(url: str, part: Path) -> None:
    """Append the missing rest of `url` to `part`.

    Raises `OSError` if the connection breaks before the end.
    """
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        response = urllib.request.urlopen(request, timeout=_TIMEOUT)
    except urllib.error.HTTPError as error:
        if error.code == 416:  # nothing left to send: the part is complete
            return
        raise
    with response:
        if have and response.status != 206:  # a server that cannot resume sends all of it
            have = 0
        length = int(response.headers.get("Content-Length") or 0)
        total = have + length if length else None
        bar = tqdm(total=total, initial=have, unit="B", unit_scale=True, desc=part.stem, disable=not sys.stderr.isatty())
        with part.open("ab" if have else "wb") as file, bar:
            while chunk := response.read(_CHUNK):
                file.write(chunk)
                bar.update(len(chunk))
        if total is not None and part.stat().st_size < total:
            raise OSError("the connection broke off")
