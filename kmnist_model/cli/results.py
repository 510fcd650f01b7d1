"""The results of `read-page` as records (text, JSON, CSV), on stdout or in a file that can be resumed."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tqdm import tqdm

from kmnist_model.cli.pages import file_of
from kmnist_model.errors import KmnistError
from kmnist_model.formats.records import COLUMNS, CSV_HEADER, csv_record, json_record, text_record
from kmnist_model.formats.source import Source
from kmnist_model.formats.strings import one_line
from kmnist_model.page.types import Page

Lines = Iterator[bytes]
Found = Iterator[tuple[str, int, bool]]  # a page's path, its record's length in bytes, whether the record is certainly complete


class Stdout:
    """Results on stdout, written at once."""

    done: frozenset[str] = frozenset()
    is_empty = True

    def write(self, text: str | bytes) -> None:
        """Print `text` above the progress bar; bytes as they are."""
        try:
            with tqdm.external_write_mode(sys.stdout):
                if isinstance(text, str):
                    sys.stdout.write(text)
                else:
                    sys.stdout.buffer.write(text)
                sys.stdout.flush()
        except OSError as error:
            if isinstance(error, BrokenPipeError):
                raise
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # flushing at exit would fail again
            raise KmnistError(f"The results cannot be written ({error.strerror or error}): choose another place, or make room.") from None

    def close(self) -> None:
        """Do nothing: stdout stays open."""


class ResultsFile:
    """Results in the unbuffered `file` at `path`; `done` are the paths of the pages that it holds already."""

    def __init__(self, path: Path, file: IO[bytes], done: set[str]) -> None:
        self.path, self.file, self.done, self.is_empty = path, file, frozenset(done), not done
        self.close = file.close

    def write(self, text: str) -> None:
        """Append `text`; if that fails, cut the file back to its length before. Raises `KmnistError`."""
        rest = text.encode("utf-8", "backslashreplace")
        start = self.file.seek(0, os.SEEK_END) if self.file.seekable() else None
        try:
            while rest:
                rest = rest[self.file.write(rest) :]
        except BaseException as error:
            if start is not None:
                with contextlib.suppress(OSError):
                    self.file.truncate(start)
            if isinstance(error, OSError):
                raise unwritable(self.path, error) from None
            raise


def unwritable(path: Path, error: OSError) -> KmnistError:
    """The error for a place that cannot be written."""
    return KmnistError(f"{one_line(str(path))} cannot be written ({error.strerror or error}): choose another place, or make room.")


class Records:
    """Pages as records of the format `form`, in `place`; one page `alone` is written without its path."""

    def __init__(self, form: RecordFormat, place: ResultsFile | Stdout, alone: bool, top: int | None) -> None:
        self._form, self._place, self._top = form, place, top
        self._record = form.alone if alone else form.record
        self.done, self.close = place.done, place.close

    def start(self) -> None:
        """Write what stands before the first record."""
        if self._form.header and self._place.is_empty:
            self._place.write(self._form.header)

    def add(self, source: Source, page: Page) -> None:
        """Write a page. Raises `KmnistError` if it cannot be written."""
        self._place.write(self._record(source.name, page, self._top))


def open_results(path: Path, form: RecordFormat, files: Sequence[str], resume: bool) -> ResultsFile:
    """Open the file for the results, an incomplete last record cut off.

    Raises `KmnistError` if it is not empty and `resume` is false, or if it cannot be written.
    """
    done = set[str]()
    try:
        if path.is_file() and path.stat().st_size:
            if not resume:
                raise KmnistError(f"{one_line(str(path))} is there already: go on with --resume, or name another file.")
            end, done = _complete_records(path, form, {one_line(name) for name in files})
            if end < path.stat().st_size:
                os.truncate(path, end)
        return ResultsFile(path, path.open("ab", buffering=0), done)
    except OSError as error:
        raise unwritable(path, error) from None


def _complete_records(path: Path, form: RecordFormat, wanted: set[str]) -> tuple[int, set[str]]:
    """Where the last complete record of a file ends, and the names of the pages that its records are of."""
    end, done = 0, set()
    try:
        with path.open("rb") as file:
            for page, size, ended in form.parse(file):
                if ended or not {one_line(page), file_of(one_line(page))} & wanted:  # the page of an uncertain record is read again
                    end += size
                    done.add(one_line(page))
    except (ValueError, LookupError, TypeError, AttributeError, csv.Error):
        raise KmnistError(f"{one_line(str(path))} holds no results in this format: name another file, or the format that it has.") from None
    return end, done


@dataclass(frozen=True)
class RecordFormat:
    """How results are written and found again.

    A file's `header`; a page's `record` among others, and `alone`; `parse` yields the records in a file's lines.
    """

    header: str
    record: Callable[[str, Page, int | None], str]
    alone: Callable[[str, Page, int | None], str]
    parse: Callable[[Lines], Found]


def _parse_json(lines: Lines) -> Found:
    for line in lines:
        if line.endswith(b"\n"):
            yield json.loads(line)["path"], len(line), True
        elif not line.startswith(start := b'{"path": ') and not start.startswith(line):
            raise ValueError


def _parse_csv(lines: Lines) -> Found:
    header, page, size = next(lines, b""), "", 0
    if header != (whole := CSV_HEADER.encode()):
        if whole.startswith(header):
            return
        raise ValueError
    yield "", len(header), True
    for line in lines:
        if not line.endswith(b"\n"):
            break
        path, *rest = next(csv.reader([line.decode()]))
        if len(rest) + 1 != len(COLUMNS):
            raise ValueError
        if size and path != page:
            yield page, size, True
            size = 0
        page, size = path, size + len(line)
    if size:
        yield page, size, False  # a row does not say whether it is the page's last one


def _parse_text(lines: Lines) -> Found:
    page, size = "", 0
    for line in lines:
        if not size and not line.startswith(b"# ") and line != b"#":
            raise ValueError
        page, size = page if size else line[2:-1].decode(errors="replace"), size + len(line)
        if line == b"\n":
            yield page, size, True
            size = 0


RECORDS = {
    "text": RecordFormat("", text_record, lambda _path, page, _top: page.text + "\n", _parse_text),
    "json": RecordFormat("", json_record, lambda path, page, top: json_record(path, page, top, 2), _parse_json),
    "csv": RecordFormat(CSV_HEADER, csv_record, csv_record, _parse_csv),
}
