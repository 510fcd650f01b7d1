"""A Page -> TEI P5: a facsimile with a zone for each line, and the text with line breaks, ruby and notes.

https://tei-c.org/release/doc/tei-p5-doc/en/html/PH.html
"""

from __future__ import annotations

from collections.abc import Sequence

import kmnist_model
from kmnist_model.formats import xml
from kmnist_model.formats.layout import geometry
from kmnist_model.formats.layout.ruby import Gloss, glossed
from kmnist_model.formats.source import Source
from kmnist_model.page.types import UNKNOWN, Character, Page

NAMESPACE = "http://www.tei-c.org/ns/1.0"


def write(page: Page, source: Source, top: int | None = None) -> bytes:  # noqa: ARG001 - a text has one reading
    """The TEI of `page`: its text as `Page.text` has it; an unknown character is an `unclear` 〓."""
    document = xml.root("TEI", NAMESPACE)
    _add_header(document, source)
    surface = xml.child(
        xml.child(document, "facsimile"),
        "surface",
        attributes={xml.XML_ID: "surface", "ulx": 0, "uly": 0, "lrx": page.size[0], "lry": page.size[1]},
    )
    xml.child(surface, "graphic", url=source.url, width=f"{page.size[0]}px", height=f"{page.size[1]}px")
    turn = round(page.turned + page.skew) % 360 or None
    for number, line in enumerate(page.lines):
        box = geometry.line_box(line)
        corners: dict[str, object] = {"ulx": box.x, "uly": box.y, "lrx": box.right, "lry": box.bottom}
        xml.child(surface, "zone", type="line", subtype=line.kind, rotate=turn, attributes={xml.XML_ID: f"line-{number}", **corners})
    body = xml.child(xml.child(document, "text", attributes={xml.XML_LANG: "ja"}), "body")
    body.set("style", "writing-mode: vertical-rl" if page.direction == "vertical" else "writing-mode: horizontal-tb")
    block = xml.child(body, "ab")
    xml.child(block, "pb", facs="#surface", n=source.number)
    for owner, glosses in glossed(page):
        if owner is None:
            for gloss in glosses:
                _add_stray_ruby(block, page, gloss)
        else:
            _add_line(block, page, owner, glosses)
    return xml.to_bytes(document, indent=False)  # spaces would be text


def _add_header(document: xml.Element, source: Source) -> None:
    header = xml.child(document, "teiHeader")
    description = xml.child(header, "fileDesc")
    xml.child(xml.child(description, "titleStmt"), "title", source.page_name)
    xml.child(xml.child(description, "publicationStmt"), "p", "Read by a program, not published.")
    xml.child(xml.child(description, "sourceDesc"), "p", f"The picture {source.page_name}.")
    program = xml.child(xml.child(xml.child(header, "encodingDesc"), "appInfo"), "application")
    for name, value in (("ident", "kuzushiji"), ("version", kmnist_model.__version__), ("when", source.created)):
        program.set(name, value)
    xml.child(program, "label", "Kuzushiji reader")
    xml.child(xml.child(xml.child(header, "profileDesc"), "langUsage"), "language", "Japanese", ident="ja")


def _add_line(block: xml.Element, page: Page, number: int, glosses: list[Gloss]) -> None:
    xml.child(block, "lb", facs=f"#line-{number}")
    line = page.lines[number]
    element = xml.child(block, "note", type="warichu", place="inline") if line.kind == "note" else block
    at = 0
    for gloss in glosses:
        _add_characters(element, line.characters[at : gloss.start])
        if gloss.start < gloss.end:
            ruby = xml.child(element, "ruby")
            _add_characters(xml.child(ruby, "rb"), line.characters[gloss.start : gloss.end])
            for each in gloss.rubies:
                _add_characters(xml.child(ruby, "rt", facs=f"#line-{each}"), page.lines[each].characters)
        else:
            _add_stray_ruby(element, page, gloss)
        at = gloss.end
    _add_characters(element, line.characters[at:])


def _add_stray_ruby(element: xml.Element, page: Page, gloss: Gloss) -> None:
    """Ruby beside no line of text."""
    for each in gloss.rubies:
        note = xml.child(element, "note", type="ruby", facs=f"#line-{each}")
        _add_characters(note, page.lines[each].characters)


def _add_characters(element: xml.Element, characters: Sequence[Character]) -> None:
    for character in characters:
        if character.reading.verdict == "character":
            xml.add_text(element, character.text)
        else:
            xml.child(element, "unclear", UNKNOWN, reason="illegible")
