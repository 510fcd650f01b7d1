"""The results of `read-page` as documents (PAGE-XML, PDF, …): a file for each page in a folder, or one page on stdout."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from kmnist_model.cli.results import Stdout, unwritable
from kmnist_model.errors import KmnistError
from kmnist_model.formats import Format, Source
from kmnist_model.formats.strings import one_line
from kmnist_model.page.types import Page

_NUMBERED = re.compile(r".+#[1-9]\d*", re.DOTALL)


class DocumentOnStdout:
    """The one page that is read, on stdout. Raises `KmnistError` for a PDF on a terminal."""

    done: frozenset[str] = frozenset()

    def __init__(self, form: Format, top: int | None) -> None:
        self._form, self._top, self._place = form, top, Stdout()
        form.check()
        if form.shows_picture and sys.stdout.isatty():
            raise KmnistError(f"A terminal cannot show {form.name}: name a folder with --out, or redirect the output to a file.")

    def start(self) -> None:
        """Do nothing: a document has its own beginning."""

    def add(self, source: Source, page: Page) -> None:
        """Write a page. Raises `KmnistError` if it cannot be written."""
        self._place.write(self._form.write(page, source, self._top))

    def close(self) -> None:
        """Do nothing: stdout stays open."""


class DocumentFolder:
    """A file for each page of `files` in `folder`, whole or not there; `done` are the names of the pages that it has.

    Files are named after the pictures, `scan.page.xml`, or `book#2.page.xml` for a page of several, the same for the same pictures.
    Raises `KmnistError` if the folder is not empty and `resume` is false, or if it cannot be written.
    """

    def __init__(self, form: Format, folder: Path, files: Sequence[str], resume: bool, top: int | None) -> None:
        form.check()
        self._form, self._folder, self._top = form, folder, top
        try:
            folder.mkdir(parents=True, exist_ok=True)
            found = {path.name for path in folder.iterdir()}
        except OSError as error:
            raise unwritable(folder, error) from None
        if found and not resume:
            raise KmnistError(f"{one_line(str(folder))} is not empty: go on with --resume, or name another folder.")
        self._stems = _stems(files, folder, form.suffix)
        self.done = frozenset(name for path in files for name in self._done(path, found))

    def start(self) -> None:
        """Do nothing: a document has its own beginning."""

    def add(self, source: Source, page: Page) -> None:
        """Write a page. Raises `KmnistError` if it cannot be written."""
        place = self._folder / self._name(source.path, source.number if source.pages > 1 else None)
        part = place.with_name(f".{os.getpid()}.part")  # another folder might be on another disk
        try:
            part.write_bytes(self._form.write(page, source, self._top))
            part.replace(place)
        except OSError as error:
            raise unwritable(place, error) from None
        finally:
            part.unlink(missing_ok=True)

    def close(self) -> None:
        """Do nothing: no file is open."""

    def _name(self, path: str, number: int | None = None) -> str:
        return self._stems[path] + (f"#{number}" if number else "") + self._form.suffix

    def _done(self, path: str, found: set[str]) -> set[str]:
        """The names of a file's pages whose documents are among the files `found`."""
        numbered = re.compile(re.escape(self._stems[path]) + r"(#[1-9]\d*)" + re.escape(self._form.suffix))
        matches = (numbered.fullmatch(name) for name in found)
        done = {one_line(path + match[1]) for match in matches if match}
        return done | ({one_line(path)} if self._name(path) in found else set())


def _stems(files: Sequence[str], folder: Path, suffix: str) -> dict[str, str]:
    """The beginning of the names of each file's documents: distinct, and the documents are never among `files`."""
    taken = {os.path.realpath(path).casefold() for path in files}  # A.png and a.png are one file to some systems
    found = {}
    for path in files:
        stem, number = Path(path).stem, 1
        if _NUMBERED.fullmatch(stem):  # it would look like a page of another file
            stem += "-1"
        chosen = stem
        while (key := os.path.realpath(folder / (chosen + suffix)).casefold()) in taken:
            number += 1
            chosen = f"{stem}-{number}"
        taken.add(key)
        found[path] = chosen
    return found
