"""Visitors' corrections in SQLite: an acknowledged correction is never lost."""

from __future__ import annotations

import datetime
import errno
import hashlib
import json
import math
import os
import sqlite3
import threading
import unicodedata
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")

FILE = "feedback.sqlite"
MAX_STROKES = 65_536  # bytes of JSON; a larger drawing is stored as its ink
_PAGE_BYTES, _MAX_BYTES = 4096, 2**30  # of an SQLite page, and of the file: visitors must not fill the disk
_LOCK_TIMEOUT = 5.0  # seconds to wait for another process that writes

_TABLES = """
CREATE TABLE IF NOT EXISTS corrections (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT UNIQUE,
    time TEXT NOT NULL,
    character TEXT NOT NULL,
    strokes TEXT,
    ink BLOB,
    verdict TEXT NOT NULL,
    answered TEXT NOT NULL,
    weights TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS store (name TEXT NOT NULL, pushed INTEGER NOT NULL);
"""
_SELECT = "SELECT id, character, strokes, ink, verdict, answered, weights, time, key FROM corrections WHERE id > ? ORDER BY id LIMIT ?"
_CHUNK = 500  # records read, or exported into one file, at a time


class FeedbackError(Exception):
    """A correction cannot be stored, or a store cannot be read; the message is one sentence that ends in what to do."""


