"""Files, folders, glob patterns and IIIF manifests -> pages to read, one after another, in an order of their names alone."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from archive.iiif import manifest
from archive.iiif.download import Downloads
from archive.types import Item, Options
from kmnist_model.cli.find_pages import SUFFIXES
from kmnist_model.cli.pages import TOO_MANY
from kmnist_model.errors import KmnistError
from kmnist_model.formats.strings import one_line
from kmnist_model.image import MAX_PAGES, Document

_SEVERAL = (b"%PDF", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+", b"GIF8")  # how files of several pages begin


class Sources:
    """The pages of `names`: files, folders, patterns, manifests as files (.json) or URLs. Pictures below the folder `out` are left out.

    What cannot be opened is a page with an error.
    """

    def __init__(self, names: Sequence[str], out: Path, downloads: Downloads, options: Options) -> None:
        self._names, self._out = names, os.path.realpath(out)
        self._downloads, self._options = downloads, options

    def count(self) -> int:
        """The number of files, without opening any; how many pages a manifest has is known when it is loaded."""
        return sum(not _is_manifest(name) for name, _ in self._files())

    def __iter__(self) -> Iterator[Item]:
        for name, error in self._files():
            if error:
                yield Item(one_line(name), name, error=error)
            elif _is_manifest(name):
                yield from self._canvases(name)
            else:
                yield from self._pages(name)

    def _files(self) -> Iterator[tuple[str, str]]:
        """The path or URL of each file, and what is wrong with it."""
        for name in self._names:
            if is_url(name):
                yield name, ""
                continue
            for path in _matches(name):
                if not Path(path).is_dir():
                    yield os.path.normpath(path), ""
                    continue
                empty = True
                for found in self._walk(os.path.normpath(path)):
                    empty = False
                    yield found
                if empty:
                    yield path, "There is no picture in this folder: check its path."
            if not _matches(name):
                yield name, "This pattern matches no picture: check it."

    def _walk(self, folder: str) -> Iterator[tuple[str, str]]:
        """The pictures below a folder, one folder in memory at a time."""
        try:
            with os.scandir(folder) as found:
                entries = sorted((entry.name, entry.is_dir()) for entry in found)
        except OSError as error:
            yield folder, f"This folder cannot be opened ({error.strerror}): check your rights to it."
            return
        for name, is_folder in entries:
            path = os.path.join(folder, name)  # noqa: PTH118 - a Path would change the name as it was given
            if is_folder and not Path(path).is_symlink() and os.path.realpath(path) != self._out:
                yield from self._walk(path)
            elif not is_folder and Path(name).suffix.lower().removeprefix(".") in SUFFIXES:
                yield path, ""

    def _pages(self, path: str) -> Iterator[Item]:
        """The pages of a file; only one that may hold several is opened."""
        name, pages = one_line(path), 1
        try:
            with Path(path).open("rb") as file:
                if file.read(1024).lstrip().startswith(_SEVERAL):
                    document = Document(path, max_bytes=self._options.max_bytes)
                    pages = len(document)
                    if document.is_longer:
                        yield Item(name, path, MAX_PAGES + 1, pages, error=TOO_MANY)
        except (KmnistError, OSError, ValueError):  # reading the page reports it
            pages = 1
        for number in range(1, pages + 1):
            yield Item(name, path, number, pages)

    def _canvases(self, name: str) -> Iterator[Item]:
        """The pages of a manifest."""
        try:
            data = self._downloads.load(name) if is_url(name) else Path(name).read_bytes()
            for canvas in manifest.canvases(data):
                if not canvas.image:
                    yield Item(one_line(canvas.id), name, canvas=canvas.id, error="This canvas shows no picture: nothing is read.")
                    continue
                url = canvas.image.url(self._options.max_side, self._downloads.load)
                yield Item(one_line(canvas.id), str(self._downloads.place(url)), url=url, canvas=canvas.id, canvas_size=canvas.size)
        except KmnistError as error:
            yield Item(one_line(name), name, error=str(error))
        except (OSError, ValueError) as error:
            yield Item(one_line(name), name, error=f"This manifest cannot be opened ({error}): check it.")


def _is_manifest(name: str) -> bool:
    return is_url(name) or name.lower().endswith(".json")


def is_url(name: str) -> bool:
    """Whether a source is a URL rather than a path."""
    return name.startswith(("http://", "https://"))


def _matches(name: str) -> list[str]:
    """The matches of a pattern that no shell has expanded; `name` itself if it is a path."""
    if os.path.lexists(name) or glob.escape(name) == name:
        return [name]
    return sorted(glob.glob(name, recursive=True))  # noqa: PTH207 - Path.glob takes no absolute pattern
