"""The Scan tab's menu of formats: what is downloaded is the page, with the visitor's corrections."""

from __future__ import annotations

import json
from pathlib import Path

import pypdfium2
import pytest
from playwright.sync_api import Download, expect

from bench.server_process import Server
from kmnist_model.formats import FORMATS, page_xml
from synthetic_pages import glyphs
from synthetic_pages.maker import make_page
from tests.browser.conftest import Visit
from tests.browser.scan.test_page_reader import Reader, encoded

pytestmark = pytest.mark.browser


@pytest.fixture
def reader(visit: Visit, app: Server) -> Reader:
    """A page that was read, with its second character corrected."""
    reader = Reader(visit(app.url).page)
    reader.give(encoded(make_page(22, glyphs.drawn(), hard=False, characters=24, direction="vertical").picture, "PNG"), "sheet 7.png")
    reader.wait()
    reader.boxes.nth(1).click()
    reader.desk.locator(".typed").fill("愛")
    reader.desk.get_by_role("button", name="Set").click()
    return reader


def save(reader: Reader, name: str) -> Download:
    reader.desk.get_by_role("combobox", name="Format of the file").select_option(name)
    return reader.download("Download")


def test_each_format_is_downloaded_with_the_corrections(reader: Reader) -> None:
    page = json.loads(Path(reader.download("JSON").path()).read_text("utf-8"))
    for name in (name for name in FORMATS if name not in ("json", "csv")):
        saved = save(reader, name)
        assert saved.suggested_filename == f"sheet 7{FORMATS[name].suffix}"
        data = Path(saved.path()).read_bytes()
        if name == "pdf":
            assert "愛" in pypdfium2.PdfDocument(data)[0].get_textpage().get_text_range()
        else:
            assert "愛" in data.decode()
        if name == "page":
            read = page_xml.read(data)
            assert (read.text, read.size) == (page["text"], tuple(page["size"].values()))
            assert b'imageFilename="sheet 7.png"' in data


def test_a_server_that_cannot_be_reached_is_told_and_the_page_stays(reader: Reader) -> None:
    reader.page.route("**/component_server**", lambda route: route.abort())
    reader.desk.get_by_role("button", name="Download").click()
    expect(reader.desk.locator(".failure")).to_have_text("The server could not be reached. Please try again.")
    expect(reader.boxes.first).to_be_visible()
    reader.page.unroute("**/component_server**")
    assert save(reader, "tei").suggested_filename == "sheet 7.tei.xml"
    expect(reader.desk.locator(".failure")).to_have_text("")
