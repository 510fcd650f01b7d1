"""The formats that a page can be written in, by name."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass

from kmnist_model.errors import FormatError
from kmnist_model.formats import records
from kmnist_model.formats.source import Source
from kmnist_model.page.types import Page

Write = Callable[[Page, Source, int | None], bytes]


@dataclass(frozen=True)
class _Module:
    """The `write` of a module of this package, which is imported when it is needed: it needs packages that take time to load."""

    name: str

    def load(self) -> Write:
        try:
            write: Write = importlib.import_module(f"kmnist_model.formats.{self.name}").write
        except ModuleNotFoundError as error:
            raise FormatError(f"This format needs the package {error.name}: run pip install {error.name}.") from None
        return write

    def __call__(self, page: Page, source: Source, top: int | None = None) -> bytes:
        return self.load()(page, source, top)


@dataclass(frozen=True)
class Format:
    """A format by its `name`: the `suffix` of its files, its `media_type`, one sentence of `help`, and how a page is written.

    `write` takes the page, its source and the number of candidates to write (None: all). Pages of a format with `is_record` can follow one
    another in a file; of the others, a file holds one page. One with `shows_picture` needs `Source.picture`.
    """

    name: str
    suffix: str
    media_type: str
    help: str
    write: Write
    is_record: bool = False
    shows_picture: bool = False

    def check(self) -> None:
        """Import what writing needs. Raises `FormatError` if a package is missing."""
        if isinstance(self.write, _Module):
            self.write.load()


FORMATS = {
    each.name: each
    for each in (
        Format("text", ".txt", "text/plain", "The text, a line for each column.", records.write_text, is_record=True),
        Format("json", ".json", "application/json", "Everything that was read, as JSON.", records.write_json, is_record=True),
        Format("csv", ".csv", "text/csv", "A row for each character, for spreadsheets.", records.write_csv, is_record=True),
        Format(
            "page", ".page.xml", "application/xml", "PAGE-XML 2019-07-15, for OCR-D, eScriptorium and Transkribus.", _Module("page_xml")
        ),
        Format("alto", ".alto.xml", "application/xml", "ALTO 4.4, for METS and newspaper collections.", _Module("alto")),
        Format("hocr", ".hocr", "application/xhtml+xml", "hOCR 1.2, a web page that OCR tools read.", _Module("hocr")),
        Format("tei", ".tei.xml", "application/tei+xml", "TEI P5, the text with line breaks, for editions.", _Module("tei")),
        Format("iiif", ".iiif.json", "application/ld+json", "IIIF Presentation 3 annotations, for viewers.", _Module("iiif")),
        Format(
            "pdf", ".pdf", "application/pdf", "A PDF with text to search under its picture.", _Module("searchable_pdf"), shows_picture=True
        ),
    )
}
