"""A Page -> a PDF: the picture, and over it each character as invisible text in its box, in vertical or horizontal lines.

The text's font has one glyph, a square (`invisible.ttf`), so that no Japanese font is embedded; a ToUnicode map says what each code means.
"""

from __future__ import annotations

import io
from itertools import pairwise
from math import cos, radians, sin
from pathlib import Path

import pikepdf
from pikepdf import Array, Dictionary, Name
from PIL import Image

import kmnist_model
from kmnist_model.errors import FormatError
from kmnist_model.formats.layout import geometry
from kmnist_model.formats.source import Source
from kmnist_model.formats.strings import clean
from kmnist_model.image import colours
from kmnist_model.page.types import Box, Character, Line, Page

_FONT = Path(__file__).with_name("invisible.ttf")
_DPI = 300  # what a picture is taken to have
_MIN_SIDE, _MAX_SIDE = 3, 14_400  # points, of a sheet, by the PDF standard
_QUALITY = 90  # of the JPEG
_MAX_STEP = 3  # lengths of a character, from its start to the next one's
_EM, _ASCENT, _DESCENT = 1000, 880, -120  # of the font, in thousandths


def write(page: Page, source: Source, top: int | None = None) -> bytes:  # noqa: ARG001 - a text has one reading
    """The PDF of `page`, at 300 dpi, with the picture turned so that its page is upright.

    Raises `FormatError` without `source.picture`.
    """
    if source.picture is None:
        raise FormatError("A PDF shows the picture of its page: give the picture that was read.")
    turned, page = page.turned, geometry.upright(page)
    scale = min(72 / _DPI, _MAX_SIDE / max(page.size))  # points for a pixel
    width, height = (side * scale for side in page.size)
    document = pikepdf.new()
    codes = {text: code for code, text in enumerate(dict.fromkeys(_text(each) for line in page.lines for each in line.characters), 1)}
    image = document.make_stream(*_jpeg(source.picture))
    corners = " ".join(f"{part:.4f}" for part in _upright_matrix(turned, width, height))
    content = [f"q {corners} cm /Picture Do Q"]
    for line in (*page.text_lines, *page.ruby):
        lengths = _lengths(line, int(page.direction == "vertical"))
        shown = " ".join(
            f"{_matrix(each.box, length, page, scale)} Tm <{codes[_text(each)]:04x}> Tj"
            for each, length in zip(line.characters, lengths, strict=True)
        )
        content.append(f"/{line.kind.capitalize()} BMC BT 3 Tr /Text 1 Tf {shown} ET EMC")
    document.add_blank_page(page_size=(max(width, _MIN_SIDE), max(height, _MIN_SIDE)))
    sheet = document.pages[0]
    resources = Dictionary(XObject=Dictionary(Picture=image))
    if codes:
        resources.Font = Dictionary(Text=_font(document, codes, page.direction))
    sheet.Resources = resources
    sheet.Contents = document.make_stream("\n".join(content).encode("ascii"))
    document.Root.Lang = "ja"
    document.docinfo.Title = clean(source.page_name)
    document.docinfo.Producer = f"kuzushiji {kmnist_model.__version__}"
    out = io.BytesIO()
    document.save(out, deterministic_id=True, compress_streams=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return out.getvalue()


def _jpeg(picture: Image.Image) -> tuple[bytes, Dictionary]:
    """The picture as a JPEG, grey if it has no colours, and the PDF's description of it."""
    pixels = Image.fromarray(colours(picture, max(picture.size)))
    grey = picture.mode in ("1", "L", "I;16", "I", "F")
    out = io.BytesIO()
    (pixels.convert("L") if grey else pixels).save(out, "JPEG", quality=_QUALITY)
    described = Dictionary(
        Type=Name.XObject,
        Subtype=Name.Image,
        Width=pixels.width,
        Height=pixels.height,
        ColorSpace=Name.DeviceGray if grey else Name.DeviceRGB,
        BitsPerComponent=8,
        Filter=Name.DCTDecode,
    )
    return out.getvalue(), described


def _upright_matrix(turned: int, width: float, height: float) -> tuple[float, ...]:
    """The matrix that puts a picture, whose page lies `turned` in it, upright onto a sheet of this size in points."""
    return {
        0: (width, 0, 0, height, 0, 0),
        90: (0, height, -width, 0, width, 0),
        180: (-width, 0, 0, -height, width, height),
        270: (0, -height, width, 0, 0, height),
    }[turned]


def _text(character: Character) -> str:
    return clean(character.text)


def _lengths(line: Line, axis: int) -> list[int]:
    """How far each character reaches along the line, in px: to the next one, so that no gap is taken for a space, unless that is far."""
    starts, own = [each.box[axis] for each in line.characters], [max(each.box[axis + 2], 1) for each in line.characters]
    steps = [after - start for start, after in pairwise(starts)]
    return [*(step if 0 < step <= _MAX_STEP * length else length for step, length in zip(steps, own, strict=False)), *own[-1:]]


def _matrix(box: Box, length: int, page: Page, scale: float) -> str:
    """The text matrix that puts an em of `length` px along the line into the box, rotated by the page's skew."""
    angle = radians(-page.skew)  # PDF counts counter-clockwise
    right, up = (cos(angle), sin(angle)), (-sin(angle), cos(angle))
    # from the box's middle to the origin: a column's is above the em, a horizontal line's at its left on the base line
    across, along = (0.0, 0.5) if page.direction == "vertical" else (-0.5, -0.5 - _DESCENT / _EM)
    x = box.x + box.width / 2 + right[0] * across * box.width + up[0] * along * box.height
    y = page.size[1] - box.y - box.height / 2 + right[1] * across * box.width + up[1] * along * box.height
    broad, tall = (max(box.width, 1), length) if page.direction == "vertical" else (length, max(box.height, 1))
    parts = (right[0] * broad, right[1] * broad, up[0] * tall, up[1] * tall, x, y)
    return " ".join(f"{part * scale:.4f}" for part in parts)


def _font(document: pikepdf.Pdf, codes: dict[str, int], direction: str) -> pikepdf.Object:
    """A composite font whose two-byte codes all have the same glyph, and mean the texts of `codes`."""
    descriptor = Dictionary(
        Type=Name.FontDescriptor,
        FontName=Name.Invisible,
        Flags=4,
        FontBBox=Array([0, _DESCENT, _EM, _ASCENT]),
        ItalicAngle=0,
        Ascent=_ASCENT,
        Descent=_DESCENT,
        CapHeight=_ASCENT,
        StemV=80,
        FontFile2=document.make_stream(_FONT.read_bytes()),
    )
    described = Dictionary(
        Type=Name.Font,
        Subtype=Name.CIDFontType2,
        BaseFont=Name.Invisible,
        CIDSystemInfo=Dictionary(Registry="Adobe", Ordering="Identity", Supplement=0),
        FontDescriptor=document.make_indirect(descriptor),
        DW=_EM,
        DW2=Array([_ASCENT, -_EM]),
        CIDToGIDMap=document.make_stream(b"\0\1" * (len(codes) + 1)),
    )
    return document.make_indirect(
        Dictionary(
            Type=Name.Font,
            Subtype=Name.Type0,
            BaseFont=Name.Invisible,
            Encoding=Name("/Identity-V" if direction == "vertical" else "/Identity-H"),
            DescendantFonts=Array([document.make_indirect(described)]),
            ToUnicode=document.make_stream(_to_unicode(codes)),
        )
    )


def _to_unicode(codes: dict[str, int]) -> bytes:
    """The CMap from codes to texts in UTF-16."""
    lines = [f"<{code:04x}> <{text.encode('utf-16-be').hex()}>" for text, code in codes.items()]
    blocks = [lines[start : start + 100] for start in range(0, len(lines), 100)]  # 100 in a block at most
    mapped = "\n".join(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks)
    return (
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
        f"1 begincodespacerange\n<0000> <ffff>\nendcodespacerange\n{mapped}\n"
        "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"
    ).encode("ascii")
