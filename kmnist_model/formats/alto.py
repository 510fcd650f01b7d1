"""A Page -> ALTO 4.4: strings, glyphs with their variants, kinds of lines as tags.

https://www.loc.gov/standards/alto/
"""

from __future__ import annotations

import unicodedata

import kmnist_model
from kmnist_model.formats import xml
from kmnist_model.formats.layout import geometry
from kmnist_model.formats.source import Source
from kmnist_model.formats.strings import clean
from kmnist_model.page.types import UNKNOWN, Box, Character, Line, Page

NAMESPACE = "http://www.loc.gov/standards/alto/ns-v4#"
_MAX_VARIANT = 3  # characters, by the schema
_KINDS = {"note": "one of two narrow lines within a column (warichu)", "ruby": "the reading of characters beside it (furigana)"}


def write(page: Page, source: Source, top: int | None = None) -> bytes:
    """The ALTO of `page`, with the first `top` candidates of each glyph (all by default); ruby has a block of its own."""
    document = xml.root("alto", NAMESPACE, {"SCHEMAVERSION": "4.4"})
    _add_description(document, source)
    kinds = [kind for kind in _KINDS if any(line.kind == kind for line in page.lines)]
    if kinds:
        tags = xml.child(document, "Tags")
        for kind in kinds:
            xml.child(tags, "StructureTag", ID=f"kind-{kind}", TYPE="line", LABEL=kind, DESCRIPTION=_KINDS[kind])
    if page.lines:
        order = xml.child(xml.child(document, "ReadingOrder"), "OrderedGroup", ID="reading-order")
        for number, line in enumerate(page.lines):
            xml.child(order, "ElementRef", ID=f"place-{number}", REF=f"line-{number}", TAGREFS=_tag(line))
    sheet = xml.child(
        xml.child(document, "Layout"),
        "Page",
        ID="page",
        WIDTH=page.size[0],
        HEIGHT=page.size[1],
        PHYSICAL_IMG_NR=source.number,
        ROTATION=geometry.correction(page),  # it is counter-clockwise in ALTO, of the text and not of its correction
        LANG="ja",
    )
    space = xml.child(sheet, "PrintSpace", attributes=_place(Box(0, 0, *page.size)))
    for name in ("text", "ruby"):
        lines = [(number, line) for number, line in enumerate(page.lines) if (line.kind == "ruby") == (name == "ruby")]
        if lines:
            _add_block(space, name, lines, page, top)
    return xml.to_bytes(document)


def _add_description(document: xml.Element, source: Source) -> None:
    description = xml.child(document, "Description")
    xml.child(description, "MeasurementUnit", "pixel")
    xml.child(xml.child(description, "sourceImageInformation"), "fileName", source.file_name)
    processing = xml.child(description, "Processing", ID="reading")
    xml.child(processing, "processingCategory", "contentGeneration")
    xml.child(processing, "processingDateTime", source.created)
    software = xml.child(processing, "processingSoftware")
    xml.child(software, "softwareName", "kuzushiji")
    xml.child(software, "softwareVersion", kmnist_model.__version__)


def _add_block(space: xml.Element, name: str, lines: list[tuple[int, Line]], page: Page, top: int | None) -> None:
    place = _place(geometry.around(geometry.line_box(line) for _, line in lines if line.characters))
    direction = "ttb" if page.direction == "vertical" else "ltr"
    block = xml.child(space, "TextBlock", ID=name, TAGREFS=_tag(lines[0][1]) if name == "ruby" else None, attributes=place)
    block.set("BASEDIRECTION", direction)
    for number, line in lines:
        box = _place(geometry.line_box(line))
        base = geometry.points(geometry.base_line(line, page))
        element = xml.child(block, "TextLine", ID=f"line-{number}", TAGREFS=_tag(line), attributes=box, BASELINE=base)
        element.set("BASEDIRECTION", direction)
        string = xml.child(element, "String", ID=f"string-{number}", attributes=box, CONTENT=line.text, WC=geometry.mean_confidence(line))
        for index, character in enumerate(line.characters):
            _add_glyph(string, f"glyph-{number}-{index}", character, top)


def _add_glyph(string: xml.Element, name: str, character: Character, top: int | None) -> None:
    """A glyph; its content is one code point by the schema, the first one of a character with a variation selector."""
    text = (unicodedata.normalize("NFC", character.text) or UNKNOWN)[0]
    glyph = xml.child(string, "Glyph", ID=name, CONTENT=text, GC=geometry.confidence(character), attributes=_place(character.box))
    others = character.reading.candidates[:top]
    for candidate in others[1:] if character.reading.verdict == "character" else others:
        if 0 < len(clean(candidate.character)) <= _MAX_VARIANT:
            xml.child(glyph, "Variant", CONTENT=candidate.character, VC=min(float(candidate.probability), 1.0))


def _tag(line: Line) -> str | None:
    return f"kind-{line.kind}" if line.kind in _KINDS else None


def _place(box: Box) -> dict[str, object]:
    return {"HPOS": box.x, "VPOS": box.y, "WIDTH": box.width, "HEIGHT": box.height}
