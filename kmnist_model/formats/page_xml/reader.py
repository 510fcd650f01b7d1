"""PAGE-XML -> the Page that it was written from, or that another program's glyphs say."""

from __future__ import annotations

import re
from pathlib import Path
from typing import cast, get_args

import numpy as np
from lxml import etree

from kmnist_model.errors import FormatError
from kmnist_model.formats.xml import Element
from kmnist_model.page.types import UNKNOWN, Box, Character, Line, Page
from kmnist_model.types import Candidate, Reading, Verdict

_NO_INK = np.zeros((0, 0), np.uint8)
_CUSTOM = re.compile(r"(\w+) \{([^}]*)\}")
_VERTICAL = ("top-to-bottom", "bottom-to-top")
_KINDS = ("main", "note", "ruby")


def read(path: str | Path | bytes) -> Page:
    """The page of a PAGE-XML file, given by its path or its bytes; the readings' `ink` is of no size.

    Of what other programs wrote, lines need glyphs; a glyph is "unknown" where its text is 〓 or missing, and a probability is 1 where none is
    given. Raises `FormatError`.
    """
    try:
        data = path if isinstance(path, bytes) else Path(path).read_bytes()
        document = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    except OSError as error:
        raise FormatError(f"This file cannot be opened ({error.strerror or error}): check its path.") from None
    except etree.XMLSyntaxError as error:
        raise FormatError(f"This is no XML ({error.msg}): choose a PAGE-XML file.") from None
    sheets = _all(document, "Page")
    if etree.QName(document).localname != "PcGts" or len(sheets) != 1:
        raise FormatError("This is no PAGE-XML: choose a file that begins with PcGts and holds a Page.")
    try:
        return _page(sheets[0])
    except FormatError:
        raise
    except (AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError) as error:
        raise FormatError(f"This PAGE-XML cannot be understood ({type(error).__name__}: {error}): check it with its schema.") from None


def _page(sheet: Element) -> Page:
    said = _custom(sheet).get("reading", {})
    turned, skew = _angles(float(sheet.get("orientation", "0")))
    elements = [line for region in _regions(sheet) for line in _all(region, "TextLine")]
    numbers = [int(_custom(line).get("readingOrder", {}).get("index", -1)) for line in elements]
    if len(set(numbers)) == len(numbers) and -1 not in numbers:  # within the page, as we write it; others begin at 0 in each region
        elements = [line for _, line in sorted(zip(numbers, elements, strict=True), key=lambda pair: pair[0])]
    lines: list[Line] = []
    column = -1
    for element in elements:
        kind = _kind(element)
        column += kind != "ruby"
        lines.append(_line(element, kind, max(column, 0)))
    direction, turned = said.get("direction") or _direction(sheet), int(said.get("turned", turned))
    if direction not in ("vertical", "horizontal") or turned not in (0, 90, 180, 270):
        raise ValueError(f"direction {direction}, turned {turned}")
    size = (int(sheet.get("imageWidth")), int(sheet.get("imageHeight")))
    return Page(tuple(lines), size, direction, float(said.get("skew", skew)), turned)


def _angles(orientation: float) -> tuple[int, float]:
    """`Page.turned` and `Page.skew`, from the degrees, clockwise, that would correct them."""
    angle = -orientation % 360
    turned = round(angle / 90) * 90
    return turned % 360, angle - turned


def _direction(sheet: Element) -> str:
    said = sheet.get("readingDirection") or next((each.get("readingDirection") for each in _regions(sheet)), None)
    return "vertical" if said in _VERTICAL else "horizontal"


def _regions(sheet: Element) -> list[Element]:
    """The text regions, those in the reading order first."""
    regions = {region.get("id"): region for region in sheet.iter("{*}TextRegion")}
    order = [each.get("regionRef") for each in sheet.iterfind("{*}ReadingOrder//{*}RegionRefIndexed")]
    return [regions[name] for name in dict.fromkeys([*order, *regions]) if name in regions]


def _kind(element: Element) -> str:
    for each in (element, element.getparent()):
        said = _custom(each).get("structure", {}).get("type")
        if said in _KINDS:
            return said
    return "main"


def _line(element: Element, kind: str, column: int) -> Line:
    glyphs = list(element.iterfind("{*}Word/{*}Glyph"))
    if not glyphs and _texts(element) and _texts(element)[0][0]:
        raise FormatError("This PAGE-XML has lines without glyphs: choose one with a place for each character.")
    column = int(_custom(element).get("column", {}).get("index", column))
    return Line(tuple(Character(_box(glyph), column, _reading(glyph)) for glyph in glyphs), kind)


def _reading(glyph: Element) -> Reading:
    texts = _texts(glyph)
    verdict = _custom(glyph).get("reading", {}).get("verdict")
    if verdict not in get_args(Verdict):
        verdict = "character" if texts and texts[0][0] not in ("", UNKNOWN) else "unknown"
    candidates = texts[1:] if verdict != "character" and texts and texts[0][0] == UNKNOWN else texts
    if not candidates:
        candidates = [(UNKNOWN, "", 0.0)]
    return Reading(cast(Verdict, verdict), tuple(Candidate(*each) for each in candidates), _NO_INK)


def _texts(element: Element) -> list[tuple[str, str, float]]:
    """Text, romaji and probability of each `TextEquiv` of an element, the main one first."""
    found = []
    for place, each in enumerate(_all(element, "TextEquiv")):
        plain = each.findtext("{*}PlainText")
        found.append((int(each.get("index", place)), each.findtext("{*}Unicode") or "", plain or "", float(each.get("conf", "1"))))
    return [(text, romaji, probability) for _, text, romaji, probability in sorted(found, key=lambda one: one[0])]


def _box(element: Element) -> Box:
    """The box around an element's outline, in px."""
    outline = [tuple(map(int, point.split(","))) for point in element.find("{*}Coords").get("points").split()]
    x, y = (min(point[axis] for point in outline) for axis in (0, 1))
    return Box(x, y, *(max(point[axis] for point in outline) - low for axis, low in ((0, x), (1, y))))


def _custom(element: Element) -> dict[str, dict[str, str]]:
    """The `custom` attribute: `name {key:value;key:value;} name {…}`."""
    found = {}
    for name, inside in _CUSTOM.findall(element.get("custom", "")):
        found[name] = dict(pair.strip().split(":", 1) for pair in inside.split(";") if ":" in pair)
    return found


def _all(element: Element, name: str) -> list[Element]:
    """The children of that name, in any namespace."""
    return list(element.iterfind(f"{{*}}{name}"))
