"""TEI: valid, its text is the page's, ruby stands with its base."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from kmnist_model import Line, Page
from kmnist_model.formats import Source, tei
from kmnist_model.formats.strings import clean
from tests.formats import made
from tests.formats.official import validate

NS = {"t": tei.NAMESPACE}
XML_ID = "{http://www.w3.org/XML/1998/namespace}id"


def text_of(document: etree.Element) -> str:
    """The text without ruby, a line for each line break."""
    body = document.find(".//t:body", NS)
    for ruby in body.xpath(".//t:rt | .//t:note[@type='ruby']", namespaces=NS):
        ruby.clear(keep_tail=True)
    for line in body.iterfind(".//t:lb", NS):
        line.text = "\n"
    return "".join(body.itertext()).removeprefix("\n")


@settings(max_examples=30, deadline=None)
@given(made.pages(), st.text(st.characters(), max_size=20))
def test_any_page_is_valid_and_keeps_its_text(page: Page, name: str) -> None:
    document = validate("tei", tei.write(page, Source(name, 2, 2)))
    assert text_of(document) == clean(page.text)


@pytest.mark.parametrize("turned", [0, 90, 180, 270])
@pytest.mark.parametrize("direction", ["vertical", "horizontal"])
def test_ruby_notes_and_unknown_characters(direction: str, turned: int) -> None:
    document = validate("tei", tei.write(made.page(direction, turned), Source("scans/a b.tif", 2, 3)))
    ruby = document.find(".//t:ruby", NS)
    assert (ruby.findtext("t:rb", namespaces=NS), ruby.findtext("t:rt", namespaces=NS)) == ("は", "かな")
    assert ["".join(each.itertext()) for each in document.iterfind(".//t:note[@type='warichu']", NS)] == ["わかよ〓", "たれそ"]
    assert [each.text for each in document.iterfind(".//t:unclear", NS)] == ["〓"]
    assert document.find(".//t:graphic", NS).get("url") == "a%20b.tif#page=2"
    assert text_of(document) == made.TEXT


def test_zones_are_those_that_the_text_names() -> None:
    document = validate("tei", tei.write(made.page(turned=90, skew=-1.0), Source("a.png")))
    zones = {f"#{each.get(XML_ID)}": each for each in document.iterfind(".//t:zone", NS)}
    named = [each.get("facs") for each in document.xpath(".//t:lb | .//t:rt", namespaces=NS)]
    assert sorted(named) == sorted(zones)
    assert [zones[name].get("subtype") for name in named] == ["main", "ruby", "main", "note", "note"]
    assert [zones[named[0]].get(side) for side in ("ulx", "uly", "lrx", "lry", "rotate")] == ["282", "480", "750", "540", "89"]


def test_ruby_beside_no_line_and_two_beside_one_character_are_kept() -> None:
    main, ruby = made.page().lines[:2]
    alone = validate("tei", tei.write(Page((ruby,), made.SIZE), Source("a.png")))
    assert "".join(alone.find(".//t:note[@type='ruby']", NS).itertext()) == "かな"
    doubled = validate("tei", tei.write(Page((Line(main.characters), ruby, ruby), made.SIZE), Source("a.png")))
    assert ["".join(each.itertext()) for each in doubled.iterfind(".//t:rt", NS)] == ["かな", "かな"]
    assert text_of(doubled) == main.text
