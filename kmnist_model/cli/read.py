"""`read`: pictures of one character each -> a line for each on stdout, or one JSON array."""

from __future__ import annotations

import argparse
import json
import sys

from kmnist_model.cli import options
from kmnist_model.errors import KmnistError
from kmnist_model.recognizer import Recognizer

HELP = "read pictures of one character each"
DESCRIPTION = (
    "Read pictures of one character each. Prints a line for each file: path, character, romaji, probability "
    "and verdict (character, perhaps, unknown or blank), separated by tabs; a blank picture has - for the first three. Exit code 1 "
    "when a file could not be read, 2 for wrong usage."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options and arguments of `read`."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="a picture: PNG, JPEG, WebP, TIFF, GIF, BMP, …")
    options.add_top(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON array with the candidates of all files")
    options.add_device(parser)
    options.add_model(parser)


def run(arguments: argparse.Namespace) -> int:
    """Read the files; returns the exit code. Raises `KmnistError` if the recogniser cannot be loaded."""
    recognizer = Recognizer.load(arguments.model, arguments.device)
    failed, readings = False, []
    for path in arguments.files:
        try:
            reading = recognizer.read(path)
        except KmnistError as error:
            print(f"{path}: {error}", file=sys.stderr)
            failed = True
            continue
        if arguments.json:
            readings.append({"path": path, **reading.as_dict(arguments.top)})
            continue
        best = reading.candidates[0]
        answer = ["-", "-", "-"] if reading.verdict == "blank" else [best.character, best.romaji, f"{best.probability:.4f}"]
        print("\t".join([path, *answer, reading.verdict]), flush=True)
    if arguments.json:
        print(json.dumps(readings, ensure_ascii=False, indent=2))
    return int(failed)
