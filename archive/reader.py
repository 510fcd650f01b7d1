"""Reads one page after another with weights that are loaded once; each worker of an engine has one reader."""

from __future__ import annotations

import hashlib
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import cv2
from PIL import Image

from archive import tables, weights
from archive.errors import ArchiveError
from archive.files import Attempts, relative_path, write_whole
from archive.types import Item, Options, Outcome, Where
from kmnist_model.cli.pages import FAULT
from kmnist_model.errors import KmnistError, PictureError
from kmnist_model.formats import FORMATS, Source
from kmnist_model.image import Document
from kmnist_model.page.reader import read_page
from kmnist_model.page.types import Page
from kmnist_model.recognizer import Recognizer


class PageReader:
    """Reads pages and writes their files; the same bytes on any worker, as each computes with one thread.

    Raises `ArchiveError` if this machine has other weights than `options` name, and what `Recognizer.load` raises.
    """

    def __init__(self, options: Options, where: Where) -> None:
        os.environ["OMP_NUM_THREADS"] = "1"  # for ONNX Runtime's sessions, and for PyTorch when it is imported
        if "torch" in sys.modules:
            sys.modules["torch"].set_num_threads(1)
        cv2.setNumThreads(1)
        here = weights.version(options.model)
        if here != options.weights:
            raise ArchiveError(f"This machine has other weights ({here}, not {options.weights}): install the same release on all machines.")
        self._options, self._out = options, where.out
        self._recognizer = Recognizer.load(options.model, where.device)
        self._attempts = Attempts(where.out)
        self._open: tuple[str, str, Document] | None = None  # path, hash: the pages of a book come one after the other

    def read(self, item: Item) -> Outcome:
        """Read a page and write its files; whatever is wrong with it is the outcome's error."""
        if item.error:
            return Outcome(item, error=item.error)
        if self._attempts.begin(item) > Attempts.MAX:
            self._attempts.end(item)
            return Outcome(
                item, error=f"The process that reads this page died {Attempts.MAX} times: give it more memory, or leave the page out."
            )
        sha256 = ""
        try:
            sha256, document = self._document(item)
            outcome = self._read(item, sha256, document.page(item.number - 1))
        except KmnistError as error:
            outcome = Outcome(item, sha256, error=str(error))
        except OSError as error:
            outcome = Outcome(item, sha256, error=f"Its files cannot be written ({error.strerror or error}): check the output folder.")
        except Exception as error:  # noqa: BLE001 - one page must not stop a million others
            outcome = Outcome(item, sha256, error=f"This page {FAULT.format(fault=f'{type(error).__name__}: {error}')}")
        self._attempts.end(item)
        return outcome

    def _document(self, item: Item) -> tuple[str, Document]:
        """The file's hash and its document; of a file of several pages, the last one is kept. Raises `PictureError`."""
        if self._open and self._open[0] == item.path:
            return self._open[1:]
        data = _bytes(item.path, self._options.max_bytes)
        sha256 = hashlib.sha256(data).hexdigest()
        document = Document(data, max_bytes=self._options.max_bytes)
        self._open = (item.path, sha256, document) if item.pages > 1 else None
        return sha256, document

    def _read(self, item: Item, sha256: str, picture: Image.Image) -> Outcome:
        """The page's outcome, its files written. Raises `KmnistError` or `OSError`."""
        page = read_page(picture, self._options.direction, self._recognizer)
        time = datetime.fromtimestamp(self._options.time, UTC)
        source = Source(item.name, item.number, item.pages, picture, item.canvas, time)
        files = []
        for name in self._options.formats:
            if form := FORMATS.get(name):
                shown = _on_canvas(page, item) if name == "iiif" else page
                relative = relative_path(item, form)
                files.append((name, relative, write_whole(self._out, relative, form.write(shown, source, self._options.alternatives))))
        characters = tables.characters_of(page, item, self._options) if "parquet" in self._options.formats else b""
        return Outcome(item, sha256, tuple(files), tables.facts_of(page), characters)


def _on_canvas(page: Page, item: Item) -> Page:
    """The page with its boxes in the units of its canvas, which need not be the picture's pixels."""
    return page.scaled(item.canvas_size) if item.canvas_size else page


def _bytes(path: str, most: int) -> bytes:
    """The file's contents. Raises `PictureError`."""
    try:
        with Path(path).open("rb") as file:
            data = file.read(most + 1)
    except FileNotFoundError:
        raise PictureError("There is no such file: check its path.") from None
    except (OSError, ValueError) as error:
        raise PictureError(f"This file cannot be opened ({getattr(error, 'strerror', None) or error}): check your rights to it.") from None
    if len(data) > most:
        raise PictureError(f"This file is larger than {most / 1e6:g} MB: split it, or allow more with --max-megabytes.")
    return data
