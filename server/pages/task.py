"""A page to read and how it was read: the same function reads it in the process that serves and in one of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from PIL import Image

from kmnist_model import Page, PictureError, Recognizer, data_url, read_page
from kmnist_model.image import Document, colours, full_size
from kmnist_model.page.types import Direction

_PREVIEW = 1600  # px


@dataclass(frozen=True)
class PageTask:
    """The page `number`, from 1, of a `picture`: the bytes of a file, or its path.

    `direction` and `turned` are those of `read_page`. `seen` is the (width, height) in px of the picture as the visitor has it. With `preview`
    a picture is made for a browser that has none to show. `candidates` is how many of each character are answered, all by default; with `inks`,
    what the model saw of each is answered too.
    """

    picture: bytes | Path
    number: int = 1
    direction: str = "auto"
    turned: int | None = None
    seen: tuple[int, int] | None = None
    preview: bool = False
    candidates: int | None = None
    inks: bool = False


@dataclass(frozen=True)
class PageResult:
    """The page as `Page.as_dict` gives it, in px of the visitor's picture; the number of `pages` of its file; a `preview` as a data URL.

    `inks` are data URLs of PNGs of the characters of the text and then of the ruby.
    """

    page: dict[str, Any]
    pages: int = 1
    preview: str | None = None
    inks: Sequence[str] = ()


class PageError(PictureError):
    """One of the `pages` of a file could not be read."""

    def __init__(self, sentence: str, pages: int) -> None:
        super().__init__(sentence)
        self.pages = pages


def read(task: PageTask, recognizer: Recognizer, report_progress: Callable[[float, str], None]) -> PageResult:
    """Read a page. Raises `PictureError`, in a file of several pages `PageError`, and what `report_progress` raises."""
    document = Document(task.picture)
    pages = len(document)
    try:
        image = document.page(task.number - 1)
        seen = task.seen if task.seen and pages == 1 and _is_same_shape(task.seen, full_size(image)) else None
        preview = data_url.from_image(Image.fromarray(colours(image, _PREVIEW)), "jpeg") if task.preview and not seen else None
        page = read_page(image, cast(Direction, task.direction), recognizer, report_progress, task.turned)
        found = (page.scaled(seen) if seen and seen != page.size else page).as_dict(task.candidates)
        return PageResult(found, pages, preview, _inks(page) if task.inks else ())
    except PictureError as error:
        if pages == 1:
            raise
        raise PageError(str(error), pages) from None


def _inks(page: Page) -> list[str]:
    ruby = (character for line in page.ruby for character in line.characters)
    return [data_url.from_image(Image.fromarray(character.reading.ink)) for character in (*page.characters, *ruby)]


def _is_same_shape(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether two sizes have the same proportions, to a pixel: a browser may rotate a picture differently."""
    return abs(one[0] * other[1] - one[1] * other[0]) <= max(*one, *other)
