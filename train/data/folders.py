"""The user's own dataset: folders of pictures named by their character, and records of corrected drawings."""

from __future__ import annotations

import json
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from kmnist_model.alphabet import KMNIST, KUZUSHIJI49, Alphabet, of_codepoints
from kmnist_model.errors import PictureError
from kmnist_model.preprocess import SIZE, InkImage, from_strokes
from train.data.drawing.resizing import resized
from train.data.pictures import LeftOut, read_ink
from train.data.splits import Examples, Split, split_by_class
from train.errors import DataError

PREFIX = "folder:"

_NAMES = "お, U+304A or o"  # of a class folder
_ROMAJI = {entry.romaji: entry.character for entry in KUZUSHIJI49}
_LABELS = {str(label): entry.character for label, entry in enumerate(KMNIST)}
_MAX_NAMES = 50  # listed in one message
_TEST, _VALIDATION = 10, 10  # one in so many of each class
_MAX_INK = 256  # px, the largest input of any model


def is_folder(dataset: str) -> bool:
    """Whether `dataset` is the user's own folder, as `folder:PATH`, rather than an official dataset."""
    return dataset.startswith(PREFIX)


def read_folder(dataset: str) -> list[tuple[str, InkImage]]:
    """The characters in `folder:PATH`, each with its ink (28, 28), preprocessed as in the app.

    The folder holds folders of pictures, each called by its character (お), its code point (U+304A) or its reading (o), or all of them by
    KMNIST's labels 0 to 9; and files of JSON lines, each {"character": "お", "strokes": [[[x, y], …], …]} or {"character": "お", "ink": rows
    of numbers 0..255, a square as one of the models saw it}. What cannot be read is left out: stderr has a line for each, and the count. Raises `DataError` if nothing
    can be read, or if labels are mixed with other names.
    """
    path = Path(dataset.removeprefix(PREFIX))
    if not _is_directory(path):
        raise DataError(f"{path} is not a folder: give folder:PATH with the path of one.")
    left_out = LeftOut()
    sources = _sources(path, left_out)
    pictures = Counter(source.parent for source in sources if source.suffix != ".jsonl")
    characters = _characters(path, list(pictures))
    for folder, count in pictures.items():
        if characters[folder] is None:
            left_out.lines.append(f"{folder}: the folder names no character, and its pictures ({count:,}) are left out: call it {_NAMES}.")
    found: list[tuple[str, InkImage]] = []
    for source in tqdm(sources, desc=path.name, unit=" files", disable=not sys.stderr.isatty()):
        try:
            if source.suffix == ".jsonl":
                found += _records(source, left_out)
            elif character := characters[source.parent]:
                found.append((character, read_ink(source)))
        except DataError as error:  # of a file of records
            left_out.lines.append(f"{source}: {error}")
        except PictureError as error:
            left_out.add(source, error)
    inked = [(character, ink) for character, ink in found if ink.any()]
    if blank := len(found) - len(inked):
        left_out.lines.append(f"{path}: {blank:,} without any ink {'are' if blank > 1 else 'is'} left out.")
    left_out.report()
    if not inked:
        raise DataError(f"{path} holds no pictures in folders named by their character: call them {_NAMES}.")
    return inked


def _is_directory(path: Path) -> bool:
    """Whether `path` is a folder or a link to one; False also where that cannot be found out."""
    try:
        return path.is_dir()
    except OSError:
        return False


def _sources(path: Path, left_out: LeftOut) -> list[Path]:
    """The files of JSON lines in `path` and everything in its folders, sorted, without hidden files and folders."""
    try:
        entries = _shown(path)
    except OSError as error:
        raise DataError(f"{path} cannot be opened ({error.strerror}): check your rights to it.") from None
    sources = [entry for entry in entries if entry.suffix == ".jsonl" and not _is_directory(entry)]
    for folder in filter(_is_directory, entries):
        try:
            inside = _shown(folder)
        except OSError as error:
            left_out.lines.append(f"{folder}: this folder cannot be opened ({error.strerror}): check your rights to it.")
            continue
        for entry in inside:
            if _is_directory(entry) and not entry.is_symlink():
                left_out.lines.append(f"{entry}: a folder within a character's folder is not read: move its pictures up.")
            else:
                sources.append(entry)
    return sorted(sources)


def _shown(folder: Path) -> list[Path]:
    return [entry for entry in folder.iterdir() if not entry.name.startswith(".")]


