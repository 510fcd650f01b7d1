"""`read`: pictures of one character each -> a line for each on stdout, or one JSON array."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from PIL import Image

from kmnist_model.characters import historical_forms
from kmnist_model.cli import options
from kmnist_model.cli.nearest import NearestSheet
from kmnist_model.cli.pages import FAULT, TOO_MANY, page_names
from kmnist_model.errors import KmnistError, PictureError
from kmnist_model.image import Document
from kmnist_model.recognizer import Recognizer
from kmnist_model.types import DROPPED

HELP = "read pictures of one character each"
DESCRIPTION = (
    "Read pictures of one character each. Prints a line for each file: path, character, romaji, probability "
    "and verdict (character, perhaps, unknown or blank), separated by tabs; a blank picture has - for the first three, as has one with marks "
    "but none like one character, which a line on stderr says. The pages of a PDF, "
    "TIFF or GIF of several are file#1, file#2, …. Exit code 1 "
    "when a picture could not be read, 2 for wrong usage."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options and arguments of `read`."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="a picture: PNG, JPEG, WebP, TIFF, GIF, BMP, JPEG 2000, AVIF, HEIC or PDF")
    options.add_top(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON array with the candidates of all files")
    parser.add_argument(
        "--forms",
        action="store_true",
        help="add the historical form that a kana is nearest to: its letter, code point and parent kanji, or - three times (--model kuzushiji)",
    )
    parser.add_argument(
        "--nearest",
        type=Path,
        metavar="FILE",
        help="save a picture of the eight real brushed characters nearest to each, and add what they are, or - (a second or two more)",
    )
    options.add_device(parser)
    options.add_model(parser)


def run(arguments: argparse.Namespace) -> int:
    """Read the files; returns the exit code. Raises `KmnistError` if the recogniser cannot be loaded."""
    recognizer = Recognizer.load(arguments.model, arguments.device, engine=arguments.engine)
    if arguments.forms and not historical_forms.are_damaged():  # damaged ones are one line in the log, and the files are read without
        historical_forms.for_recognizer(recognizer)  # an error before the first file
    nearest = NearestSheet(recognizer, arguments.device, arguments.engine) if arguments.nearest else None
    failed, readings = False, []
    for path, picture in _pictures(arguments.files):
        try:
            image = picture()
            reading = recognizer.read(image)
        except Exception as error:  # noqa: BLE001 - one picture must not stop the others
            fault = f"This picture {FAULT.format(fault=f'{type(error).__name__}: {error}')}"
            print(f"{path}: {error if isinstance(error, KmnistError) else fault}", file=sys.stderr)
            failed = True
            continue
        form = historical_forms.form_of(reading, recognizer) if arguments.forms else None
        like = nearest.add(image) if nearest else ""
        if arguments.json:
            more: dict[str, Any] = {"form": form.as_dict() if form else None} if arguments.forms else {}
            more |= {"nearest": list(like)} if nearest else {}
            readings.append({"path": path, **reading.as_dict(arguments.top), **more})
            continue
        if reading.dropped:
            print(f"{path}: {DROPPED}", file=sys.stderr)
        best = reading.candidates[0]
        answer = (
            ["-", "-", "-"] if reading.verdict == "blank" or reading.dropped else [best.character, best.romaji, f"{best.probability:.4f}"]
        )
        columns = (list(form.as_dict().values()) if form else ["-", "-", "-"]) if arguments.forms else []
        columns += [like or "-"] if nearest else []
        print("\t".join([path, *answer, reading.verdict, *columns]), flush=True)
    if nearest:
        nearest.save(arguments.nearest)
    if arguments.json:
        print(json.dumps(readings, ensure_ascii=False, indent=2))
    return int(failed)


def _pictures(files: Sequence[str]) -> Iterator[tuple[str, Callable[[], Image.Image]]]:
    """Each picture of the files: its name, and a function that opens it or raises `PictureError`."""

    def fail(error: PictureError) -> Image.Image:
        raise error

    for path in files:
        try:
            document = Document(path)
            names = page_names(path, document)
        except PictureError as error:
            yield path, partial(fail, error)
            continue
        for index, name in enumerate(names):
            yield name, partial(document.page, index)
        if document.is_longer:
            yield path, partial(fail, PictureError(TOO_MANY))
