"""`feedback`: visitors' corrections out of the store, as JSON lines or as counts."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from corrections.store import FeedbackError, FeedbackStore, line, stats
from kmnist_model.errors import KmnistError
from kmnist_model.files import atomic_path

HELP = "export or count visitors' corrections"
DESCRIPTION = "Export or count the corrections that visitors gave."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the subcommands of `feedback` with their options."""
    parts = parser.add_subparsers(dest="part", required=True, metavar="export|stats")
    export = parts.add_parser(
        "export",
        help="print the corrections as JSON lines",
        description="Print each correction as a JSON object on a line of its own: its right character, strokes or ink, what was answered, "
        "the version of the weights, the time. A folder with the file is what python -m train fit --extra folder:FOLDER takes.",
    )
    export.add_argument("--out", metavar="FILE", help="write them to FILE, which appears whole or not at all")
    counts = parts.add_parser("stats", help="print how many corrections there are, by character and by answer, as JSON")
    for part in (export, counts):
        part.add_argument("folder", metavar="DIR", help="the folder that app.py --feedback was given")


def run(arguments: argparse.Namespace) -> int:
    """Print or write what the store holds; returns the exit code. Raises `KmnistError` if the store cannot be read."""
    try:
        return _run(arguments, FeedbackStore(arguments.folder))
    except FeedbackError as error:
        raise KmnistError(str(error)) from None


def _run(arguments: argparse.Namespace, store: FeedbackStore) -> int:
    if arguments.part == "stats":
        print(json.dumps(stats(store), ensure_ascii=False, indent=2))
        return 0
    lines = (line(correction) for _, correction in store.corrections())
    if not arguments.out:
        sys.stdout.writelines(lines)
        return 0
    out = Path(arguments.out)
    try:
        with atomic_path(out) as part, part.open("w", encoding="utf-8") as file:
            file.writelines(lines)
    except OSError as error:
        raise KmnistError(f"{out} cannot be written ({error.strerror}): choose another place.") from None
    print(out)
    return 0
