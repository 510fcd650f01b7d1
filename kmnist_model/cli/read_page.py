"""`read-page`: scans -> their text on stdout or in a file; a bad page, a full disk or Ctrl-C loses no finished page."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PIL import Image
from tqdm import tqdm

from kmnist_model.cli import options
from kmnist_model.cli.find_pages import SUFFIXES, find_pages
from kmnist_model.cli.pages import FAULT, TOO_MANY, page_names, real_names
from kmnist_model.cli.results import FORMATS, Format, ResultsFile, Stdout, one_line, open_results
from kmnist_model.errors import KmnistError
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
    parser.add_argument("--annotate", metavar="DIR", help="write each page with boxes and romaji to DIR, as PNG")
    parser.add_argument("--out", metavar="FILE", help="write the results to FILE, each page as it is done")
    parser.add_argument("--resume", action="store_true", help="with --out, leave out the pages that FILE has, and add the rest")
    options.add_top(parser)
    options.add_device(parser)
    options.add_model(parser, "kuzushiji")
    parser.set_defaults(format="text")


def check(arguments: argparse.Namespace) -> str:
    """The usage error in a combination of options, or ""."""
    return "--resume needs --out FILE: name the file to go on with" if arguments.resume and not arguments.out else ""


def run(arguments: argparse.Namespace) -> int:
    """Read the pages, print problems on stderr; returns the exit code. Raises `KmnistError` if nothing can be read or written."""
    files, problems = find_pages(arguments.files, Path(arguments.annotate) if arguments.annotate else None)
    done = 0
    try:
        form = FORMATS[arguments.format]
        with contextlib.closing(_results(arguments, form, files)) as results:
            for problem in problems:
                print(one_line(problem), file=sys.stderr)
            done_before = results.done | {real for page in results.done for real in real_names(page)}
            left = [path for path in files if not _names(path) & done_before]
            failed = bool(problems)
            if not left:
                return int(failed)
            recognizer = Recognizer.load(arguments.model, arguments.device)
            alone = len(files) == 1 and not arguments.out and _is_one_page(files[0])
            record = form.alone if alone else form.record
            if form.header and results.is_empty:
                results.write(form.header)
            marked = places(files, Path(arguments.annotate)) if arguments.annotate else {}
            taken = {os.path.realpath(path) for path in [*files, *map(str, marked.values())]}
            # `disable=None` shows the bar on a terminal only
            with tqdm(total=len(files), initial=len(files) - len(left), unit="page", leave=not alone, disable=None) as bar:
                for path in left:
                    pages = _pages(path, marked.get(path), taken)
                    bar.total += len(pages) - 1
                    for each in pages:
                        if not _names(each.name) & done_before:
                            page, went_well = _read(each, recognizer, arguments.direction, bar)
                            failed |= not went_well
                            if page:
                                results.write(record(each.name, page, arguments.top))
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
    """A page by its `name`, a function that opens it, and where its annotated picture goes."""

    name: str
    open: Callable[[], Image.Image]
    marked: Path | None
    is_of_longer_file: bool = False


def _pages(path: str, marked: Path | None, taken: set[str]) -> list[_PageToRead]:
    """The pages of a file; one that cannot be opened is one page, whose `open` raises the error.

    No annotated picture replaces a file that is `taken`.
    """
    try:
        document = Document(path)
        names = page_names(path, document)
    except KmnistError:
        return [_PageToRead(path, partial(as_image, path), marked)]
    pages = []
    for index, name in enumerate(names):
        place = marked
        if marked and len(names) > 1:
            place = marked.with_name(f"{marked.stem}#{index + 1}.png")
            while os.path.realpath(place) in taken:
                place = place.with_name(f"{place.stem}-2.png")
        pages.append(_PageToRead(name, partial(document.page, index), place, document.is_longer))
    return pages


def _is_one_page(path: str) -> bool:
    try:
        return len(Document(path)) == 1
    except KmnistError:  # it is reported when it is read
        return True


def _names(name: str) -> set[str]:
    """The names under which the results may have a page."""
    return {one_line(each) for each in (name, *real_names(name))}


def _read(each: _PageToRead, recognizer: Recognizer, direction: Direction, bar: tqdm) -> tuple[Page | None, bool]:
    """Read a page and write its annotated picture; returns the page and whether there was no error."""
    try:
        image = each.open()
        page = read_page(image, direction, recognizer, lambda _, step: bar.set_postfix_str(step))
    except KmnistError as error:
        return None, _report(each.name, str(error))
    except Exception as error:  # noqa: BLE001 - one page must not stop thousands of others
        return None, _report(each.name, f"This page {FAULT.format(fault=f'{type(error).__name__}: {error}')}")
    if not each.marked:
        return page, True
    try:  # before the record: after a stop between the two, the page is read again
        each.marked.parent.mkdir(parents=True, exist_ok=True)
        annotate(image, page.scaled(image.size)).save(each.marked, compress_level=1)
    except OSError as error:
        return page, _report(
            each.name, f"Its annotated picture cannot be written to {each.marked} ({error.strerror or error}): check that folder."
        )
    return page, True


def _report(name: str, sentence: str) -> bool:
    tqdm.write(f"{one_line(name)}: {one_line(sentence)}", file=sys.stderr)
    return False


def _results(arguments: argparse.Namespace, form: Format, files: Sequence[str]) -> ResultsFile | Stdout:
    return open_results(Path(arguments.out), form, files, arguments.resume) if arguments.out else Stdout()
