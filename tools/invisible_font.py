"""Makes kmnist_model/formats/invisible.ttf, the font of a PDF's invisible text: `python -m tools.invisible_font`."""

from __future__ import annotations

import io
from pathlib import Path

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen

FILE = Path(__file__).parent.parent / "kmnist_model" / "formats" / "invisible.ttf"
_GLYPHS = [".notdef", "em"]
_EM, _ASCENT, _DESCENT = 1000, 880, -120


def make() -> bytes:
    """A TrueType font whose glyphs are squares of an em: PDFium gives no text whose glyphs are empty."""
    pen = TTGlyphPen(None)
    corners = [(0, _DESCENT), (0, _ASCENT), (_EM, _ASCENT), (_EM, _DESCENT)]
    pen.moveTo(corners[0])
    for corner in corners[1:]:
        pen.lineTo(corner)
    pen.closePath()
    square = pen.glyph()
    builder = FontBuilder(_EM, isTTF=True)
    builder.setupGlyphOrder(_GLYPHS)
    builder.setupCharacterMap({0x20: "em"})
    builder.setupGlyf(dict.fromkeys(_GLYPHS, square))
    builder.setupHorizontalMetrics(dict.fromkeys(_GLYPHS, (_EM, 0)))
    builder.setupHorizontalHeader(ascent=_ASCENT, descent=_DESCENT)
    builder.setupNameTable({"familyName": "Invisible", "styleName": "Regular", "psName": "Invisible"})
    builder.setupOS2(sTypoAscender=_ASCENT, sTypoDescender=_DESCENT, usWinAscent=_ASCENT, usWinDescent=-_DESCENT)
    builder.setupPost(keepGlyphNames=False)
    builder.font["head"].created = builder.font["head"].modified = 0
    builder.font.recalcTimestamp = False
    out = io.BytesIO()
    builder.save(out)
    return out.getvalue()


if __name__ == "__main__":
    FILE.write_bytes(make())
