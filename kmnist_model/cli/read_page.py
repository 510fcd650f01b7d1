"""Many scans -> their readings on stdout or in a file: a bad page, a full disk or Ctrl-C costs no page that is done."""

from __future__ import annotations

import argparse
import contextlib
import csv
import io
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tqdm import tqdm  # type: ignore[import-untyped]

from kmnist_model.errors import KmnistError
from kmnist_model.image import as_image
from kmnist_model.page.annotate import annotate, places
from kmnist_model.page.reader import Direction, Page, read_page
from kmnist_model.recognizer import Recognizer

COLUMNS = ("path", "column", "character", "romaji", "probability", "verdict", "x", "y", "width", "height")

Lines = Iterator[bytes]
Records = Iterator[tuple[str, int, bool]]  # a page's path, its record's length in bytes, whether it surely has its end


def run(arguments: argparse.Namespace, pages: Sequence[str], problems: Sequence[str]) -> int:
    """Read `pages` as the command line asks, telling the `problems` met so far; returns the exit code.

    Raises `KmnistError` where nothing can be read or written.
    """
    done = 0
    try:
        form = FORMATS[arguments.format]
        with contextlib.closing(_open(arguments, form, pages) if arguments.out else _Printed()) as results:
            for problem in problems:
                print(_line(problem), file=sys.stderr)
            done_before = {os.path.realpath(page) for page in results.done}
            left = [path for path in pages if not {_line(path), _line(os.path.realpath(path))} & (results.done | done_before)]
            failed = bool(problems)
            if not left:
                return int(failed)
            recognizer = Recognizer.load(arguments.model, arguments.device)
            alone = len(pages) == 1 and not arguments.out
            record = form.alone if alone else form.record
            if form.header and results.is_empty:
                results.write(form.header)
            marks = places(pages, Path(arguments.annotate)) if arguments.annotate else {}
            # `disable=None` shows the bar on a terminal only
            with tqdm(total=len(pages), initial=len(pages) - len(left), unit="page", leave=not alone, disable=None) as bar:
                for path in left:
                    page, went_well = _read(path, recognizer, arguments.direction, marks.get(path), bar)
                    failed |= not went_well
                    if page:
                        results.write(record(path, page, arguments.top))
                        done += 1
                    bar.update()
            return int(failed)
    except KeyboardInterrupt:
        cure = "go on with --resume" if arguments.out else "name a file with --out to be able to go on"
        print(f"Stopped (pages done: {done}, each whole): {cure}.", file=sys.stderr)
        return 130


def _read(path: str, recognizer: Recognizer, direction: Direction, mark: Path | None, bar: tqdm) -> tuple[Page | None, bool]:
    """What stands on the page at `path`, and whether all went well; what did not is told."""
    try:
        image = as_image(path)
        page = read_page(image, direction, recognizer, lambda _, doing: bar.set_postfix_str(doing))
    except KmnistError as error:
        return None, _tell(path, str(error))
    except Exception as error:  # noqa: BLE001 - one page in thousands must not cost the others
        return None, _tell(path, f"This page could not be read ({type(error).__name__}: {error}): save it again as PNG, or report it.")
    if not mark:
        return page, True
    try:  # before the record is written: where the work is stopped between the two, the page is read again
        mark.parent.mkdir(parents=True, exist_ok=True)
        annotate(image, page).save(mark, compress_level=1)
    except OSError as error:
        return page, _tell(path, f"Its marked picture cannot be written to {mark} ({error.strerror or error}): check that folder.")
    return page, True


def _tell(path: str, sentence: str) -> bool:
    tqdm.write(f"{_line(path)}: {_line(sentence)}", file=sys.stderr)
    return False