@dataclass(frozen=True, slots=True)
class Correction:
    """One correction of one drawing, without anything that identifies the visitor.

    `character` is the right one; the drawing is `strokes`, or else `ink`, a square image (side, side) uint8. `verdict` and `answered`
    are what the recogniser said, `weights` is the version of its weights, `time` is UTC in ISO 8601.
    """

    character: str
    strokes: list[list[list[float]]] | None
    ink: NDArray[np.uint8] | None
    verdict: str
    answered: str
    weights: str
    time: str = ""
    key: str | None = None  # of two corrections with the same key, the first is stored

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values, as `python -m train fit --extra` reads them."""
        drawn = {"strokes": self.strokes} if self.ink is None else {"ink": self.ink.tolist()}
        answered = {"verdict": self.verdict, "answered": self.answered, "weights": self.weights, "time": self.time}
        return {"character": self.character, **drawn, **answered}


def version_of(weights: Path) -> str:
    """The version of a weights file: the first twelve hexadecimal digits of its SHA-256."""
    return hashlib.sha256(weights.read_bytes()).hexdigest()[:12]


class FeedbackStore:
    """The corrections in a folder; safe to share between threads and between processes.

    SQLite's write-ahead log with full synchronisation: when `add` returns, the record survives a killed process and a power
    failure. The file is opened on first use and again after an error, so that storing works again once a full disk has room.
    """

    def __init__(self, folder: str | Path, max_bytes: int = _MAX_BYTES) -> None:
        self.folder = Path(folder)
        self._max_pages = max(1, max_bytes // _PAGE_BYTES)
        self._connection: sqlite3.Connection | None = None
        self._opened = (0, 0)  # device and inode of the open file
        self._lock = threading.Lock()

    def check(self) -> None:
        """Raise `FeedbackError` if corrections cannot be stored now."""
        self._write(lambda _: None)

    def add(self, correction: Correction) -> None:
        """Store `correction` with the current time; it is on disk when this returns. Raises `FeedbackError` with a sentence for the visitor."""
        strokes = None if correction.ink is not None else json.dumps(correction.strokes, allow_nan=False)
        ink = None if correction.ink is None else np.ascontiguousarray(correction.ink, np.uint8).tobytes()
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        character = _composed(correction.character)
        row = (correction.key, now, character, strokes, ink, correction.verdict, correction.answered, correction.weights)
        insert = "INSERT INTO corrections (key, time, character, strokes, ink, verdict, answered, weights) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING"
        self._write(lambda connection: connection.execute(insert, row))

    def corrections(self, after: int = 0) -> Iterator[tuple[int, Correction]]:
        """Yield (number, correction), oldest first, for numbers above `after`. Raises `FeedbackError`."""
        path = self.folder / FILE
        if not path.is_file():
            raise FeedbackError(f"There are no corrections in {self.folder}: give the folder that app.py --feedback was given.")
        try:
            with closing(sqlite3.connect(path, timeout=_LOCK_TIMEOUT)) as connection:
                # in chunks: a slow reader must not block checkpoints of the log
                while rows := connection.execute(_SELECT, (after, _CHUNK)).fetchall():
                    for row in rows:
                        yield row[0], _correction(row)
                    after = rows[-1][0]
        except (sqlite3.Error, ValueError) as error:
            raise FeedbackError(f"{path} cannot be read ({error}): check its rights, or take it from a backup.") from None

    def export_new(self, folder: Path) -> Path | None:
        """Write up to `_CHUNK` records that are not exported yet to a new JSON lines file in `folder`; None if there are none.

        One process exports at a time; after a crash the same file is written again. Raises `FeedbackError`.
        """

        def export(connection: sqlite3.Connection) -> Path | None:
            name, pushed = connection.execute("SELECT name, pushed FROM store").fetchone()
            rows = connection.execute(_SELECT, (pushed, _CHUNK)).fetchall()
            if not rows:
                return None
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / f"{name}-{pushed + 1:08}.jsonl"
            part = path.with_suffix(".part")
            with part.open("w", encoding="utf-8") as file:
                file.writelines(line(_correction(row)) for row in rows)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
            connection.execute("UPDATE store SET pushed = ?", (rows[-1][0],))
            return path

        return self._write(export)

    def _write(self, do: Callable[[sqlite3.Connection], T]) -> T:
        """Run `do` in one write transaction, opening the file when needed. Raises `FeedbackError`."""
        with self._lock:
            try:
                if self._connection is not None and self._identity() != self._opened:
                    self._close()  # the file was deleted or replaced: records written to the old one would be lost
                if self._connection is None:
                    self._connection = self._open()
                    self._opened = self._identity()
                with self._connection as connection:
                    connection.execute("BEGIN IMMEDIATE")
                    return do(connection)
            except (sqlite3.Error, OSError) as error:
                self._close()
                raise FeedbackError(
                    f"This correction could not be kept ({_trouble(error)}): it is still on your page, try again later."
                ) from error

    def _identity(self) -> tuple[int, int]:
        """Device and inode of the file at the path now."""
        try:
            stat = (self.folder / FILE).stat()
        except FileNotFoundError:
            return (0, 0)
        return (stat.st_dev, stat.st_ino)

    def _close(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            connection.close()

    def _open(self) -> sqlite3.Connection:
        self.folder.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self.folder / FILE, timeout=_LOCK_TIMEOUT, isolation_level=None, check_same_thread=False)
        try:
            connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute(f"PRAGMA max_page_count = {self._max_pages}")
            connection.executescript(_TABLES)
            connection.execute("BEGIN IMMEDIATE")
            if connection.execute("SELECT count(*) FROM store").fetchone() == (0,):
                connection.execute("INSERT INTO store VALUES (?, 0)", (uuid.uuid4().hex[:12],))
            connection.execute("COMMIT")
        except BaseException:
            connection.close()
            raise
        return connection


def _correction(row: tuple[Any, ...]) -> Correction:
    _, character, strokes, ink, *rest = row
    image = None if ink is None else np.frombuffer(ink, np.uint8).reshape(math.isqrt(len(ink)), -1)
    return Correction(_composed(character), None if strokes is None else json.loads(strokes), image, *rest)


def _composed(character: str) -> str:
    """`character` as Unicode composes it (NFC): が may come as か and a combining mark. A single one stays as it is."""
    return character if len(character) == 1 else unicodedata.normalize("NFC", character)


def _trouble(error: sqlite3.Error | OSError) -> str:
    """The cause in words for a visitor, without paths."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    number = error.errno if isinstance(error, OSError) else 0
    if code == sqlite3.SQLITE_FULL or number == errno.ENOSPC:
        return "the server's disk is full"
    if code == sqlite3.SQLITE_READONLY or number in (errno.EACCES, errno.EPERM, errno.EROFS):
        return "the server's folder is read-only"
    return "the server cannot write there"


def line(correction: Correction) -> str:
    """One correction as a JSON line."""
    return json.dumps(correction.as_dict(), ensure_ascii=False) + "\n"


def stats(store: FeedbackStore) -> dict[str, Any]:
    """Counts of corrections: total, by character, by the wrong answer, by weights; the first and the last time."""
    characters: Counter[str] = Counter()
    instead: Counter[str] = Counter()
    weights: Counter[str] = Counter()
    times = []
    for _, each in store.corrections():
        characters[each.character] += 1
        instead[f"{each.character}: {each.answered if each.verdict in ('character', 'perhaps') else each.verdict}"] += 1
        weights[each.weights] += 1
        times.append(each.time)
    counted = {
        name: dict(counter.most_common()) for name, counter in (("characters", characters), ("answered", instead), ("weights", weights))
    }
    return {"corrections": len(times), **counted, "first": min(times, default=None), "last": max(times, default=None)}
