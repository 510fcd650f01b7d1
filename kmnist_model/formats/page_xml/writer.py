"""A Page -> PAGE-XML 2019-07-15: lines, glyphs with their alternatives, reading order, kinds of lines.

https://github.com/PRImA-Research-Lab/PAGE-XML
"""

from __future__ import annotations

import kmnist_model
from kmnist_model.formats import xml
from kmnist_model.formats.layout import geometry
from kmnist_model.formats.source import Source
from kmnist_model.page.types import UNKNOWN, Character, Line, Page

NAMESPACE = "http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15"
_DIRECTIONS = {  # of a line's characters, of the lines
    "vertical": {"readingDirection": "top-to-bottom", "textLineOrder": "right-to-left"},
    "horizontal": {"readingDirection": "left-to-right", "textLineOrder": "top-to-bottom"},
}


def write(page: Page, source: Source, top: int | None = None) -> bytes:
    """The PAGE-XML of `page`, with the first `top` candidates of each glyph (all by default).

    Ruby has a region of its own, so that the text's region holds the text alone. What PAGE has no place for is in `custom` attributes: a
    line's kind and column, a glyph's verdict, the page's skew and turn; a candidate's romaji is its `PlainText`.
    """
    document = xml.root("PcGts", NAMESPACE)
    metadata = xml.child(document, "Metadata")
    xml.child(metadata, "Creator", f"kuzushiji {kmnist_model.__version__}")
    xml.child(metadata, "Created", source.created)
    xml.child(metadata, "LastChange", source.created)
    sheet = xml.child(
        document,
        "Page",
        imageFilename=source.page_name,
        imageWidth=page.size[0],
        imageHeight=page.size[1],
        custom=f"reading {{direction:{page.direction};skew:{page.skew!r};turned:{page.turned};}}",
        orientation=geometry.correction(page),
        primaryLanguage="Japanese",
        primaryScript="Jpan - Japanese",
        attributes={**_DIRECTIONS[page.direction]},
    )
    numbered = list(enumerate(page.lines))
    regions = {
        "text": [(number, line) for number, line in numbered if line.kind != "ruby"],
        "ruby": [(number, line) for number, line in numbered if line.kind == "ruby"],
    }
    present = [name for name, lines in regions.items() if lines]
    if present:
        order = xml.child(xml.child(sheet, "ReadingOrder"), "OrderedGroup", id="reading-order")
        for index, name in enumerate(present):
            xml.child(order, "RegionRefIndexed", index=index, regionRef=name)
    for name in present:
        _add_region(sheet, name, regions[name], page, top)
    return xml.to_bytes(document)


def _add_region(sheet: xml.Element, name: str, lines: list[tuple[int, Line]], page: Page, top: int | None) -> None:
    is_ruby = name == "ruby"
    region = xml.child(
        sheet,
        "TextRegion",
        id=name,
        type="other" if is_ruby else "paragraph",
        custom="structure {type:ruby;}" if is_ruby else None,
        attributes={**_DIRECTIONS[page.direction]},
    )
    _add_coordinates(region, geometry.corners(geometry.around(geometry.line_box(line) for _, line in lines if line.characters)))
    for index, (number, line) in enumerate(lines):
        _add_line(region, index, number, line, page, top)
    _add_text(region, "\n".join(line.text for _, line in lines))


def _add_line(region: xml.Element, index: int, number: int, line: Line, page: Page, top: int | None) -> None:
    column = f" column {{index:{line.characters[0].column};}}" if line.characters else ""
    custom = f"readingOrder {{index:{number};}} structure {{type:{line.kind};}}{column}"
    element = xml.child(region, "TextLine", id=f"line-{number}", index=index, custom=custom)
    outline = geometry.corners(geometry.line_box(line))
    _add_coordinates(element, outline)
    xml.child(element, "Baseline", points=geometry.points(geometry.base_line(line, page)))
    word = xml.child(element, "Word", id=f"word-{number}")
    _add_coordinates(word, outline)
    for place, character in enumerate(line.characters):
        _add_glyph(word, f"glyph-{number}-{place}", character, top)
    for parent in (word, element):
        _add_text(parent, line.text, geometry.mean_confidence(line))


def _add_glyph(word: xml.Element, name: str, character: Character, top: int | None) -> None:
    verdict = character.reading.verdict
    glyph = xml.child(word, "Glyph", id=name, custom=f"reading {{verdict:{verdict};}}")
    _add_coordinates(glyph, geometry.corners(character.box))
    first = 0
    if verdict != "character":  # the main text is 〓, the candidates are its alternatives
        _add_text(glyph, UNKNOWN, index=0)
        first = 1
    for index, candidate in enumerate(character.reading.candidates[:top], first):
        _add_text(glyph, candidate.character, candidate.probability, index, candidate.romaji)


def _add_coordinates(element: xml.Element, outline: tuple[geometry.Point, ...]) -> None:
    xml.child(element, "Coords", points=geometry.points(outline))


def _add_text(
    element: xml.Element, text: str, probability: float | None = None, index: int | None = None, romaji: str | None = None
) -> None:
    equivalent = xml.child(element, "TextEquiv", index=index, conf=None if probability is None else min(float(probability), 1.0))
    if romaji:
        xml.child(equivalent, "PlainText", romaji)
    xml.child(equivalent, "Unicode", text)
