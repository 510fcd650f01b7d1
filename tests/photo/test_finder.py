"""Photographs of one character -> its ink: every scene, what is no character, and hostile pictures."""

from __future__ import annotations

import time

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from kmnist_model import Recognizer, from_image
from kmnist_model.photo import plain
from kmnist_model.photo.finder import find_character
from kmnist_model.pictures.conversion import luminance
from synthetic_pages import glyphs
from synthetic_pages.scenes import SCENES, make_scene
from tests.support.drawing import glyph, likeness

_SIDE = 600
_CHARACTER = glyph("す", _SIDE, 0.03, 0.25)
_INK = from_image(_CHARACTER)


def _with_shadow(picture: Image.Image, left: float) -> Image.Image:
    """`picture` with half the light gone to the left of a slanted, sharp edge through its middle."""
    y, x = np.mgrid[: picture.height, : picture.width]
    light = np.where(x - y / 4 < picture.width * 0.4, left, 1.0)
    return Image.fromarray((np.asarray(picture) * light * 0.93).astype(np.uint8))


@pytest.mark.parametrize("scene", SCENES)
def test_a_made_scene_is_read(scene: str, recognizer: Recognizer) -> None:
    made = [make_scene(scene, seed, glyphs.drawn()) for seed in (41, 42)]
    assert [recognizer.read(each.picture).candidates[0].character for each in made] == [each.character for each in made]


def test_a_shadows_edge_through_the_character_leaves_no_mark() -> None:
    assert likeness(from_image(_with_shadow(_CHARACTER, 0.5)), _INK) > 0.95


@pytest.mark.parametrize("dark", [0, 120], ids=["black frame", "grey frame"])
def test_a_frame_with_a_dashed_cross_is_erased_without_breaking_strokes(dark: int) -> None:
    page = _CHARACTER.copy()
    draw = ImageDraw.Draw(page)
    draw.rectangle((60, 60, 540, 540), outline=dark, width=4)
    for start in range(60, 540, 20):
        draw.line((start, 300, start + 11, 300), fill=150, width=2)
        draw.line((300, start, 300, start + 11), fill=150, width=2)
    ink = from_image(page)
    assert likeness(ink, _INK) > 0.9
    count, *_ = cv2.connectedComponentsWithStats((ink > 80).astype(np.uint8), connectivity=8)
    assert count == 2  # the ground, and one unbroken character


@pytest.mark.parametrize("character", "一十口二")
def test_straight_strokes_by_hand_are_no_printed_lines(character: str) -> None:
    page = Image.new("L", (800, 800), 235)
    page.paste(glyph(character, 400, 0.04).point(lambda value: min(value, 235)), (200, 180))
    marked = page.copy()
    ImageDraw.Draw(marked).line((0, 700, 799, 707), fill=120, width=3)  # a ruled line makes it a photograph
    assert likeness(from_image(marked), from_image(page)) > 0.9


@pytest.mark.parametrize("light", [False, True], ids=["black on white", "white on black"])
def test_an_enlarged_character_that_fills_the_picture_keeps_all_its_parts(light: bool) -> None:
    """The border cuts its strokes, and these are wide enough to be taken for dark paper."""
    source = glyphs.drawn()
    for seed in range(12):
        _, ink = source(np.random.default_rng(seed))
        picture = Image.fromarray(ink if light else 255 - ink).resize((448, 448), Image.Resampling.BICUBIC)
        assert likeness(from_image(picture), ink) > 0.9


@pytest.mark.parametrize("turn", [15, -20, 32])
def test_the_lines_of_a_turned_sheet_are_erased_and_it_is_turned_back(turn: int) -> None:
    page = Image.new("L", (1000, 1000), 235)
    page.paste(glyph("か", 340, 0.04).point(lambda value: min(value, 235)), (330, 330))
    squared = page.copy()
    for place in range(20, 1000, 80):
        ImageDraw.Draw(squared).line((place, 0, place, 999), fill=140, width=3)
        ImageDraw.Draw(squared).line((0, place, 999, place), fill=140, width=3)
    turned = squared.rotate(turn, Image.Resampling.BICUBIC).crop((180, 180, 820, 820))
    assert likeness(from_image(turned, 48), from_image(page, 48)) > 0.85


