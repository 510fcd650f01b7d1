"""A Page -> hOCR 1.2: a web page whose classes and titles say what stands where.

https://kba.github.io/hocr-spec/1.2/
"""

from __future__ import annotations

import kmnist_model
from kmnist_model.formats import xml
from kmnist_model.formats.layout import geometry
from kmnist_model.formats.source import Source
from kmnist_model.page.types import Box, Line, Page

_XHTML = "http://www.w3.org/1999/xhtml"
_CLASSES = "ocr_page ocr_carea ocr_line ocrx_line ocrx_word ocrx_cinfo"
_STYLES = {"vertical": "writing-mode: vertical-rl", "horizontal": "writing-mode: horizontal-tb"}


def write(page: Page, source: Source, top: int | None = None) -> bytes:  # noqa: ARG001 - hOCR's alternatives would be read as text
    """The hOCR of `page`, as XHTML; the best candidate of each character, with its box and confidence in per cent.

    A line of ruby is an `ocrx_line`, so that programs which gather each `ocr_line` have the text alone; `data-kind` of a line is main,
    note or ruby.
    """
    document = xml.root("html", _XHTML, {"lang": "ja", xml.XML_LANG: "ja"})
    head = xml.child(document, "head")
    xml.child(head, "title", source.page_name)
    xml.child(head, "meta", attributes={"http-equiv": "Content-Type", "content": "text/html; charset=utf-8"})
    xml.child(head, "meta", name="ocr-system", content=f"kuzushiji {kmnist_model.__version__}")
    xml.child(head, "meta", name="ocr-capabilities", content=_CLASSES)
    xml.child(head, "meta", name="ocr-langs", content="ja")
    picture = source.url.partition("#")[0]
    title = f'image "{picture}"; bbox 0 0 {page.size[0]} {page.size[1]}; ppageno {source.number - 1}'
    sheet = xml.child(xml.child(document, "body"), "div", id="page", title=title, attributes={"class": "ocr_page"})
    angle = geometry.correction(page)  # hOCR counts it counter-clockwise, of the text and not of its correction
    turn = f"; textangle {angle:.2f}" if angle else ""
    if page.lines:
        title = _box(geometry.around(geometry.line_box(line) for line in page.lines if line.characters))
        area = xml.child(sheet, "div", id="area", title=title, style=_STYLES[page.direction], attributes={"class": "ocr_carea"})
        for number, line in enumerate(page.lines):
            _add_line(area, number, line, turn)
    return xml.to_bytes(document, "<!DOCTYPE html>", indent=False)  # spaces would be text


def _add_line(area: xml.Element, number: int, line: Line, turn: str) -> None:
    name = "ocrx_line" if line.kind == "ruby" else "ocr_line"
    title = _box(geometry.line_box(line))
    attributes = {"class": name, "data-kind": line.kind}
    block = xml.child(area, "div")
    element = xml.child(block, "span", id=f"line-{number}", title=title + turn, attributes=attributes)
    known = geometry.mean_confidence(line)
    confidence = "" if known is None else f"; x_wconf {100 * known:.0f}"
    word = xml.child(element, "span", id=f"word-{number}", title=title + confidence, attributes={"class": "ocrx_word"})
    for index, character in enumerate(line.characters):
        known = geometry.confidence(character)
        confidence = "" if known is None else f"; x_confs {100 * known:.2f}"
        title = "x_bboxes" + _box(character.box).removeprefix("bbox") + confidence
        xml.child(word, "span", character.text, id=f"character-{number}-{index}", title=title, attributes={"class": "ocrx_cinfo"})


def _box(box: Box) -> str:
    return f"bbox {box.x} {box.y} {box.right} {box.bottom}"
