"""`read-page`: scans -> their text on stdout or in a file; a bad page, a full disk or Ctrl-C loses no finished page."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from PIL import Image
from tqdm import tqdm

from kmnist_model.cli import options
from kmnist_model.cli.documents import DocumentFolder, DocumentOnStdout
from kmnist_model.cli.find_pages import SUFFIXES, find_pages
from kmnist_model.cli.pages import FAULT, TOO_MANY, real_names
from kmnist_model.cli.results import RECORDS, Records, Stdout, open_results
from kmnist_model.errors import KmnistError
from kmnist_model.formats import FORMATS, Source
from kmnist_model.formats.strings import one_line
from kmnist_model.image import Document, as_image
from kmnist_model.page.annotate import annotate, places
from kmnist_model.page.reader import read_page
from kmnist_model.page.types import Direction, Page
from kmnist_model.recognizer import Recognizer

HELP = "read scans or photographs of whole pages"
DESCRIPTION = (
    "Read scans or photographs of whole pages. Prints the text of a page, a line for each column; for several pages, a "
    "line with # and the path, the text and a blank line for each. The pages of a PDF, TIFF or GIF of several are file#1, file#2, …. Exit code 1 when a page could not be read, 2 for wrong usage "
    "and for results that cannot be written, 130 after Ctrl-C."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options and arguments of `read-page`."""
    parser.add_argument(
        "files", nargs="+", metavar="FILE|FOLDER|GLOB", help=f"a picture, a folder with {', '.join(SUFFIXES)} files, or a pattern"
    )
    parser.add_argument(
        "--direction", choices=["auto", "vertical", "horizontal"], default="auto", help="how the page is written (default: auto)"
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument(
        "--text", action="store_const", const="text", dest="format", help="print the text, 〓 for an unknown character (default)"
    )
    form.add_argument(
        "--json",
        action="store_const",
        const="json",
        dest="format",
        help="print a JSON object for each page, on a line of its own when there are several",
    )
    form.add_argument(
        "--csv",
        action="store_const",
        const="csv",
        dest="format",
        help="print a row for each character, its box in px of the upright picture",
    )
    form.add_argument(
        "--format",
        choices=list(FORMATS),
        metavar="NAME",
        help="write "
        + "; ".join(f"{form.name}: {form.help.removesuffix('.')}" for form in FORMATS.values() if not form.is_record)
        + "; or text, json, csv",
    )
    parser.add_argument(
        "--canvas",
        metavar="URL",
        default="",
        help="with --format iiif, the canvas of the page, as large as its picture; {number} stands for the number of a page in its file",
    )
    parser.add_argument("--annotate", metavar="DIR", help="write each page with boxes and romaji to DIR, as PNG")
    parser.add_argument(
        "--out",
        metavar="FILE|DIR",
        help="write the results to FILE, each page as it is done; a folder for formats that take a file for each page",
    )
    parser.add_argument("--resume", action="store_true", help="with --out, leave out the pages that are there, and add the rest")
    options.add_top(parser, "json, page and alto")
    options.add_device(parser)
    options.add_model(parser, "kuzushiji")
    parser.set_defaults(format="text")


def check(arguments: argparse.Namespace) -> str:
    """The usage error in a combination of options, or ""."""
    if arguments.canvas and arguments.format != "iiif":
        return "--canvas needs --format iiif: no other format has canvases"
    return "--resume needs --out FILE: name the file to go on with" if arguments.resume and not arguments.out else ""


def run(arguments: argparse.Namespace) -> int:
    """Read the pages, print problems on stderr; returns the exit code. Raises `KmnistError` if nothing can be read or written."""
    written = [arguments.annotate, None if arguments.format in RECORDS else arguments.out]
    files, problems = find_pages(arguments.files, *(Path(folder) for folder in written if folder))
    if arguments.canvas and files and not (len(files) == 1 and ("{number}" in arguments.canvas or _is_one_page(files[0]))):
        raise KmnistError("--canvas is the canvas of one page: give one file, and put {number} in the URL where it has several pages.")
    done = 0
    try:
        alone = not arguments.out and len(files) == 1 and _is_one_page(files[0])
        with contextlib.closing(_results(arguments, files, alone)) as results:
            for problem in problems:
                print(one_line(problem), file=sys.stderr)
            done_before = results.done | {real for page in results.done for real in real_names(page)}
            left = [path for path in files if not _names(path) & done_before]
            failed = bool(problems)
            if not left:
                return int(failed)
            recognizer = Recognizer.load(arguments.model, arguments.device, engine=arguments.engine)
            results.start()
            marked = places(files, Path(arguments.annotate)) if arguments.annotate else {}
            taken = {os.path.realpath(path) for path in [*files, *map(str, marked.values())]}
            # `disable=None` shows the bar on a terminal only
            with tqdm(total=len(files), initial=len(files) - len(left), unit="page", leave=not alone, disable=None) as bar:
                for path in left:
                    pages = _pages(path, marked.get(path), taken)
                    bar.total += len(pages) - 1
                    for each in pages:
                        if not _names(each.name) & done_before:
                            read, went_well = _read(each, recognizer, arguments.direction, bar)
                            failed |= not went_well
                            if read:
                                canvas = arguments.canvas.replace("{number}", str(each.source.number))
                                results.add(replace(read[0], canvas=canvas), read[1])
                                done += 1
                        bar.update()
                    if pages[0].is_of_longer_file:
                        failed |= not _report(path, TOO_MANY)
            return int(failed)
    except KeyboardInterrupt:
        hint = "go on with --resume" if arguments.out else "name a file with --out to be able to go on"
        print(f"Stopped (pages done: {done}, each whole): {hint}.", file=sys.stderr)
        return 130


@dataclass(frozen=True)
class _PageToRead:
    """A page by its source, a function that opens it, and where its annotated picture goes."""

    source: Source
    open: Callable[[], Image.Image]
    marked: Path | None
    is_of_longer_file: bool = False

    @property
    def name(self) -> str:
        """The name of the page in results."""
        return self.source.name


def _pages(path: str, marked: Path | None, taken: set[str]) -> list[_PageToRead]:
    """The pages of a file; one that cannot be opened is one page, whose `open` raises the error.

    No annotated picture replaces a file that is `taken`.
    """
    try:
        document = Document(path)
        count = len(document)
    except KmnistError:
        return [_PageToRead(Source(path), partial(as_image, path), marked)]
    pages = []
    for index in range(count):
        place = marked
        if marked and count > 1:
            place = marked.with_name(f"{marked.stem}#{index + 1}.png")
            while os.path.realpath(place) in taken:
                place = place.with_name(f"{place.stem}-2.png")
        pages.append(_PageToRead(Source(path, index + 1, count), partial(document.page, index), place, document.is_longer))
    return pages


def _is_one_page(path: str) -> bool:
    try:
        return len(Document(path)) == 1
    except KmnistError:  # it is reported when it is read
        return True


def _names(name: str) -> set[str]:
    """The names under which the results may have a page."""
    return {one_line(each) for each in (name, *real_names(name))}


def _read(each: _PageToRead, recognizer: Recognizer, direction: Direction, bar: tqdm) -> tuple[tuple[Source, Page] | None, bool]:
    """Read a page and write its annotated picture; returns source and page, and whether there was no error."""
    try:
        image = each.open()
        page = read_page(image, direction, recognizer, lambda _, step: bar.set_postfix_str(step))
    except KmnistError as error:
        return None, _report(each.name, str(error))
    except Exception as error:  # noqa: BLE001 - one page must not stop thousands of others
        return None, _report(each.name, f"This page {FAULT.format(fault=f'{type(error).__name__}: {error}')}")
    read = replace(each.source, picture=image, time=datetime.now(UTC)), page
    if not each.marked:
        return read, True
    try:  # before the record: after a stop between the two, the page is read again
        each.marked.parent.mkdir(parents=True, exist_ok=True)
        annotate(image, page.scaled(image.size)).save(each.marked, compress_level=1)
    except OSError as error:
        return read, _report(
            each.name, f"Its annotated picture cannot be written to {each.marked} ({error.strerror or error}): check that folder."
        )
    return read, True


def _report(name: str, sentence: str) -> bool:
    tqdm.write(f"{one_line(name)}: {one_line(sentence)}", file=sys.stderr)
    return False


def _results(arguments: argparse.Namespace, files: Sequence[str], alone: bool) -> Records | DocumentFolder | DocumentOnStdout:
    """Where the pages of `files` are written to; `alone` on stdout there is only one."""
    out, top = Path(arguments.out) if arguments.out else None, arguments.top
    if form := RECORDS.get(arguments.format):
        return Records(form, open_results(out, form, files, arguments.resume) if out else Stdout(), alone, top)
    if out:
        return DocumentFolder(FORMATS[arguments.format], out, files, arguments.resume, top)
    if not alone and files:
        raise KmnistError(f"--format {arguments.format} writes a file for each page: name a folder with --out.")
    return DocumentOnStdout(FORMATS[arguments.format], top)
