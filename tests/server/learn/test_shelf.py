"""The files of the Learn tab, their routes, and the real examples of each letter."""

from __future__ import annotations

import io

import pytest
from fontTools.ttLib import TTFont
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from kmnist_model import KMNIST
from kmnist_model.alphabet import KUZUSHIJI49
from kmnist_model.characters import historical_forms
from kmnist_model.data_url import to_bytes
from kmnist_model.gallery import gallery
from server.http.learn_routes import routes
from server.learn import shelf

DATA = shelf.data()


@pytest.fixture(scope="module")
def client() -> TestClient:
    return TestClient(Starlette(routes=routes()))


def test_every_kana_has_strokes_and_every_letter_is_known() -> None:
    assert "".join(entry["kana"] for entry in DATA["kana"]) == KUZUSHIJI49.characters.replace("ゝ", "")
    assert all(entry["strokes"] for entry in DATA["kana"])
    forms = historical_forms.released()
    assert forms is not None
    known = {each.letter: [each.letter, each.kana, each.parent] for each in forms.letters}
    assert len(DATA["letters"]) == 286
    assert all(known[row[0]] == row for row in DATA["letters"])


def test_the_font_has_every_historical_letter() -> None:
    drawn = TTFont(shelf.FOLDER / "hentaigana.woff2").getBestCmap()
    assert [letter for letter, *_ in DATA["letters"] if ord(letter) not in drawn] == []


def test_examples_are_places_of_the_gallery_in_the_package() -> None:
    shown = gallery.released()
    assert DATA["gallery"] == shown.fingerprint, "make the data again: python -m train learn"
    kana_of = {letter: its for letter, its, _ in DATA["letters"]} | {kana: kana for kana in KMNIST.characters}
    for letter, places in DATA["examples"].items():
        assert {chr(shown.codepoints[place]) for place in places} <= set(kana_of[letter])
    assert set(KMNIST.characters) <= set(DATA["examples"])


def test_the_line_is_as_long_as_its_boxes_and_has_some_of_the_ten() -> None:
    line = DATA["line"]
    with Image.open(shelf.FOLDER / "old-line.webp") as picture:
        assert list(picture.size) == line["size"]
    assert len(line["text"]) == len(line["boxes"])
    assert sum(character in KMNIST.characters for character in line["text"]) >= 4
    assert all(x >= 0 and y >= 0 and x + w <= line["size"][0] and y + h <= line["size"][1] for x, y, w, h in line["boxes"])


def test_the_data_is_light() -> None:
    assert sum((shelf.FOLDER / name).stat().st_size for name in shelf.FILES) < 300_000
    assert (shelf.FOLDER / "old-line.webp").stat().st_size <= 60_000


@pytest.mark.parametrize("name", shelf.FILES)
def test_a_file_is_served_and_kept(client: TestClient, name: str) -> None:
    reply = client.get(f"/learn/{name}")
    assert reply.status_code == 200
    assert reply.content == (shelf.FOLDER / name).read_bytes()
    assert reply.headers["content-type"].startswith(shelf.FILES[name])
    assert "max-age" in reply.headers["cache-control"]


@pytest.mark.parametrize("path", ["/learn/OFL.txt", "/learn/..%2Fbench.json", "/learn/examples/はは", "/learn/"])
def test_nothing_else_is_served(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_examples_of_a_kana_of_the_ten_are_real_and_of_others_their_parents(client: TestClient) -> None:
    ha, a, other = (client.get(f"/learn/examples/{kana}").json() for kana in "はあ木")
    assert {"は", "\U0001b0a6"} <= set(ha["letters"])
    assert not a["letters"]
    assert set(a["parents"]) == {"安", "愛", "阿", "惡"}
    assert other == {"letters": {}, "parents": {}}
    with Image.open(io.BytesIO(to_bytes(ha["letters"]["は"][0]))) as picture:
        assert picture.size == (gallery.CELL, gallery.CELL)
