"""A Page -> text, JSON or CSV, as a document of its own or as a record among those of other pages."""

from __future__ import annotations

import csv
import io
import json

from kmnist_model.formats.source import Source
from kmnist_model.formats.strings import one_line
from kmnist_model.page.types import Page

COLUMNS = ("path", "column", "character", "romaji", "probability", "verdict", "x", "y", "width", "height")
CSV_HEADER = ",".join(COLUMNS) + "\n"


def text_record(path: str, page: Page, _top: int | None = None) -> str:
    """A line with # and the path, the text, and a blank line."""
    return f"# {one_line(path)}\n{page.text}\n\n" if page.text else f"# {one_line(path)}\n\n"


def json_record(path: str, page: Page, top: int | None = None, indent: int | None = None) -> str:
    """A JSON object, on one line without `indent`, with the first `top` candidates of each character."""
    return json.dumps({"path": path, **page.as_dict(top)}, ensure_ascii=False, indent=indent) + "\n"


def csv_record(path: str, page: Page, _top: int | None = None) -> str:
    """A row of `COLUMNS` for each character; one row without any for a page without characters."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    for character in page.characters:
        best = character.reading.candidates[0]
        answer = [character.text, best.romaji, f"{best.probability:.4f}", character.reading.verdict]
        rows.writerow([one_line(path), character.column, *answer, *character.box])
    if not page.characters:
        rows.writerow([one_line(path), *[""] * (len(COLUMNS) - 1)])
    return text.getvalue()


def write_text(page: Page, source: Source, top: int | None = None) -> bytes:  # noqa: ARG001 - the formats' writers are called alike
    """The text of `page`, a line for each column, 〓 for an unknown character."""
    return _bytes(page.text + "\n")


def write_json(page: Page, source: Source, top: int | None = None) -> bytes:
    """The page as an indented JSON object."""
    return _bytes(json_record(source.name, page, top, 2))


def write_csv(page: Page, source: Source, top: int | None = None) -> bytes:
    """The page as CSV with its header."""
    return _bytes(CSV_HEADER + csv_record(source.name, page, top))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")
