"""PAGE-XML: valid, and read back it is the page again."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from lxml import etree

from kmnist_model import Box, KmnistError, Page
from kmnist_model.errors import FormatError
from kmnist_model.formats import Source, page_xml
from tests.formats import made
from tests.formats.official import validate

NS = {"p": page_xml.NAMESPACE}
SOURCE = Source("scans/book.tif", 2, 3)


@settings(max_examples=60, deadline=None)
@given(made.pages())
def test_what_is_read_back_is_the_page(page: Page) -> None:
    assume(made.has_xml_texts(page))
    data = page_xml.write(page, SOURCE)
    validate("page", data)
    assert page_xml.read(data) == page


@settings(max_examples=40, deadline=None)
@given(made.pages(), st.text(st.characters(), max_size=20))
def test_any_text_and_any_name_is_valid(page: Page, name: str) -> None:
    validate("page", page_xml.write(page, Source(name)))


@pytest.mark.parametrize("turned", [0, 90, 180, 270])
@pytest.mark.parametrize("direction", ["vertical", "horizontal"])
def test_a_turned_and_skewed_page_is_read_back_from_what_any_program_would_understand(direction: str, turned: int, tmp_path: Path) -> None:
    page = made.page(direction, turned, -2.5)
    path = tmp_path / "scan.page.xml"
    path.write_bytes(page_xml.write(page, SOURCE))
    assert page_xml.read(path) == page
    document = etree.parse(str(path))
    for element in document.iter("{*}Page", "{*}TextLine", "{*}TextRegion"):
        element.attrib.pop("custom", None)  # another program keeps none of our own words
    read = page_xml.read(etree.tostring(document))
    assert (read.direction, read.turned, read.size) == (direction, turned, page.size)
    assert read.skew == pytest.approx(-2.5)
    assert read.text.splitlines() == [*made.TEXT.splitlines(), "かな"]


def test_order_kinds_and_alternatives() -> None:
    document = validate("page", page_xml.write(made.page(), SOURCE, top=2))
    sheet = document.find("p:Page", NS)
    assert sheet.get("imageFilename") == "book.tif#2"
    assert [each.get("regionRef") for each in sheet.iterfind(".//p:RegionRefIndexed", NS)] == ["text", "ruby"]
    text, ruby = sheet.iterfind("p:TextRegion", NS)
    assert text.find("p:TextEquiv/p:Unicode", NS).text == made.TEXT
    assert ruby.find("p:TextEquiv/p:Unicode", NS).text == "かな"
    assert (text.get("readingDirection"), text.get("textLineOrder"), ruby.get("type")) == ("top-to-bottom", "right-to-left", "other")
    kinds = [line.get("custom").split("type:")[1].split(";")[0] for line in text.iterfind("p:TextLine", NS)]
    assert kinds == ["main", "main", "note", "note"]
    unknown = text.findall("p:TextLine", NS)[2].findall("p:Word/p:Glyph", NS)[3]
    found = [(each.get("index"), each.get("conf"), each.find("p:Unicode", NS).text) for each in unknown.iterfind("p:TextEquiv", NS)]
    assert found == [("0", None, "〓"), ("1", "0.9", "ぬ"), ("2", "0.0625", "す")]


def test_base_lines_run_the_way_that_is_read() -> None:
    def ends(direction: str, turned: int) -> list[str]:
        document = etree.fromstring(page_xml.write(made.page(direction, turned), SOURCE))
        return document.find(".//p:Baseline", NS).get("points").split()

    assert ends("vertical", 0) == ["510,50", "510,518"]
    assert ends("vertical", 180) == ["90,750", "90,282"]
    assert ends("horizontal", 0) == ["50,120", "518,120"]
    assert ends("horizontal", 90) == ["480,50", "480,518"]


def test_another_programs_file_is_read() -> None:
    glyph = '<Glyph id="g{0}"><Coords points="{1},0 {2},0 {2},30 {1},30"/>{3}</Glyph>'
    texts = (
        '<TextEquiv index="1" conf="0.2"><Unicode>は</Unicode></TextEquiv><TextEquiv index="0" conf="0.7"><Unicode>ほ</Unicode></TextEquiv>'
    )
    data = f"""<PcGts xmlns="http://schema.primaresearch.org/PAGE/gts/pagecontent/2017-07-15"><Page imageFilename="a.png" imageWidth="90"
    imageHeight="80"><ReadingOrder><OrderedGroup id="o"><RegionRefIndexed index="0" regionRef="second"/></OrderedGroup></ReadingOrder>
    <TextRegion id="first"><TextLine id="l1"><Word id="w1">{glyph.format(1, 10, 40, "")}</Word></TextLine></TextRegion>
    <TextRegion id="second"><TextLine id="l2"><Word id="w2">{glyph.format(2, 50, 80, texts)}</Word></TextLine></TextRegion></Page></PcGts>"""
    page = page_xml.read(data.encode())
    assert (page.text, page.size, page.direction) == ("ほ\n〓", (90, 80), "horizontal")
    first = page.characters[0]
    assert (first.box, first.column) == (Box(50, 0, 30, 30), 0)
    assert [(each.character, each.probability) for each in first.reading.candidates] == [("ほ", 0.7), ("は", 0.2)]
    assert page.characters[1].reading.verdict == "unknown"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "This is no XML"),
        (b"<html/>", "This is no PAGE-XML"),
        (b"<PcGts><Page imageWidth='x' imageHeight='2'/></PcGts>", "cannot be understood (ValueError"),
        (b"<PcGts><Page imageHeight='2'/></PcGts>", "cannot be understood (TypeError"),
        (b"<PcGts><Page imageWidth='9' imageHeight='2' custom='reading {turned:45;}'/></PcGts>", "turned 45"),
        (b"<PcGts><Page imageWidth='9' imageHeight='2'><TextRegion id='a'><TextLine id='b'><TextEquiv><Unicode>a</Unicode></TextEquiv></TextLine>"
         b"</TextRegion></Page></PcGts>", "This PAGE-XML has lines without glyphs"),
    ],
)  # fmt: skip
def test_what_is_no_page_is_refused_in_one_sentence(data: bytes, said: str) -> None:
    with pytest.raises(FormatError, match=r"^This .*: .*\.$") as caught:
        page_xml.read(data)
    assert said in str(caught.value)
    assert str(caught.value).count("This") == 1
    assert isinstance(caught.value, KmnistError)


def test_no_entity_leads_to_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("秘")
    data = page_xml.write(made.page(), SOURCE).decode().split("\n", 1)[1].replace("<Unicode>い</Unicode>", "<Unicode>&x;</Unicode>", 1)
    read = page_xml.read(f'<!DOCTYPE PcGts [<!ENTITY x SYSTEM "{secret.as_uri()}">]>\n{data}'.encode())
    assert "秘" not in read.text
    with pytest.raises(FormatError, match="cannot be opened"):
        page_xml.read(tmp_path / "none.xml")
