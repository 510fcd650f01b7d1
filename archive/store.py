"""What is done: an SQLite database in the output folder, with the rows of the Parquet files until these are written."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from archive.errors import ArchiveError
from archive.files import clear_work, hash_file, is_whole
from archive.types import Item, Options, Outcome

FILE = "archive.sqlite"
_SECONDS = 1.0  # between two commits: so much is read again after a crash
_TABLES = """
CREATE TABLE IF NOT EXISTS pages (
    name TEXT, number INTEGER, key TEXT, sha256 TEXT, error TEXT, item TEXT, files TEXT, facts TEXT, characters BLOB,
    PRIMARY KEY (name, number)
);
CREATE TEMP TABLE listed (name TEXT, number INTEGER, PRIMARY KEY (name, number)) WITHOUT ROWID;
"""


class Store:
    """The pages that are done, by name and number: the hash of their file, the weights and options (`Options.key`), the hashes of what was written.

    A page is in it only after its files lie whole in `out`. Raises `ArchiveError` if `out` is not empty and `resume` is false, or another
    program writes there.
    """

    def __init__(self, out: Path, options: Options, resume: bool) -> None:
        self._out, self._options = out, options
        try:
            out.mkdir(parents=True, exist_ok=True)
            if not resume and any(out.iterdir()):
                raise ArchiveError(f"{out} is not empty: go on with --resume, or name another folder.")
            self._database = sqlite3.connect(out / FILE, timeout=1)
            self._database.executescript(_TABLES)
            self._database.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._database.execute("BEGIN EXCLUSIVE")
            self._database.commit()  # the lock is kept
            clear_work(out)
        except (OSError, sqlite3.Error) as error:
            raise ArchiveError(f"{out} cannot be written ({error}): check the folder, and that no other program reads into it.") from None
        self._committed = time.monotonic()
        self._hashed = ("", "")  # path, hash: the pages of a file come one after the other

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.commit()
        self._database.close()

    def list(self, item: Item) -> bool:
        """Note that the page belongs to this run; returns false if it does already."""
        found = self._database.execute("INSERT OR IGNORE INTO listed VALUES (?, ?)", (item.name, item.number))
        return found.rowcount > 0

    def is_done(self, item: Item) -> bool:
        """Whether the page was read without an error, from this very file with these weights and options, and its files are whole.

        A page with a URL is not downloaded again to see whether it has changed.
        """
        row = self._database.execute(
            "SELECT sha256, files FROM pages WHERE name = ? AND number = ? AND key = ? AND error = ''",
            (item.name, item.number, self._options.key),
        ).fetchone()
        if row is None or not (item.url or self._hash(item.path) == row[0]):
            return False
        return all(is_whole(self._out / relative, sha256) for _, relative, sha256 in json.loads(row[1]))

    def add(self, outcome: Outcome) -> None:
        """Note a page and what came of it."""
        item = outcome.item
        values = (item.name, item.number, self._options.key, outcome.sha256, outcome.error, item.to_json())
        self._database.execute(
            "INSERT OR REPLACE INTO pages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*values, json.dumps(outcome.files), json.dumps(outcome.facts), outcome.characters),
        )
        if time.monotonic() - self._committed > _SECONDS:
            self._database.commit()
            self._committed = time.monotonic()

    def outcomes(self) -> Iterator[Outcome]:
        """The pages of this run, by name and number."""
        rows = self._database.execute(
            "SELECT item, sha256, files, facts, characters, error FROM pages JOIN listed USING (name, number) ORDER BY name, number"
        )
        for item, sha256, files, facts, characters, error in rows:
            found = tuple((form, relative, digest) for form, relative, digest in json.loads(files))
            yield Outcome(Item.from_json(item), sha256, found, json.loads(facts), characters, error)

    def _hash(self, path: str) -> str:
        if self._hashed[0] != path:
            try:
                self._hashed = path, hash_file(path)
            except OSError:  # reading the page reports it
                return ""
        return self._hashed[1]
