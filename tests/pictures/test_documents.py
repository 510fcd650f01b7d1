"""Files of several pages: PDF, TIFF and GIF, one page at a time."""

from __future__ import annotations

import io
import re
import struct
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, TiffImagePlugin

from kmnist_model import PictureError, open_image, page_count
from kmnist_model.image import MAX_PAGES, Document
from kmnist_model.pictures import pdf as pdf_pages
from kmnist_model.pictures.pdf_renderer import render
from tests.support.files import locked_pdf, pdf, saved, several

# Not for what other tests have left to the garbage collector.
pytestmark = pytest.mark.filterwarnings("error", "default::pytest.PytestUnraisableExceptionWarning")

SENTENCE = re.compile(r"[A-Z][^\n]*: (check|choose|get|give|make|save) [^\n]+[^.]\.")
TONES = (30, 120, 210)
SHEETS = [Image.new("RGB", (60 + 10 * n, 80), (tone,) * 3) for n, tone in enumerate(TONES)]
SQUARE = "0 0 0 rg 10 10 40 40 re f"


def _tone(image: Image.Image) -> int:
    return int(np.median(np.asarray(image.convert("L"))))


def _drawn(tone: int) -> tuple[float, float, str]:
    """A page of a PDF in one tone."""
    return 72, 96, f"{tone / 255} g 0 0 72 96 re f"


FILES: dict[str, bytes] = {
    "PDF": pdf([_drawn(tone) for tone in TONES]),
    "PDF of pictures": several("PDF", SHEETS),
    "TIFF": several("TIFF", SHEETS),
    "TIFF, JPEG": several("TIFF", SHEETS, compression="jpeg"),
    "BigTIFF": several("TIFF", SHEETS, big_tiff=True),
    "GIF": several("GIF", [Image.new("L", (60, 80), tone) for tone in TONES]),
}


def _refused(source: bytes, page: int = 0) -> str:
    with pytest.raises(PictureError) as caught:
        open_image(source, page=page)
    assert SENTENCE.fullmatch(str(caught.value)), str(caught.value)
    return str(caught.value)


def _opens_or_is_refused(data: bytes, page: int = 0, max_pixels: int = 1_000_000) -> None:
    try:
        image = open_image(data, max_pixels, page=page)
    except PictureError as error:
        words = str(error)
    else:
        assert 0 < np.asarray(image).shape[0] * image.width <= 1.1 * max_pixels
        return
    assert SENTENCE.fullmatch(words), words


@pytest.mark.parametrize("kind", FILES)
def test_every_page_is_there_in_any_order(kind: str) -> None:
    data = FILES[kind]
    assert page_count(data) == 3
    document = Document(data)
    assert not document.is_longer
    assert [abs(_tone(page) - tone) <= 6 for page, tone in zip(document, TONES, strict=True)] == [True] * 3
    for index in (2, 0, 1, 1):
        assert abs(_tone(document.page(index)) - TONES[index]) <= 6
        assert abs(_tone(open_image(data, page=index)) - TONES[index]) <= 6
    for index in (3, -1, 10**9):
        assert f"This file has no page {index + 1}: choose one from 1 to 3." == _refused(data, index)


def test_the_pages_of_a_file_are_decoded_when_they_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = iter(Document(FILES["TIFF"]))
    first = next(pages)
    monkeypatch.setattr(Document, "page", lambda *_: pytest.fail("too early"))
    assert _tone(first) == TONES[0]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF"])
def test_a_picture_is_one_page(kind: str) -> None:
    data = saved(SHEETS[0], kind)
    assert page_count(data) == 1
    assert _refused(data, 1) == "This file has no page 2: choose page 1."


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_a_film_of_another_format_is_its_first_picture(kind: str) -> None:
    assert page_count(several(kind, [sheet.resize((60, 80)) for sheet in SHEETS])) == 1


def _tagged(*pages: tuple[Image.Image, int]) -> bytes:
    """A TIFF of pages with their NewSubfileType."""
    file = io.BytesIO()
    with TiffImagePlugin.AppendingTiffWriter(file, True) as writer:
        for page, kind in pages:
            page.save(writer, "TIFF", tiffinfo={254: kind})
            writer.newFrame()
    return file.getvalue()


def test_a_thumbnail_or_a_mask_is_no_page() -> None:
    small, mask = Image.new("L", (8, 8), 99), Image.new("1", (60, 80), 1)
    data = _tagged((small, 1), (SHEETS[0], 0), (mask, 4), (SHEETS[1], 2), (small, 1))
    assert Image.open(io.BytesIO(data)).size == (8, 8)
    assert page_count(data) == 2
    assert [page.size for page in Document(data)] == [SHEETS[0].size, SHEETS[1].size]
    assert open_image(_tagged((small, 1))).size == (8, 8), "there is no other"