def _characters(path: Path, class_folders: list[Path]) -> dict[Path, str | None]:
    """The character that each folder's name stands for, None for no character.

    Numbers are KMNIST's labels, as people keep them, and never characters. Raises `DataError` if others than 0 to 9, or other names, are
    among them.
    """
    if not any(re.fullmatch(r"[0-9]+", folder.name) for folder in class_folders):
        return {folder: _character(folder.name) for folder in class_folders}
    names = sorted(folder.name for folder in class_folders)
    if not set(names) <= _LABELS.keys():
        shown = ", ".join(names[:_MAX_NAMES]) + ", …" * (len(names) > _MAX_NAMES)
        raise DataError(
            f"The folders of {path} are called {shown}, which are not only KMNIST's labels 0 to 9: call each by its character ({_NAMES}; the "
            "digit 0 itself is U+0030), and move away what is none."
        )
    meant = ", ".join(f"{name} is {_LABELS[name]}" for name in names)
    print(f"The folders of {path} are taken for KMNIST's classes by their labels: {meant}.", file=sys.stderr)
    return {folder: _LABELS[folder.name] for folder in class_folders}


def _character(name: str) -> str | None:
    """The character that the folder `name` stands for, None for no character."""
    name = _composed(name)
    if code := re.fullmatch(r"[Uu]\+([0-9A-Fa-f]{4,6})", name):
        point = int(code[1], 16)
        return chr(point) if point < 0x110000 and not 0xD800 <= point < 0xE000 else None
    return _ROMAJI.get(name) or (name if len(name) == 1 else None)


def _composed(name: str) -> str:
    """`name` as Unicode composes it (NFC): a Mac's file names hold が as か and a combining mark.

    A single character stays: NFC replaces six kanji of Kuzushiji-Kanji (U+FA1D, …) by others.
    """
    return name if len(name) == 1 else unicodedata.normalize("NFC", name)


def _records(path: Path, left_out: LeftOut) -> Iterator[tuple[str, InkImage]]:
    """The records of a file of JSON lines, without those that cannot be read."""
    try:
        if not path.is_file():  # a named pipe would never end
            raise DataError("This is not a file: put the records themselves there.")
        lines = path.read_bytes().splitlines()  # as bytes: one damaged line leaves the others readable
    except OSError as error:
        raise DataError(f"This file cannot be opened ({error.strerror or error}): check your rights to it.") from None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            yield _record(json.loads(line))
        except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:  # InkError among them
            what = f"it has no {error}" if isinstance(error, KeyError) else error
            why = f"this is not a corrected drawing ({what}): leave it out, or export it again."
            left_out.add(f"{path}, line {number}", why, "record")


def _record(record: dict[str, Any]) -> tuple[str, InkImage]:
    character = record["character"]
    character = _composed(character) if isinstance(character, str) else ""
    if len(character) != 1 or 0xD800 <= ord(character) < 0xE000:
        raise ValueError("its character is not a single one")
    if "strokes" in record:
        return character, from_strokes(record["strokes"])
    ink = np.array(record["ink"])
    is_square = ink.ndim == 2 and ink.shape[0] == ink.shape[1] and SIZE <= len(ink) <= _MAX_INK
    if not is_square or not np.issubdtype(ink.dtype, np.integer) or ink.min() < 0 or ink.max() > 255:
        raise ValueError(f"its ink is not a square of {SIZE} to {_MAX_INK} rows of numbers from 0 to 255")
    return character, resized(ink.astype(np.uint8)[None], SIZE)[0]


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

    Characters outside it have the label one past its last, "not a character", and stderr has a line that names them.
    """
    found = read_folder(dataset)
    place = {entry.character: index for index, entry in enumerate(alphabet)}
    outliers = Counter(character for character, _ in found if character not in place)
    if outliers:
        named = ", ".join(f"{character} ({count:,})" for character, count in sorted(outliers.items())[:_MAX_NAMES])
        named += f" and {len(outliers) - _MAX_NAMES:,} more" if len(outliers) > _MAX_NAMES else ""
        print(
            f'Pictures in {dataset.removeprefix(PREFIX)} that are learnt as "not a character", since {alphabet.name} has no class for them: '
            f"{named}, in all {sum(outliers.values()):,}.",
            file=sys.stderr,
        )
    return Examples(
        np.stack([ink for _, ink in found]), np.array([place.get(character, len(alphabet)) for character, _ in found], np.int64)
    )
