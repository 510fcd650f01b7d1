"""The command line: python -m kmnist_model read FILE…, read-page FILE|FOLDER|GLOB…, info, feedback export|stats DIR."""

from __future__ import annotations

import argparse
import glob
import io
import json
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from corrections.store import FeedbackStore, line, stats
from kmnist_model.cli import read_page
from kmnist_model.errors import KmnistError
from kmnist_model.recognizer import Recognizer, weights_path
from kmnist_model.weights_file import load_card

SUFFIXES = ("png", "jpg", "jpeg", "webp", "tif", "tiff", "gif", "bmp")


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
    page = commands.add_parser(
        "read-page",
        help="read scans or photographs of whole pages",
        description="Read scans or photographs of whole pages. Prints the text of a page, a line for each column; for several pages, a "
        "line with # and the path, the text and a blank line for each. Exit code 1 when a page could not be read, 2 for wrong usage "
        "and for results that cannot be written, 130 after Ctrl-C.",
    )
    page.add_argument(
        "files", nargs="+", metavar="FILE|FOLDER|GLOB", help=f"a picture, a folder with {', '.join(SUFFIXES)} files, or a pattern"
    )
    page.add_argument(
        "--direction", choices=["auto", "vertical", "horizontal"], default="auto", help="how the page is written (default: auto)"
    )
    form = page.add_mutually_exclusive_group()
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
    page.add_argument("--annotate", metavar="DIR", help="write each page with boxes and romaji to DIR, as PNG")
    page.add_argument("--out", metavar="FILE", help="write the results to FILE, each page as it is done")
    page.add_argument("--resume", action="store_true", help="with --out, leave out the pages that FILE has, and add the rest")
    page.add_argument("--top", type=_positive, metavar="N", help="with --json, only the first N candidates (default: all)")
    page.set_defaults(format="text")
    corrections = commands.add_parser("feedback", help="take out what visitors corrected", description="Take out what visitors corrected.")
    parts = corrections.add_subparsers(dest="part", required=True, metavar="export|stats")
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
    info = commands.add_parser("info", help="print what a weights file says of itself, as JSON")
    for command in (read, page):
        command.add_argument("--device", default="auto", help="auto, cuda, mps or cpu (default: auto)")
    for command in (read, page, info):
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


def _feedback(arguments: argparse.Namespace) -> int:
    store = FeedbackStore(arguments.folder)
    if arguments.part == "stats":
        print(json.dumps(stats(store), ensure_ascii=False, indent=2))
        return 0
    lines = (line(correction) for _, correction in store.corrections())
    if not arguments.out:
        sys.stdout.writelines(lines)
        return 0
    out = Path(arguments.out)
    part = out.with_name(f"{out.name}.part")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with part.open("w", encoding="utf-8") as file:
            file.writelines(lines)
        part.replace(out)
    except OSError as error:
        print(f"{out} cannot be written ({error.strerror}): choose another place.", file=sys.stderr)
        return 2
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
    print(out)
    return 0


def find_pages(names: Sequence[str], marked: Path | None = None) -> tuple[list[str], list[str]]:
    """The pages that files, folders and patterns name, each once, and a line for everything that is none.

    The pictures in `marked`, where an earlier run has put its boxes, are no pages of a folder around it.
    """
    pages: dict[str, str] = {}
    problems: list[str] = []
    for name in names:
        known = len(problems)
        found = [path for each in _matches(name) for path in _pictures(each, marked, problems)]
        if not found and len(problems) == known:
            what = "There is no picture in this folder" if _is_folder(name) else "This pattern matches no picture"
            problems.append(f"{name}: {what}: check its path.")
        for path in found:
            pages.setdefault(os.path.realpath(path), path)
    return list(pages.values()), problems


def _matches(name: str) -> list[str]:
    """`name`, or what it stands for where no shell has expanded it and no file is called so."""
    if os.path.lexists(name) or glob.escape(name) == name:
        return [name]
    return sorted(glob.glob(name, recursive=True))  # noqa: PTH207 - Path.glob takes no absolute pattern


def _pictures(path: str, marked: Path | None, problems: list[str]) -> list[str]:
    """The pictures in a folder, by their names; anything else is a page as it is."""
    if not _is_folder(path):
        return [path]

    def tell(error: OSError) -> None:
        problems.append(f"{error.filename}: This folder cannot be opened ({error.strerror}): check your rights to it.")

    found = []
    for folder, inner, files in os.walk(path, onerror=tell):
        inner[:] = [each for each in inner if not marked or os.path.realpath(Path(folder, each)) != os.path.realpath(marked)]
        found += [Path(folder, file) for file in files if Path(file).suffix.lower().removeprefix(".") in SUFFIXES]
    return [str(each) for each in sorted(found)]


def _is_folder(path: str) -> bool:
    try:
        return Path(path).is_dir()
    except OSError:  # opening it will tell what is wrong
        return False


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line with `argv` (the process's by default); returns the exit code."""
    commands = parser()
    arguments = commands.parse_args(argv)
    if arguments.command == "read-page" and arguments.resume and not arguments.out:
        commands.error("--resume needs --out FILE: name the file to go on with")
    for stream in (sys.stdout, sys.stderr):  # a terminal that has no Japanese, a file name that is not text
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        if arguments.command == "read":
            return _read(arguments)
        if arguments.command == "read-page":
            pages, problems = find_pages(arguments.files, Path(arguments.annotate) if arguments.annotate else None)
            return read_page.run(arguments, pages, problems)
        if arguments.command == "feedback":
            return _feedback(arguments)
        card = load_card(weights_path(arguments.model))
        print(json.dumps(card.as_dict(), ensure_ascii=False, indent=2))
        return 0
    except KmnistError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of a pipe has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
