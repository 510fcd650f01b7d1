"""Searchable PDF: PDFium and pdfminer find the text where it stands, and see the picture alone."""

from __future__ import annotations

import io

import numpy as np
import pypdfium2
import pytest
from pdfminer.high_level import extract_text
from pdfminer.layout import LAParams
from PIL import Image, ImageDraw

from kmnist_model import Line, Page
from kmnist_model.errors import FormatError
from kmnist_model.formats import Source, searchable_pdf
from tests.formats import made
from tools import invisible_font

TURNED = [(direction, turned) for direction in ("vertical", "horizontal") for turned in (0, 90, 180, 270)]


def picture(page: Page, mode: str = "RGB") -> Image.Image:
    """The page's characters as black boxes."""
    drawn = Image.new("L", page.size, "white")
    for line in page.lines:
        for each in line.characters:
            ImageDraw.Draw(drawn).rectangle((each.box.x, each.box.y, each.box.right - 1, each.box.bottom - 1), fill="black")
    return drawn.convert(mode)


def opened(page: Page, **more: object) -> pypdfium2.PdfPage:
    return pypdfium2.PdfDocument(searchable_pdf.write(page, Source("a.png", picture=picture(page), **more)))[0]


@pytest.mark.parametrize(("direction", "turned"), TURNED)
def test_two_programs_read_the_text(direction: str, turned: int) -> None:
    page = made.page(direction, turned)
    data = searchable_pdf.write(page, Source("a.png", picture=picture(page)))
    text = pypdfium2.PdfDocument(data)[0].get_textpage().get_text_range()
    assert text.replace("\r", "") == f"{made.TEXT}\nかな"
    found = extract_text(io.BytesIO(data), laparams=LAParams(detect_vertical=True))
    assert sorted(found.split()) == sorted([*made.TEXT.splitlines(), "かな"])


@pytest.mark.parametrize("skew", [0.0, 3.0])
@pytest.mark.parametrize(("direction", "turned"), TURNED)
def test_each_character_lies_over_its_ink(direction: str, turned: int, skew: float) -> None:
    """The sheet is upright, the picture on it is what was given, and each box of the text is on black."""
    page = made.page(direction, turned, skew)
    sheet = opened(page)
    upright = made.SIZE if direction == "vertical" else made.SIZE[::-1]
    assert sheet.get_size() == pytest.approx([side * 72 / 300 for side in upright], abs=0.01)
    shown = np.asarray(sheet.render(scale=300 / 72).to_pil().convert("L"))
    assert shown.shape == upright[::-1]
    text = sheet.get_textpage()
    seen = 0
    for index in range(text.count_chars()):
        if text.get_text_range(index, 1).strip():
            left, bottom, right, top = (side * 300 / 72 for side in text.get_charbox(index, loose=True))
            assert shown[round(upright[1] - (bottom + top) / 2), round((left + right) / 2)] < 40
            seen += 1
    assert seen >= sum(len(text) for text, *_ in made.COLUMNS) - 1  # PDFium counts a character above U+FFFF twice
    assert _apart(shown, page, turned) < 0.02


def _apart(shown: np.ndarray, page: Page, turned: int) -> float:
    """The share of pixels by which the sheet differs from the picture, turned upright."""
    return float(((shown < 128) != (np.rot90(np.asarray(picture(page).convert("L")), turned // 90) < 128)).mean())


@pytest.mark.parametrize("mode", ["1", "L", "RGB", "RGBA", "CMYK", "P"])
def test_every_kind_of_picture_is_shown(mode: str) -> None:
    page = made.page()
    data = searchable_pdf.write(page, Source("a.png", picture=picture(page, mode)))
    shown = np.asarray(pypdfium2.PdfDocument(data)[0].render(scale=300 / 72).to_pil().convert("L"))
    assert ((shown < 128) == (np.asarray(picture(page, "L")) < 128)).mean() > 0.98


def test_a_page_without_writing_is_its_picture() -> None:
    assert opened(Page((), (300, 200))).get_textpage().count_chars() == 0
    assert opened(Page((Line(()),), (300, 200))).get_size() == pytest.approx((72, 48))


def test_huge_and_tiny_pages_keep_to_the_sheets_that_pdf_allows() -> None:
    assert opened(Page((), (1, 100))).get_size() == pytest.approx((3, 24))
    page = Page(made.page().lines, (100_000, 200))
    sheet = pypdfium2.PdfDocument(searchable_pdf.write(page, Source("a.png", picture=Image.new("L", (100, 2)))))[0]
    assert sheet.get_size() == pytest.approx((14_400, 28.8))


def test_the_same_page_is_the_same_file_and_small() -> None:
    page = made.page()
    one, other = (searchable_pdf.write(page, Source("a.png", picture=Image.new("1", page.size, 1))) for _ in range(2))
    assert one == other
    assert len(one) < 12_000  # no Japanese font within


def test_without_a_picture_there_is_no_pdf() -> None:
    with pytest.raises(FormatError, match="give the picture"):
        searchable_pdf.write(made.page(), Source("a.png"))


def test_the_font_is_what_the_tool_makes() -> None:
    assert invisible_font.FILE.read_bytes() == invisible_font.make()