@pytest.mark.parametrize("kind", ["TIFF", "GIF", "PDF"])
def test_a_broken_page_in_the_middle_costs_only_that_page(kind: str) -> None:
    grain = [Image.fromarray(np.random.default_rng(n).integers(0, 256, (80, 60)).astype(np.uint8)) for n in range(3)]
    if kind == "PDF":
        data = pdf([_drawn(30), None, _drawn(210)])
    elif kind == "TIFF":
        data = several("TIFF", grain, compression="tiff_adobe_deflate")
        middle = 8 + 2 * (len(data) - 8) // 3 - 2000
        data = data[:middle] + b"\xff" * 1000 + data[middle + 1000 :]
    else:
        data = several("GIF", grain)
        head = b"," + struct.pack("<4H", 0, 0, 60, 80)
        second = data.index(head, data.index(head) + 1) + len(head)
        code_size = second + 1 + (data[second] >> 7) * (6 << (data[second] & 7))
        data = data[:code_size] + b"\x0d" + data[code_size + 1 :]
    document = Document(data)
    assert len(document) == 3
    assert document.page(0).size == document.page(2).size
    with pytest.raises(PictureError):
        document.page(1)
    assert SENTENCE.fullmatch(_refused(data, 1))


def test_a_page_of_a_pdf_is_drawn_at_300_dpi_on_white() -> None:
    image = open_image(pdf([(72, 144, SQUARE)]))
    assert (image.size, image.mode) == ((300, 600), "RGB")
    assert image.getpixel((0, 0)) == (255, 255, 255)
    assert image.getpixel((125, 475)) == (0, 0, 0)


@pytest.mark.parametrize("size", [(14_400, 14_400), (14_400, 3), (200_000, 0.01), (1e-4, 1e-4)])
def test_a_page_of_a_pdf_of_any_size_stays_within_the_limits(size: tuple[float, float]) -> None:
    _opens_or_is_refused(pdf([(*size, SQUARE)]), max_pixels=1_000_000)


def test_a_locked_pdf_is_one_sentence() -> None:
    assert _refused(locked_pdf()) == "This PDF is protected by a password: save it without one."
    with pytest.raises(PictureError, match="password"):
        page_count(locked_pdf())


@pytest.mark.parametrize("data", [b"%PDF-1.7\n", b"%PDF-1.7\n1 0 obj\n<</Type/Catalog>>\nendobj\n", FILES["PDF"][:300]])
def test_a_broken_pdf_is_one_sentence(data: bytes) -> None:
    assert "PDF" in _refused(data)


def test_a_slow_or_crashing_renderer_is_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "crash.py").write_text("import os; os.abort()")
    (tmp_path / "slow.py").write_text("import time; time.sleep(60)")
    monkeypatch.setattr(pdf_pages, "_RENDERER", tmp_path / "crash.py")
    assert "cannot be drawn" in _refused(FILES["PDF"])
    monkeypatch.setattr(pdf_pages, "_RENDERER", tmp_path / "slow.py")
    monkeypatch.setattr(pdf_pages, "_TIMEOUT", 1)
    assert "too long" in _refused(FILES["PDF"])


def test_without_pdfium_a_pdf_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert "pypdfium2" in _refused(FILES["PDF"])


@settings(max_examples=60, deadline=None)
@given(place=st.integers(0, 2**16), value=st.integers(0, 255))
def test_a_pdf_with_a_wrong_byte_is_drawn_or_refused(place: int, value: int) -> None:
    data = bytearray(FILES["PDF"])
    data[place % len(data)] = value
    assert next(render(bytes(data), 0, 10_000)).startswith(b"{")


@settings(max_examples=150, deadline=None)
@given(kind=st.sampled_from(["TIFF", "BigTIFF", "GIF"]), place=st.integers(0, 2**16), value=st.integers(0, 255), page=st.integers(0, 3))
def test_a_file_with_a_wrong_byte_opens_or_is_refused(kind: str, place: int, value: int, page: int) -> None:
    data = bytearray(FILES[kind])
    data[place % len(data)] = value
    _opens_or_is_refused(bytes(data), page=page)


def _endless(kind: str) -> bytes:
    """A small file with more pages than may be read, or that say that they never end."""
    if kind == "TIFF":
        return several("TIFF", [Image.new("1", (1, 1))] * (MAX_PAGES + 5))
    if kind == "GIF":
        return several("GIF", [Image.new("L", (2, 2), n % 251) for n in range(MAX_PAGES + 5)])
    return pdf([(10, 10, "")] * (MAX_PAGES + 5))


@pytest.mark.parametrize("kind", ["TIFF", "GIF", "PDF"])
def test_no_more_than_a_thousand_pages_are_read(kind: str) -> None:
    document = Document(_endless(kind))
    assert len(document) == MAX_PAGES == 1000
    assert document.is_longer
    assert document.page(MAX_PAGES - 1).width
    assert "no page 1001" in _refused(_endless(kind), MAX_PAGES)


def test_a_tiff_whose_directories_are_a_circle_or_a_trap_takes_no_time() -> None:
    circle = bytearray(FILES["TIFF"])
    (first,) = struct.unpack_from("<I", circle, 4)
    (count,) = struct.unpack_from("<H", circle, first)
    struct.pack_into("<I", circle, first + 2 + 12 * count, first)
    begun = time.process_time()
    assert page_count(bytes(circle)) == 1
    entries = struct.pack("<HHII", 700, 1, 3_000_000, 8) * 60_000  # all of the file, 60,000 times
    trap = b"II*\0" + struct.pack("<I", 3_000_008) + bytes(3_000_000) + struct.pack("<H", 60_000) + entries + bytes(4)
    assert "too long" in _refused(trap)
    assert time.process_time() - begun < 1


def test_importing_the_library_imports_neither_pdfium_nor_heif() -> None:
    program = "import sys, kmnist_model; print([name for name in sys.modules if name.partition('.')[0] in ('pypdfium2', 'pi_heif')])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
