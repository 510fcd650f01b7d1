"""Pictures -> ink: whatever the mode, polarity, background, light, size, pen and orientation."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray
from PIL import Image, ImageOps

from kmnist_model import KMNIST, PictureError, from_image, from_strokes
from kmnist_model.preprocess import stroke_width
from tests.support.drawing import box, glyph, likeness
from train.data.drawing import strokes

SU = glyph("す")
INK = from_image(SU)


def _wide(image: Image.Image, dtype: type, factor: float) -> Image.Image:
    return Image.fromarray((np.asarray(image, np.float64) * factor).round(6).astype(dtype))


def _transparent(image: Image.Image, colour: tuple[int, int, int]) -> Image.Image:
    """The dark part of `image` in `colour`, on nothing."""
    picture = Image.new("RGBA", image.size, (*colour, 0))
    picture.putalpha(ImageOps.invert(image))
    return picture


def _with_margin(image: Image.Image) -> Image.Image:
    """Opaque paper in the middle of a transparent sheet."""
    sheet = Image.new("RGBA", (image.width * 2, image.height * 2), (0, 0, 0, 0))
    sheet.paste(image.convert("RGBA"), (image.width // 3, image.height // 2))
    return sheet


MODES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "1": lambda image: image.convert("1", dither=Image.Dither.NONE),
    "L": lambda image: image,
    "LA": lambda image: image.convert("LA"),
    "P": lambda image: image.convert("P"),
    "PA": lambda image: image.convert("PA"),
    "RGB": lambda image: image.convert("RGB"),
    "RGBA": lambda image: image.convert("RGBA"),
    "RGBX": lambda image: image.convert("RGBX"),
    "CMYK": lambda image: image.convert("RGB").convert("CMYK"),
    "YCbCr": lambda image: image.convert("RGB").convert("YCbCr"),
    "HSV": lambda image: image.convert("RGB").convert("HSV"),
    "I;16": lambda image: _wide(image, np.uint16, 257),
    "I": lambda image: _wide(image, np.int32, 1),
    "I, 16 bits": lambda image: _wide(image, np.int32, 257),
    "F, 0 to 1": lambda image: _wide(image, np.float32, 1 / 255),
    "F, 0 to 255": lambda image: _wide(image, np.float32, 1),
}


@pytest.mark.parametrize("white_ink", [False, True], ids=["black on white", "white on black"])
@pytest.mark.parametrize("mode", MODES)
def test_every_mode_and_polarity_gives_the_same_ink(mode: str, white_ink: bool) -> None:
    picture = MODES[mode](ImageOps.invert(SU) if white_ink else SU)
    assert picture.mode == mode.split(",")[0]
    assert likeness(from_image(picture), INK) > 0.97


@pytest.mark.parametrize(
    "picture",
    [
        _transparent(SU, (0, 0, 0)),
        _transparent(SU, (255, 255, 255)),
        _transparent(SU, (200, 30, 60)),
        _transparent(SU, (0, 0, 0)).convert("LA"),
        _with_margin(SU),
        _with_margin(ImageOps.invert(SU)),
    ],
    ids=["black on nothing", "white on nothing", "red on nothing", "LA", "paper inside nothing", "slate inside nothing"],
)
def test_transparency(picture: Image.Image) -> None:
    assert likeness(from_image(picture), INK) > 0.95


def test_a_palettes_transparent_colour_is_no_ink() -> None:
    picture = SU.point(lambda value: 255 * (value > 127)).convert("P")
    picture.info["transparency"] = 255
    assert likeness(from_image(picture), INK) > 0.95


# What a camera does to an upright picture, so that the tag's turn brings it back.
_TURNED = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


@pytest.mark.parametrize("orientation", _TURNED)
def test_exif_orientation(orientation: int) -> None:
    turn = _TURNED[orientation]
    stored = SU if turn is None else SU.transpose(turn)
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = io.BytesIO()
    stored.save(file, "PNG", exif=exif)
    assert np.array_equal(from_image(Image.open(file)), INK)


def _lamp(pixels: NDArray[np.float64]) -> NDArray[np.float64]:
    y, x = np.mgrid[0 : 1 : pixels.shape[0] * 1j, 0 : 1 : pixels.shape[1] * 1j]
    return pixels * (1 - 0.55 * (x + y) / 2)


def _corner(pixels: NDArray[np.float64]) -> NDArray[np.float64]:
    y, x = np.mgrid[0 : 1 : pixels.shape[0] * 1j, 0 : 1 : pixels.shape[1] * 1j]
    return pixels * (1 - 0.5 * np.exp(-3 * (x**2 + y**2)))


def _grain(pixels: NDArray[np.float64]) -> NDArray[np.float64]:
    return pixels + np.random.default_rng(0).normal(0, 12, pixels.shape)


@pytest.mark.parametrize(
    "light",
    [_lamp, _corner, _grain, lambda p: p * 0.4 + 90, lambda p: p * 0.2 + 190, lambda p: p * 0.25],
    ids=["lamp's fall-off", "shadow in a corner", "grain", "grey on grey", "faint pencil", "dark photo"],
)
def test_uneven_and_poor_light(light: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> None:
    pixels = light(np.asarray(SU, np.float64))
    assert likeness(from_image(Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))), INK) > 0.9


@pytest.mark.parametrize("quality", [5, 20, 75])
def test_jpeg_noise(quality: int) -> None:
    file = io.BytesIO()
    SU.convert("RGB").save(file, "JPEG", quality=quality)
    assert likeness(from_image(Image.open(file)), INK) > 0.93


@pytest.mark.parametrize("character", "おすつれを")
@pytest.mark.parametrize(
    ("side", "pen"), [(200, 1 / 200), (512, 1 / 512), (800, 1 / 800), (512, 0.01), (512, 0.03), (512, 0.12), (1500, 0.16)]
)
def test_thin_and_thick_pens_are_brought_near(character: str, side: int, pen: float) -> None:
    ink = from_image(glyph(character, side, pen))
    assert 1.2 <= stroke_width(ink / np.float32(255)) <= 5
    assert likeness(ink, from_strokes(strokes.load(character))) > 0.65


@pytest.mark.parametrize("side", [28, 40, 64, 100, 200, 511, 513, 900, 1500])
@pytest.mark.parametrize("character", "おつを")
def test_size_does_not_matter(character: str, side: int) -> None:
    reference = from_image(glyph(character, 300, 0.06, 0.05))
    assert likeness(from_image(glyph(character, side, 0.06, 0.05)), reference) > (0.9 if side > 28 else 0.8)  # enlarged from 25 px


@pytest.mark.parametrize("character", KMNIST.characters)
def test_geometry_is_the_training_datas(character: str) -> None:
    left, top, right, bottom = box(from_image(glyph(character)))
    assert max(right - left, bottom - top) >= 27
    assert abs(left + right - 28) <= 2
    assert abs(top + bottom - 28) <= 2


@pytest.mark.parametrize("place", [(0, 0), (600, 0), (300, 590), (150, 20)])
def test_off_centre_with_huge_margins(place: tuple[int, int]) -> None:
    page = Image.new("L", (800, 790), 250)
    page.paste(SU, place)
    assert likeness(from_image(page), INK) > 0.9


@pytest.mark.parametrize("character", KMNIST.characters)
def test_ink_goes_through_nearly_unchanged(character: str) -> None:
    rng = np.random.default_rng(5)
    for _ in range(5):
        ink = from_strokes(strokes.jitter(strokes.load(character), rng))
        assert likeness(from_image(Image.fromarray(ink)), ink) > 0.93


def test_dust_is_no_ink() -> None:
    page = np.array(SU.resize((300, 300)))
    for x, y in ((4, 6), (290, 20), (8, 285), (280, 280)):
        page[y : y + 3, x : x + 3] = 0
    assert likeness(from_image(Image.fromarray(page)), INK) > 0.95


def _noise(sigma: float, shape: tuple[int, int] = (200, 150)) -> Image.Image:
    return Image.fromarray(np.random.default_rng(1).normal(128, sigma, shape).clip(0, 255).astype(np.uint8))


@pytest.mark.parametrize(
    "picture",
    [
        Image.new("L", (200, 200), 255),
        Image.new("RGB", (200, 200), 0),
        Image.new("L", (200, 200), 128),
        Image.new("RGBA", (200, 200), (0, 0, 0, 0)),
        Image.new("RGBA", (200, 200), (255, 255, 255, 0)),
        Image.new("L", (1, 1), 0),
        Image.new("L", (1, 4000), 255),
        Image.new("1", (4000, 1), 0),
        Image.fromarray(_lamp(np.full((300, 300), 240.0)).astype(np.uint8)),
        _noise(3),
        _noise(15),
        _noise(60),
    ],
    ids=[
        "white",
        "black",
        "grey",
        "nothing",
        "white nothing",
        "1x1",
        "1x4000",
        "4000x1",
        "lamp on bare paper",
        "grain",
        "noise",
        "wild noise",
    ],
)
def test_a_picture_without_a_mark_is_blank(picture: Image.Image) -> None:
    assert not from_image(picture).any()


def test_a_single_dot_is_ink() -> None:
    page = np.full((200, 200), 255, np.uint8)
    page[90:100, 50:60] = 0
    assert from_image(Image.fromarray(page)).sum() >= 255


@pytest.mark.parametrize("shape", [(1, 4000), (4000, 1), (2, 3), (3000, 5), (28, 28)])
def test_odd_shapes_with_marks_do_not_crash(shape: tuple[int, int]) -> None:
    pixels = np.full(shape, 255, np.uint8)
    pixels[shape[0] // 3 : shape[0] // 2 + 1, shape[1] // 3 : shape[1] // 2 + 1] = 0
    assert from_image(Image.fromarray(pixels)).shape == (28, 28)


def test_a_broken_file_is_a_picture_error() -> None:
    file = io.BytesIO()
    SU.save(file, "PNG")
    image = Image.open(io.BytesIO(file.getvalue()[: file.tell() // 2]))
    with pytest.raises(PictureError, match=r"is cut off: .* save it again as PNG or JPEG\.$"):
        from_image(image)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_not_numbers_are_refused(value: float) -> None:
    with pytest.raises(PictureError, match="not numbers"):
        from_image(Image.fromarray(np.full((30, 30), value, np.float32)))


def test_the_given_image_is_left_alone() -> None:
    before = SU.copy()
    from_image(SU)
    assert np.array_equal(np.asarray(before), np.asarray(SU))


_shapes = st.tuples(st.integers(1, 40), st.integers(1, 40))
_few_levels = st.lists(st.integers(0, 255), min_size=2, max_size=4)


@settings(max_examples=200, deadline=None)
@given(
    arrays.arrays(np.uint8, _shapes)
    | _shapes.flatmap(lambda shape: _few_levels.flatmap(lambda levels: arrays.arrays(np.uint8, shape, elements=st.sampled_from(levels))))
)
def test_wild_pixels_give_an_ink(pixels: NDArray[np.uint8]) -> None:
    ink = from_image(Image.fromarray(pixels))
    assert (ink.shape, ink.dtype) == ((28, 28), np.uint8)


@pytest.mark.parametrize("seed", range(4))
def test_few_grey_levels_never_crash(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for _ in range(150):
        levels = rng.integers(0, 256, rng.integers(2, 5))
        ink = from_image(Image.fromarray(rng.choice(levels, rng.integers(1, 40, 2)).astype(np.uint8)))
        assert ink.shape == (28, 28)
