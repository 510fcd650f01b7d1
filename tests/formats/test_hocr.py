"""hOCR: accepted by hocr-spec, a web page that browsers' parsers read, ruby apart."""

from __future__ import annotations

from pathlib import Path

import pytest
from hocr_spec import HocrValidator
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree, html

from kmnist_model import Page
from kmnist_model.formats import Source, hocr
from tests.formats import made


def check(data: bytes, folder: Path) -> list[str]:
    """The errors that hocr-spec reports."""
    path = folder / "scan.hocr"
    path.write_bytes(data)
    report = HocrValidator("standard").validate(str(path), parse_strict=True)
    return [str(each) for each in report.items if each.level in ("ERROR", "FATAL")]


@pytest.mark.parametrize("turned", [0, 90])
@pytest.mark.parametrize("direction", ["vertical", "horizontal"])
def test_the_specs_validator_finds_no_fault(direction: str, turned: int, tmp_path: Path) -> None:
    assert check(hocr.write(made.page(direction, turned, 1.5), Source('a "b"; c.tif', 2, 3)), tmp_path) == []
    wrong = hocr.write(made.page(), Source("a.png")).replace(b"x_confs", b"x_unheard_of")
    assert check(wrong, tmp_path) != []


@settings(max_examples=40, deadline=None)
@given(made.pages(), st.text(st.characters(), max_size=20))
def test_any_page_is_xml_and_html(page: Page, name: str) -> None:
    data = hocr.write(page, Source(name))
    etree.fromstring(data)
    assert len(html.fromstring(data).xpath("//*[@class='ocr_line']")) == len(page.text_lines)


def test_boxes_confidences_and_kinds() -> None:
    document = html.fromstring(hocr.write(made.page(turned=90, skew=0.5), Source("scans/a b.tif", 2, 3)))
    (sheet,) = document.xpath("//*[@class='ocr_page']")
    assert sheet.get("title") == 'image "a%20b.tif"; bbox 0 0 800 600; ppageno 1'
    lines = document.xpath("//*[@class='ocr_line']")
    assert "\n".join(line.text_content() for line in lines) == made.TEXT
    assert [line.get("data-kind") for line in lines] == ["main", "main", "note", "note"]
    assert [line.text_content() for line in document.xpath("//*[@class='ocrx_line'][@data-kind='ruby']/*")] == ["かな"]
    assert lines[0].get("title") == "bbox 282 480 750 540; textangle -90.50"
    first = lines[0].xpath(".//*[@class='ocrx_cinfo']")[0]
    assert first.get("title") == "x_bboxes 690 480 750 540; x_confs 90.00"
    unknown = lines[2].xpath(".//*[@class='ocrx_cinfo']")[3]
    assert (unknown.text, "x_confs" in unknown.get("title")) == ("〓", False)
