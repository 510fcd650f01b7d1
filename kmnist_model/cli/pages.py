"""The pages of a file on the command line: their names, and one sentence for a file that has too many."""

from __future__ import annotations

import os
import re

from kmnist_model.image import MAX_PAGES, Document

TOO_MANY = f"Only the first {MAX_PAGES:,} pages of this file are read: split it."
FAULT = "could not be read ({fault}): save it again as PNG, or report it."
_NUMBERED = re.compile(r"(.+)(#[1-9]\d*)", re.DOTALL)


def page_names(path: str, document: Document) -> list[str]:
    """The name of each page: `path`, or `path#1`, `path#2`, … where there are several. Raises `PictureError`."""
    count = len(document)
    return [path] if count == 1 else [f"{path}#{number}" for number in range(1, count + 1)]


def file_of(name: str) -> str:
    """The path of the file that a page of that name would be in."""
    numbered = _NUMBERED.fullmatch(name)
    return numbered[1] if numbered else name


def real_names(name: str) -> set[str]:
    """The names that the page has with all links followed: as a file, and as a page of a file."""
    numbered = _NUMBERED.fullmatch(name)
    return {os.path.realpath(name), *([os.path.realpath(numbered[1]) + numbered[2]] if numbered else [])}
