"""The command line's arguments and help texts."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from kmnist_model.formats import FORMATS

ENGINES = ("local", "ray")
_DEFAULT_FORMATS = "page,parquet"


def parser() -> argparse.ArgumentParser:
    """The parser of `python -m archive`."""
    main = argparse.ArgumentParser(
        prog="python -m archive", description="Read whole archives of cursive Japanese (kuzushiji).", fromfile_prefix_chars="@"
    )
    commands = main.add_subparsers(dest="command", required=True, metavar="COMMAND")
    read = commands.add_parser(
        "read",
        fromfile_prefix_chars="@",
        help="read the pages of files, folders and IIIF manifests",
        description="Read the pages of files, folders and IIIF manifests, and write a file for each page, and Parquet for all. "
        "@FILE stands for the arguments in a file, one on each line. "
        "Exit code 1 when a page could not be read, 2 for wrong usage and for an output folder that cannot be written, 130 after Ctrl-C.",
    )
    read.add_argument(
        "sources", nargs="+", metavar="SOURCE", help="a picture, a PDF, a folder, a pattern, a IIIF manifest (a .json file or a URL)"
    )
    read.add_argument("--out", required=True, type=Path, metavar="DIR", help="the folder for everything that is written")
    read.add_argument(
        "--format",
        type=_formats,
        default=_DEFAULT_FORMATS,
        metavar="NAMES",
        help=f"with commas between them, of parquet, {', '.join(FORMATS)} (default: %(default)s)",
    )
    read.add_argument("--resume", action="store_true", help="go on in a folder, and leave out the pages that are done")
    read.add_argument("--engine", choices=ENGINES, default="local", help="processes of this machine, or Ray Data (default: %(default)s)")
    read.add_argument("--workers", type=_positive, metavar="N", help="pages read at a time (default: the number of processors)")
    read.add_argument("--address", default="", metavar="HOST:PORT", help="with --engine ray, the cluster of many machines, or auto")
    read.add_argument("--model", default="kuzushiji", metavar="NAME|PATH", help="the weights (default: %(default)s)")
    read.add_argument("--device", default="auto", help="auto, cuda, mps or cpu (default: auto)")
    read.add_argument(
        "--direction", choices=["auto", "vertical", "horizontal"], default="auto", help="how the pages are written (default: auto)"
    )
    read.add_argument("--top", type=_positive, default=5, metavar="N", help="candidates kept for each character (default: %(default)s)")
    read.add_argument(
        "--max-side", type=_positive, default=3000, metavar="PX", help="the longest side to ask a IIIF server for (default: %(default)s)"
    )
    read.add_argument("--max-megabytes", type=_positive, default=500, metavar="MB", help="the largest file to read (default: %(default)s)")
    read.add_argument("--rate", type=_rate, default=1.0, metavar="N", help="requests a second to one IIIF host (default: %(default)s)")
    return main


def time_of_files() -> int:
    """The date to write into files, in seconds since 1970: SOURCE_DATE_EPOCH, else 0, so that the same page gives the same bytes.

    https://reproducible-builds.org/specs/source-date-epoch/
    """
    said = os.environ.get("SOURCE_DATE_EPOCH", "")
    return int(said) if said.isdigit() else 0


def _formats(text: str) -> tuple[str, ...]:
    names = tuple(sorted({name.strip() for name in text.split(",")}))
    if unknown := [name for name in names if name not in FORMATS and name != "parquet"]:
        raise argparse.ArgumentTypeError(f"no format is called {', '.join(map(repr, unknown))}: take parquet, {', '.join(FORMATS)}")
    return names


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return int(text)


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not 0 < rate <= 1000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return rate
