"""The table of formats: loaded only when they are used, a clear sentence when a package is missing."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from PIL import Image

from kmnist_model import Page
from kmnist_model.formats import FORMATS, Source
from tests.formats import made


def test_names_suffixes_and_sentences() -> None:
    assert list(FORMATS) == ["text", "json", "csv", "page", "alto", "hocr", "tei", "iiif", "pdf"]
    assert len({form.suffix for form in FORMATS.values()}) == len(FORMATS)
    for name, form in FORMATS.items():
        assert (form.name, form.suffix[0], form.help[-1], form.media_type.count("/")) == (name, ".", ".", 1)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_writes_any_page(name: str) -> None:
    for page in (made.page(), made.page("horizontal", 270, -4.0), Page((), (30, 20))):
        data = FORMATS[name].write(page, Source("a\udcff\0\n.png", 2, 3, Image.new("RGB", page.size)), None)
        assert data.startswith(b"%PDF") or data.decode()


def test_the_plain_formats_say_what_the_page_says() -> None:
    page, source = made.page(), Source("dir/a.tif", 2, 3)
    assert FORMATS["text"].write(page, source, None).decode() == made.TEXT + "\n"
    assert json.loads(FORMATS["json"].write(page, source, 2)) == json.loads(json.dumps({"path": "dir/a.tif#2", **page.as_dict(2)}))
    rows = FORMATS["csv"].write(page, source, None).decode().splitlines()
    assert (rows[0].split(",")[:3], rows[1]) == (["path", "column", "character"], "dir/a.tif#2,0,い,x,0.9000,character,480,50,60,60")
    assert len(rows) == 1 + len(page.characters)


def test_nothing_is_loaded_before_it_is_needed() -> None:
    program = "import sys, kmnist_model, kmnist_model.formats; print({'lxml', 'pikepdf'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "set()\n"


def test_a_missing_package_is_told() -> None:
    program = """
import sys
sys.modules |= {"lxml": None, "pikepdf": None}
from kmnist_model.errors import FormatError
from kmnist_model.formats import FORMATS
for form in FORMATS.values():
    try:
        form.check()
    except FormatError as error:
        print(form.name, error)
"""
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.splitlines()
    needed = {"page": "lxml", "alto": "lxml", "hocr": "lxml", "tei": "lxml", "pdf": "pikepdf"}
    assert told == [f"{name} This format needs the package {package}: run pip install {package}." for name, package in needed.items()]