def test_a_tiny_character_on_a_large_sheet_is_not_blank() -> None:
    page = np.full((1500, 2000), 225, np.uint8)
    page[700:770, 900:970] = np.minimum(225, np.asarray(glyph("す", 70, 0.03, 0.02)).astype(np.int32) // 2 + 110)
    noisy = np.clip(page + np.random.default_rng(3).normal(0, 4, page.shape), 0, 255).astype(np.uint8)
    assert likeness(from_image(Image.fromarray(noisy)), _INK) > 0.7


def test_binder_holes_are_left_out_and_the_marks_of_a_voiced_sound_are_kept() -> None:
    page = Image.new("L", (800, 800), 240)
    page.paste(glyph("が", 400, 0.04), (250, 200))
    punched = page.copy()
    for top in (150, 400, 650):
        ImageDraw.Draw(punched).ellipse((60, top, 100, top + 40), fill=60)
    assert likeness(from_image(punched, 48), from_image(page, 48)) > 0.95


def test_marks_without_a_character_are_dropped_and_bare_paper_is_blank() -> None:
    ruled = Image.new("L", (800, 800), 235)
    for row in range(50, 800, 90):
        ImageDraw.Draw(ruled).line((0, row, 799, row + 8), fill=130, width=3)
    found = find_character(ruled)
    assert found.dropped
    assert found.ink is None
    bare = find_character(_with_shadow(Image.new("L", (800, 800), 235), 0.55))
    assert not bare.dropped
    assert bare.ink is None


def test_a_reading_says_that_marks_were_dropped(recognizer: Recognizer) -> None:
    ruled = np.full((800, 800), 235, np.uint8)
    ruled[50::90] = ruled[51::90] = 120
    reading = recognizer.read(ruled)
    assert (reading.verdict, reading.dropped) == ("unknown", True)
    assert reading.as_dict(1)["dropped"] is True
    assert "dropped" not in recognizer.read(_CHARACTER).as_dict(1)


def test_a_plain_picture_keeps_its_exact_ink() -> None:
    """What the recogniser was measured on stays as it is: the photograph's way would blur it."""
    for picture in (_CHARACTER, Image.eval(_CHARACTER, lambda value: 255 - value)):
        found = find_character(picture)
        assert found.ink is not None
        assert np.array_equal(found.ink, plain.ink_on(luminance(picture, plain.SIDE)))


def _noise(seed: int) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (1500, 1500), np.uint8)


def _checks() -> NDArray[np.uint8]:
    return (np.indices((1500, 1500)).sum(0) // 3 % 2 * 255).astype(np.uint8)


def _stripes() -> NDArray[np.uint8]:
    return np.tile((np.arange(1500) // 4 % 2 * 255).astype(np.uint8), (1500, 1))


def _rubble() -> NDArray[np.uint8]:
    page = np.full((1500, 1500), 240, np.uint8)
    rng = np.random.default_rng(1)
    for x, y in rng.integers(0, 1490, (9000, 2)):
        page[y : y + rng.integers(2, 9), x : x + rng.integers(2, 9)] = 20
    return page


@pytest.mark.parametrize(
    "pixels",
    [
        _noise(1),
        _checks(),
        _stripes(),
        _stripes().T.copy(),
        _rubble(),
        np.full((1500, 1500), 7, np.uint8),
        np.eye(1500, dtype=np.uint8) * 255,
    ],
    ids=["noise", "checks", "stripes", "level stripes", "rubble", "flat", "diagonal"],
)
def test_hostile_pictures_take_no_longer_than_others(pixels: NDArray[np.uint8]) -> None:
    began = time.process_time()
    assert from_image(Image.fromarray(pixels)).shape == (28, 28)
    assert time.process_time() - began < 4  # of all cores


@pytest.mark.parametrize("shape", [(1, 3000), (3000, 1), (33, 3000), (3000, 40), (129, 129)])
def test_odd_shapes_with_a_shadow_and_marks(shape: tuple[int, int]) -> None:
    pixels = np.full(shape, 230, np.uint8)
    pixels[:, : shape[1] // 2] = 120
    pixels[shape[0] // 3 : shape[0] // 2 + 1, shape[1] // 3 : shape[1] * 2 // 3 + 1] = 10
    assert from_image(Image.fromarray(pixels)).shape == (28, 28)
