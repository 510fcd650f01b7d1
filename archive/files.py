"""Names of the written files, the same for the same page whatever else is read, and writing them whole or not at all."""

from __future__ import annotations

import hashlib
import os
import shutil
import uuid
from pathlib import Path
from urllib.parse import quote

from archive.types import Item
from kmnist_model.formats import Format

WORK = ".work"  # below the output folder: parts of files, and what workers have begun
_MAX_NAME = 180  # bytes: file systems allow 255, suffix and number come on top
_SAFE = " !#$&'()+,;=@[]{}~"  # kept as they are; "%" is not, so that different names stay different


def relative_path(item: Item, form: Format) -> str:
    """Where a page's file of that format lies below the output folder: `page/folder/scan.png.page.xml`, `page/book.pdf#0002.page.xml`.

    Folders are those of the page's name; what a file name should not hold is percent-encoded.
    """
    *folders, last = [_part(part) for part in item.name.split("/")]
    number = f"#{item.number:04d}" if item.pages > 1 else ""
    return "/".join([form.name, *folders, last + number + form.suffix])


def _part(part: str) -> str:
    """A part of a path as the name of a file or folder; different parts have different names."""
    if not part.strip("."):
        return quote(part).replace(".", "%2E") or "%2F"  # nothing, . and ..
    said = "".join(each if ord(each) > 127 else quote(each, safe=_SAFE) for each in part)
    data = said.encode("utf-8", "backslashreplace")
    if len(data) > _MAX_NAME:
        return data[: _MAX_NAME - 20].decode("utf-8", "ignore") + "~" + hashlib.sha256(data).hexdigest()[:16]
    return data.decode()


def write_whole(out: Path, relative: str, data: bytes) -> str:
    """Write a file below `out`, whole or not at all; returns its SHA-256. Raises `OSError`.

    A part of it lies in the folder `WORK`, which is emptied before each run.
    """
    part = out / WORK / uuid.uuid4().hex
    part.parent.mkdir(parents=True, exist_ok=True)
    place = out / relative
    try:
        part.write_bytes(data)
        place.parent.mkdir(parents=True, exist_ok=True)
        part.replace(place)
    finally:
        part.unlink(missing_ok=True)
    return hashlib.sha256(data).hexdigest()


def is_whole(place: Path, sha256: str) -> bool:
    """Whether the file is there with that content."""
    try:
        return hash_file(place) == sha256
    except OSError:
        return False


def hash_file(path: str | Path) -> str:
    """The SHA-256 of a file. Raises `OSError`."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def clear_work(out: Path) -> None:
    """Delete what an earlier run has left unfinished."""
    shutil.rmtree(out / WORK, ignore_errors=True)
    (out / WORK).mkdir(parents=True, exist_ok=True)


class Attempts:
    """How often a page was begun and not ended, in a small file each: a page that ends its worker's life is not tried for ever."""

    MAX = 3

    def __init__(self, out: Path) -> None:
        self._folder = out / WORK / "begun"
        self._folder.mkdir(parents=True, exist_ok=True)

    def begin(self, item: Item) -> int:
        """Note that the page is begun; returns how often it has been."""
        with self._file(item).open("ab") as file:
            file.write(b".")
            file.flush()
            return os.fstat(file.fileno()).st_size

    def end(self, item: Item) -> None:
        """Note that the page is done."""
        self._file(item).unlink(missing_ok=True)

    def _file(self, item: Item) -> Path:
        return self._folder / hashlib.sha256(f"{item.name}#{item.number}".encode()).hexdigest()
