"""IIIF annotations: allowed by the official validator's schema, on the canvas that is given."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from kmnist_model import Page
from kmnist_model.formats import Source, iiif
from tests.formats import made
from tests.formats.official import validate_iiif


@settings(max_examples=40, deadline=None)
@given(made.pages(), st.text(st.characters(), max_size=20))
def test_any_page_is_valid(page: Page, name: str) -> None:
    items = validate_iiif(iiif.write(page, Source(name)))["items"]
    assert len({item["id"] for item in items}) == len(items) == sum(1 + len(line.characters) for line in page.lines)


def test_annotations_supplement_the_canvas() -> None:
    canvas = "https://library.example/book/canvas/7"
    said = validate_iiif(iiif.write(made.page(), Source("a.tif", 7, 9, canvas=canvas)))
    lines = [item for item in said["items"] if item["textGranularity"] == "line"]
    assert {item["motivation"] for item in said["items"]} == {"supplementing"}
    assert "\n".join(item["body"]["value"] for item in lines if item.get("label") != {"en": ["ruby"]}) == made.TEXT
    assert [item.get("label", {"en": ["main"]})["en"][0] for item in lines] == ["main", "ruby", "main", "note", "note"]
    assert lines[0]["target"] == f"{canvas}#xywh=480,50,60,468"
    assert all(item["id"].startswith(canvas) for item in said["items"])