def _line(text: str) -> str:
    """`text` on one line, whatever a file name holds."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\r", "\\r").replace("\n", "\\n")


class _Printed:
    """Results on stdout, each at once."""

    done: frozenset[str] = frozenset()
    is_empty = True

    def write(self, text: str) -> None:
        """Print `text` above the bar."""
        try:
            with tqdm.external_write_mode(sys.stdout):
                sys.stdout.write(text)
                sys.stdout.flush()
        except OSError as error:
            if isinstance(error, BrokenPipeError):
                raise
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left would fail again at the end
            raise KmnistError(f"The results cannot be written ({error.strerror or error}): choose another place, or make room.") from None

    def close(self) -> None:
        """Nothing is kept open."""


class _Filed:
    """Results in the `file` at `path`, opened without a buffer; `done` are the pages that it holds already."""

    def __init__(self, path: Path, file: IO[bytes], done: set[str]) -> None:
        self.path, self.file, self.done, self.is_empty = path, file, frozenset(done), not done
        self.close = file.close

    def write(self, text: str) -> None:
        """Append `text` in one go; what cannot be written whole leaves no trace."""
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
                raise _unwritable(self.path, error) from None
            raise


def _unwritable(path: Path, error: OSError) -> KmnistError:
    return KmnistError(f"{_line(str(path))} cannot be written ({error.strerror or error}): choose another place, or make room.")


def _open(arguments: argparse.Namespace, form: Format, pages: Sequence[str]) -> _Filed:
    """The file for the results, its torn end cut off. Raises `KmnistError` where it has something in it and is not to be resumed."""
    path, done = Path(arguments.out), set[str]()
    try:
        if path.is_file() and path.stat().st_size:
            if not arguments.resume:
                raise KmnistError(f"{_line(arguments.out)} is there already: go on with --resume, or name another file.")
            end, done = _whole(path, form, {_line(page) for page in pages})
            if end < path.stat().st_size:
                os.truncate(path, end)
        return _Filed(path, path.open("ab", buffering=0), done)
    except OSError as error:
        raise _unwritable(path, error) from None


def _whole(path: Path, form: Format, wanted: set[str]) -> tuple[int, set[str]]:
    """Where the last whole record of a file ends, and whose pages its records are."""
    end, done = 0, set()
    try:
        with path.open("rb") as file:
            for page, size, ended in form.found(file):
                if ended or _line(page) not in wanted:  # a doubtful one is read again
                    end += size
                    done.add(_line(page))
    except (ValueError, LookupError, TypeError, AttributeError, csv.Error):
        raise KmnistError(f"{_line(str(path))} holds no results in this format: name another file, or the format that it has.") from None
    return end, done


@dataclass(frozen=True)
class Format:
    """How results are written: a file's `header`, a page's `record` among others and `alone`; `found` finds the records in a file's lines."""

    header: str
    record: Callable[[str, Page, int | None], str]
    alone: Callable[[str, Page, int | None], str]
    found: Callable[[Lines], Records]


def _json_record(path: str, page: Page, top: int | None, indent: int | None = None) -> str:
    return json.dumps({"path": path, **page.as_dict(top)}, ensure_ascii=False, indent=indent) + "\n"


def _json_found(lines: Lines) -> Records:
    for line in lines:
        if line.endswith(b"\n"):
            yield json.loads(line)["path"], len(line), True
        elif not line.startswith(start := b'{"path": ') and not start.startswith(line):
            raise ValueError


def _csv_record(path: str, page: Page, _top: int | None) -> str:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    for character in page.characters:
        best = character.reading.candidates[0]
        answer = [character.text, best.romaji, f"{best.probability:.4f}", character.reading.verdict]
        rows.writerow([_line(path), character.column, *answer, *character.box])
    if not page.characters:
        rows.writerow([_line(path), *[""] * (len(COLUMNS) - 1)])
    return text.getvalue()


def _csv_found(lines: Lines) -> Records:
    header, page, size = next(lines, b""), "", 0
    if header != (whole := FORMATS["csv"].header.encode()):
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
        yield page, size, False  # a row does not tell whether it is the page's last


def _text_record(path: str, page: Page, _top: int | None) -> str:
    return f"# {_line(path)}\n{page.text}\n\n" if page.text else f"# {_line(path)}\n\n"


def _text_found(lines: Lines) -> Records:
    page, size = "", 0
    for line in lines:
        if not size and not line.startswith(b"# ") and line != b"#":
            raise ValueError
        page, size = page if size else line[2:-1].decode(errors="replace"), size + len(line)
        if line == b"\n":
            yield page, size, True
            size = 0


FORMATS = {
    "text": Format("", _text_record, lambda _path, page, _top: page.text + "\n", _text_found),
    "json": Format("", _json_record, lambda path, page, top: _json_record(path, page, top, 2), _json_found),
    "csv": Format(",".join(COLUMNS) + "\n", _csv_record, _csv_record, _csv_found),
}
