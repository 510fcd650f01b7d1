"""The command line: python -m kmnist_model read FILE…, python -m kmnist_model info."""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
from collections.abc import Sequence

from kmnist_model.checkpoint import load_card
from kmnist_model.errors import KmnistError
from kmnist_model.recognizer import Recognizer, weights_path


def parser() -> argparse.ArgumentParser:
    """The command line's arguments and help texts."""
    main = argparse.ArgumentParser(prog="python -m kmnist_model", description="Read characters of cursive Japanese (kuzushiji).")
    commands = main.add_subparsers(dest="command", required=True, metavar="COMMAND")
    read = commands.add_parser(
        "read",
        help="read pictures of one character each",
        description="Read pictures of one character each. Prints a line for each file: path, character, romaji, probability "
        "and verdict (character, unknown or blank), parted by tabs; a blank picture has - for the first three. Exit code 1 "
        "when a file could not be read, 2 for wrong usage.",
    )
    read.add_argument("files", nargs="+", metavar="FILE", help="a picture: PNG, JPEG, WebP, TIFF, GIF, BMP, …")
    read.add_argument("--top", type=_positive, metavar="N", help="with --json, only the first N candidates (default: all)")
    read.add_argument("--json", action="store_true", help="print one JSON array with the candidates of all files")
    read.add_argument("--device", default="auto", help="auto, cuda, mps or cpu (default: auto)")
    info = commands.add_parser("info", help="print what a weights file says of itself, as JSON")
    for command in (read, info):
        command.add_argument("--model", default="kmnist", metavar="NAME|PATH", help="the weights (default: kmnist)")
    return main


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return int(text)


def _read(arguments: argparse.Namespace) -> int:
    recognizer = Recognizer.load(arguments.model, arguments.device)
    failed, found = False, []
    for path in arguments.files:
        try:
            reading = recognizer.read(path)
        except KmnistError as error:
            print(f"{path}: {error}", file=sys.stderr)
            failed = True
            continue
        if arguments.json:
            found.append({"path": path, **reading.as_dict(arguments.top)})
            continue
        best = reading.candidates[0]
        answer = ["-", "-", "-"] if reading.verdict == "blank" else [best.character, best.romaji, f"{best.probability:.4f}"]
        print("\t".join([path, *answer, reading.verdict]), flush=True)
    if arguments.json:
        print(json.dumps(found, ensure_ascii=False, indent=2))
    return int(failed)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line with `argv` (the process's by default); returns the exit code."""
    arguments = parser().parse_args(argv)
    for stream in (sys.stdout, sys.stderr):  # a terminal that has no Japanese, a file name that is not text
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        if arguments.command == "read":
            return _read(arguments)
        card = load_card(weights_path(arguments.model))
        print(json.dumps(card.as_dict(), ensure_ascii=False, indent=2))
        return 0
    except KmnistError as error:
        print(error, file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader of a pipe has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


if __name__ == "__main__":
    sys.exit(main())
