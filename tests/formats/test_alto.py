"""ALTO: valid, with its variants, tags and reading order; read by alto-tools."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kmnist_model import Page
from kmnist_model.formats import Source, alto
from tests.formats import made
from tests.formats.official import validate

NS = {"a": alto.NAMESPACE}


@settings(max_examples=40, deadline=None)
@given(made.pages(), st.text(st.characters(), max_size=20))
def test_any_page_is_valid(page: Page, name: str) -> None:
    validate("alto", alto.write(page, Source(name, 3, 9)))


def test_strings_glyphs_variants_and_kinds() -> None:
    document = validate("alto", alto.write(made.page(), Source("scans/book.tif", 2, 3), top=2))
    assert document.findtext(".//a:fileName", namespaces=NS) == "book.tif"
    assert document.find(".//a:Page", NS).get("PHYSICAL_IMG_NR") == "2"
    text, ruby = document.iterfind(".//a:TextBlock", NS)
    assert "\n".join(each.get("CONTENT") for each in text.iterfind(".//a:String", NS)) == made.TEXT
    assert [each.get("CONTENT") for each in ruby.iterfind(".//a:String", NS)] == ["かな"]
    lines = {line.get("ID"): line for line in document.iterfind(".//a:TextLine", NS)}
    order = [lines[each.get("REF")].get("TAGREFS") for each in document.iterfind(".//a:ElementRef", NS)]
    assert order == [None, "kind-ruby", None, "kind-note", "kind-note"]
    assert {each.get("ID"): each.get("LABEL") for each in document.iterfind(".//a:StructureTag", NS)} == {
        "kind-note": "note",
        "kind-ruby": "ruby",
    }
    known, unknown = text.find(".//a:Glyph", NS), text.findall(".//a:Glyph", NS)[15]
    assert (known.get("CONTENT"), known.get("GC"), unknown.get("CONTENT"), unknown.get("GC")) == ("い", "0.9", "〓", None)
    assert [(each.get("CONTENT"), each.get("VC")) for each in known] == [("す", "0.0625")]
    assert [each.get("CONTENT") for each in unknown] == ["ぬ", "す"]
    assert [float(known.get(name)) for name in ("HPOS", "VPOS", "WIDTH", "HEIGHT")] == [480, 50, 60, 60]


@pytest.mark.parametrize(("turned", "skew", "rotation"), [(0, 0.0, 0), (0, 2.5, -2.5), (90, 2.0, -92), (180, 0.0, 180), (270, -1.0, 91)])
def test_rotation_is_the_texts_counter_clockwise(turned: int, skew: float, rotation: float) -> None:
    document = validate("alto", alto.write(made.page(turned=turned, skew=skew), Source("a.png")))
    assert float(document.find(".//a:Page", NS).get("ROTATION")) == rotation


def test_alto_tools_reads_the_text(tmp_path: Path) -> None:
    path = tmp_path / "scan.alto.xml"
    path.write_bytes(alto.write(made.page(), Source("scan.png")))
    words = [sys.executable, "-c", "from alto_tools.alto_tools import main; main()", "--text", str(path)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True, encoding="utf-8")
    assert [line.strip() for line in done.stdout.splitlines() if line.strip()] == [*made.TEXT.splitlines(), "かな"]
