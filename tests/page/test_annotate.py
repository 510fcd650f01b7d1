"""A page's picture with a box and the romaji at every character."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageColor

from kmnist_model import KMNIST, Candidate, Reading
from kmnist_model.page.annotate import COLOURS, KINDS, annotate, label, places, sureness
from kmnist_model.page.types import Box, Character, Line, Page


def _character(box: tuple[int, int, int, int], verdict: str = "character", probability: float = 0.99) -> Character:
    entries = KMNIST.entries
    rest = (1 - probability) / (len(entries) - 1)
    candidates = tuple(Candidate(e.character, e.romaji, rest if n else probability) for n, e in enumerate(entries))
    return Character(Box(*box), 0, Reading(verdict, candidates, np.zeros((28, 28), np.uint8)))


def _page(*characters: Character, size: tuple[int, int] = (400, 300), direction: str = "vertical") -> Page:
    return Page.from_characters(characters, size, direction)


def _is(picture: Image.Image, kind: str) -> np.ndarray:
    """Where (H, W) a picture has the colour of that kind."""
    return (np.asarray(picture) == ImageColor.getrgb(COLOURS[kind])).all(2)


@pytest.mark.parametrize(
    ("verdict", "probability", "kind"),
    [
        ("character", 1.0, "sure"),
        ("character", 0.9, "sure"),
        ("character", 0.8999, "unsure"),
        ("unknown", 0.99, "unknown"),
    ],
)
def test_the_colour_tells_how_sure_it_is(verdict: str, probability: float, kind: str) -> None:
    character = _character((100, 100, 60, 60), verdict, probability)
    assert sureness(character) == kind
    marked = annotate(Image.new("RGB", (400, 300), "white"), _page(character))
    assert {each: bool(_is(marked, each).any()) for each in COLOURS} == {each: each == kind for each in COLOURS}


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16"])
def test_every_kind_of_picture_becomes_an_rgb_copy(mode: str) -> None:
    image = Image.new(mode, (400, 300))
    before = image.tobytes()
    marked = annotate(image, _page(_character((100, 100, 60, 60))))
    assert (marked.mode, marked.size) == ("RGB", (400, 300))
    assert image.tobytes() == before
    assert _is(marked, "sure").any()


def test_the_pixels_of_the_character_stay_as_they_were() -> None:
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (300, 400, 3), np.uint8)
    marked = np.asarray(annotate(Image.fromarray(pixels), _page(_character((100, 100, 60, 50)))))
    assert (marked[100:150, 100:160] == pixels[100:150, 100:160]).all()
    for edge in (marked[99, 99:161], marked[150, 99:161], marked[99:151, 99], marked[99:151, 160]):
        assert (edge == ImageColor.getrgb(COLOURS["sure"])).all()


def test_lines_and_letters_grow_with_the_picture() -> None:
    inked = []
    for side in (400, 4000):
        box = (side // 2, side // 2, side // 10, side // 10)
        marked = annotate(Image.new("RGB", (side, side), "white"), _page(_character(box), size=(side, side)))
        inked.append(_is(marked, "sure"))
    thickness = [int(mask[mask.shape[0] // 2 + mask.shape[0] // 20, : mask.shape[1] // 2].sum()) for mask in inked]
    assert thickness == [1, 8]
    share = [mask.mean() for mask in inked]
    assert 0.5 < share[1] / share[0] < 2


def test_the_label_is_read_romaji_or_a_question_mark() -> None:
    blank = Image.new("RGB", (400, 300), "white")
    box = (100, 100, 60, 60)
    labels = [np.asarray(annotate(blank, _page(_character(box, verdict))).convert("L")) > 200 for verdict in ("character", "unknown")]
    assert (labels[0] != labels[1]).any()


@pytest.mark.parametrize(
    ("romaji", "text"), [("shō, sukunai", "sho"), ("tō", "to"), ("yū, mata", "yu"), ("rin, wa", "rin"), ("ka", "ka"), ("", "")]
)
def test_a_label_is_the_first_reading_without_macrons(romaji: str, text: str) -> None:
    assert label(romaji) == text


def test_a_kanji_with_two_readings_is_labelled_as_its_first_in_plain_letters() -> None:
    """The font that Pillow has draws a box for a letter with a macron, and a label of two readings lies over its neighbours."""
    blank = Image.new("RGB", (400, 300), "white")
    marked = []
    for romaji in ("tō, higashi", "to", ""):
        reading = Reading("character", (Candidate("東", romaji, 0.99),), np.zeros((28, 28), np.uint8))
        marked.append(np.asarray(annotate(blank, _page(Character(Box(100, 100, 60, 60), 0, reading)))))
    assert np.array_equal(marked[0], marked[1])
    assert not np.array_equal(marked[1], marked[2])


@pytest.mark.parametrize("box", [(0, 0, 30, 30), (370, 270, 30, 30), (0, 270, 30, 30), (370, 0, 30, 30), (0, 0, 400, 300), (-3, -3, 9, 9)])
@pytest.mark.parametrize("direction", ["vertical", "horizontal"])
def test_at_the_edge_the_label_lies_inside_the_picture(box: tuple[int, int, int, int], direction: str) -> None:
    marked = annotate(Image.new("RGB", (400, 300), "white"), _page(_character(box), direction=direction))
    rows, columns = np.nonzero(_is(marked, "sure"))
    assert len(rows) > 40  # the label's own ground: a line or two alone have fewer, or lie outside
    assert marked.size == (400, 300)


def test_the_label_of_a_line_stands_above_and_that_of_a_column_beside() -> None:
    blank, box = Image.new("RGB", (400, 300), "white"), (100, 100, 60, 60)
    beside = _is(annotate(blank, _page(_character(box))), "sure")
    above = _is(annotate(blank, _page(_character(box), direction="horizontal")), "sure")
    assert beside[:, 165:].any()
    assert not beside[:95].any()
    assert above[:95].any()
    assert not above[:, 165:].any()


def test_a_page_without_characters_is_left_as_it_is() -> None:
    image = Image.new("RGB", (400, 300), "white")
    assert np.array_equal(np.asarray(annotate(image, Page((), (400, 300)))), np.asarray(image))


def test_pages_of_one_name_get_places_of_their_own(tmp_path: Path) -> None:
    folder = tmp_path / "marked"
    pages = [str(tmp_path / name) for name in ("a/page.png", "b/page.jpg", "page-2.tif", "c/PAGE.png")]
    names = [place.name for place in places(pages, folder).values()]
    assert names == ["page.png", "page-2.png", "page-2-2.png", "PAGE-3.png"]
    assert list(places(pages, folder)) == pages


def test_no_marked_picture_lies_over_a_page(tmp_path: Path) -> None:
    pages = [str(tmp_path / name) for name in ("page.png", "page.jpg")]
    assert [place.name for place in places(pages, tmp_path).values()] == ["page-2.png", "page-3.png"]


def test_notes_and_ruby_have_their_own_colours() -> None:
    lines = tuple(Line((_character((x, 100, 40, 40)),), kind) for x, kind in ((240, "main"), (290, "ruby"), (120, "note")))
    marked = np.asarray(annotate(Image.new("RGB", (400, 300), "white"), Page(lines, (400, 300))))
    edges = {kind: tuple(marked[120, x - 1].tolist()) for x, kind in ((240, "main"), (290, "ruby"), (120, "note"))}
    assert edges == {kind: ImageColor.getrgb(colour) for kind, colour in ({"main": COLOURS["sure"]} | KINDS).items()}
    only_ruby = Page((Line((_character((290, 100, 40, 40)),), "ruby"),), (400, 300))
    assert (np.asarray(annotate(Image.new("RGB", (400, 300), "white"), only_ruby)) == ImageColor.getrgb(KINDS["ruby"])).all(2).any()
