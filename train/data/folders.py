"""The user's own dataset: folders of pictures named by their character, and records of corrected drawings."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from kmnist_model.alphabet import KUZUSHIJI49, Alphabet, of_codepoints
from kmnist_model.errors import KmnistError
from kmnist_model.image import open_image
from kmnist_model.preprocess import SIZE, InkImage, from_image, from_strokes
from train.data.splits import Examples, Split, split_by_class
from train.errors import DataError

PREFIX = "folder:"

_ROMAJI = {entry.romaji: entry.character for entry in KUZUSHIJI49}
_TEST, _VALIDATION = 10, 10  # one in so many of each class


def is_folder(dataset: str) -> bool:
    """Whether `dataset` is the user's own folder, as `folder:PATH`, rather than an official dataset."""
    return dataset.startswith(PREFIX)


def read_folder(dataset: str) -> list[tuple[str, InkImage]]:
    """The characters in `folder:PATH`, each with its ink (28, 28), preprocessed as in the app.

    The folder holds folders of pictures, each called by its character (お), its code point (U+304A) or its reading (o); and files of
    JSON lines, each {"character": "お", "strokes": [[[x, y], …], …]} or {"character": "お", "ink": 28 rows of 28 numbers 0..255}. Entries
    that cannot be read are skipped and reported on stderr, a line each. Raises `DataError` if nothing can be read.
    """
    path = Path(dataset.removeprefix(PREFIX))
    if not path.is_dir():
        raise DataError(f"{path} is not a folder: give folder:PATH with the path of one.")
    found: list[tuple[str, InkImage]] = []
    problems: list[str] = []
    sources = sorted([*path.glob("*/*"), *path.glob("*.jsonl")])
    for source in tqdm(sources, desc=path.name, unit=" files", disable=not sys.stderr.isatty()):
        if source.name.startswith(".") or source.is_dir():
            continue
        try:
            if source.suffix == ".jsonl":
                found += _records(source, problems)
            else:
                found.append((_character(source.parent.name), from_image(open_image(source))))
        except KmnistError as error:
            problems.append(f"{source}: {error}")
    found = [(character, ink) for character, ink in found if ink.any()]
    print("".join(f"{problem}\n" for problem in problems), file=sys.stderr, end="")
    if not found:
        raise DataError(f"{path} holds no pictures in folders named by their character: call them お, U+304A or o.")
    return found


def _character(name: str) -> str:
    """The character that the folder `name` stands for."""
    if code := re.fullmatch(r"[Uu]\+([0-9A-Fa-f]{4,6})", name):
        point = int(code[1], 16)
        if point < 0x110000 and not 0xD800 <= point < 0xE000:
            return chr(point)
    if name in _ROMAJI:
        return _ROMAJI[name]
    if len(name) == 1:
        return name
    raise DataError(f"The folder {name!r} names no character: call it お, U+304A or o.")


def _records(path: Path, problems: list[str]) -> Iterator[tuple[str, InkImage]]:
    """The records of a file of JSON lines; a bad one is added to `problems`."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"This file cannot be read ({error}): check it.") from None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            yield _record(json.loads(line))
        except (ValueError, TypeError, KeyError, RecursionError) as error:  # InkError among them
            what = f"it has no {error}" if isinstance(error, KeyError) else error
            problems.append(f"{path}, line {number}: this is not a corrected drawing ({what}): leave it out, or export it again.")


def _record(record: dict[str, Any]) -> tuple[str, InkImage]:
    character = record["character"]
    if not isinstance(character, str) or len(character) != 1:
        raise ValueError("its character is not a single one")
    if "strokes" in record:
        return character, from_strokes(record["strokes"])
    ink = np.array(record["ink"])
    if ink.shape != (SIZE, SIZE) or not np.issubdtype(ink.dtype, np.integer) or ink.min() < 0 or ink.max() > 255:
        raise ValueError(f"its ink is not {SIZE} rows of {SIZE} numbers from 0 to 255")
    return character, ink.astype(np.uint8)


def open_folder(dataset: str) -> Split:
    """`folder:PATH` as a dataset, classes in the order of their code points.

    `split_by_class` takes one in ten images for the test and one in ten for validation.
    """
    found = read_folder(dataset)
    codepoints = sorted({ord(character) for character, _ in found})
    alphabet = of_codepoints("folder", codepoints)
    known = {entry.character: entry for entry in KUZUSHIJI49}
    alphabet = Alphabet("folder", tuple(known.get(entry.character, entry) for entry in alphabet))
    labels = np.array([alphabet.index(character) for character, _ in found])
    examples = Examples(np.stack([ink for _, ink in found]), labels)
    train, validation, test = (examples.take(part) for part in split_by_class(labels, _TEST, _VALIDATION))
    if not len(validation):
        raise DataError(f"{dataset.removeprefix(PREFIX)} has no class of {_VALIDATION} pictures to validate on: add some.")
    source = f"pictures of {len(alphabet)} characters in a folder"
    return Split("folder", alphabet, train, validation, test, source)


def extra(dataset: str, alphabet: Alphabet) -> Examples:
    """`folder:PATH` as examples for a dataset of `alphabet`.

    Characters outside it have the label one past its last.
    """
    found = read_folder(dataset)
    place = {entry.character: index for index, entry in enumerate(alphabet)}
    return Examples(
        np.stack([ink for _, ink in found]), np.array([place.get(character, len(alphabet)) for character, _ in found], np.int64)
    )
