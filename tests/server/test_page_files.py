"""A visitor's page as a file: corrected, in any format, and one sentence for anything else."""

from __future__ import annotations

import base64
import json
from typing import Any

import pypdfium2
import pytest
from PIL import Image

from kmnist_model import data_url
from kmnist_model.formats import FORMATS, page_xml
from server import page_files
from server.page_files import PageFileMessage, page_file
from tests.formats import made


def message(**changes: Any) -> str:
    page = made.page().as_dict(5)
    page["characters"][0] |= {"corrected": True, "character": "お"}
    return json.dumps({"seq": 1, "page": page, "format": "page", "name": "a.tif", "number": 2, "pages": 3} | changes)


def test_the_file_has_the_corrections() -> None:
    page = page_xml.read(base64.b64decode(page_file(message())["file"]))
    assert page.text == made.TEXT.replace("い", "お", 1)
    assert [line.kind for line in page.lines] == [kind for *_, kind in made.COLUMNS]


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_written(name: str) -> None:
    picture = data_url.from_image(Image.new("L", (60, 80), 255), "jpeg")  # smaller than the page
    data = base64.b64decode(page_file(message(format=name, picture=picture))["file"])
    if name == "pdf":
        assert pypdfium2.PdfDocument(data)[0].get_textpage().get_text_range().startswith("おろはに")
    else:
        assert "お" in data.decode()


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        (None, PageFileMessage.rejection),
        ("{}", PageFileMessage.rejection),
        (message(format="docx"), PageFileMessage.rejection),
        (message(page={"text": ""}), "This is no page as JSON"),
        (message(format="pdf"), "give the picture that was read."),
        (message(picture="data:image/png;base64,AAAA"), "This is not a picture"),
    ],
    ids=["none", "empty", "format", "page", "no picture", "broken picture"],
)
def test_anything_else_is_one_sentence(payload: object, said: str) -> None:
    answer = page_file(payload)
    assert list(answer) == ["message", "phrase"]
    assert said in answer["message"]
    assert answer["message"].endswith((".", "again."))


def test_a_fault_is_logged_and_answered(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(page_files.page_json, "read", lambda _: 1 / 0)
    sentence = "This page could not be written. Please try again, or choose another format."
    assert page_file(message()) == {"message": sentence, "phrase": {"key": "error.page_unwritable", "values": {}}}
    assert "ZeroDivisionError" in caplog.text
