"""Pictures of more pixels than are decoded: JPEG and JPEG 2000 open smaller, and remember their size."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kmnist_model import PictureError, Recognizer, full_size, open_image, read_page
from server.messages import CorrectionMessage
from synthetic_pages import glyphs
from synthetic_pages.maker import MadePage, make_page
from tests.support.files import saved

SIZE = (401, 300)
PICTURE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (30, 40, 3)).astype(np.uint8)).resize(SIZE)
FORMATS = {"JPEG": {}, "JPEG, progressive": {"progressive": True}, "JPEG2000": {}, "JPEG2000, lossy": {"quality_layers": [20]}}


def _file(kind: str, picture: Image.Image = PICTURE, **options: object) -> bytes:
    return saved(picture, kind.split(",")[0], **FORMATS[kind], **options)


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("share", [0.9, 0.3])
def test_a_larger_picture_is_decoded_smaller(kind: str, share: float) -> None:
    pixels = round(SIZE[0] * SIZE[1] * share)
    if kind == "JPEG, progressive" and share < 0.5:
        with pytest.raises(PictureError, match="million pixels"):
            open_image(_file(kind), max_pixels=pixels)
        return
    opened = open_image(_file(kind), max_pixels=pixels)
    assert opened.width * opened.height <= pixels
    assert full_size(opened) == SIZE != opened.size
    truth = np.asarray(PICTURE.resize(opened.size, Image.Resampling.BOX), int)
    assert np.abs(np.asarray(opened, int) - truth).mean() < 20  # wavelets are half a pixel off


@pytest.mark.parametrize("kind", FORMATS)
def test_a_picture_within_the_limit_is_decoded_as_it_is(kind: str) -> None:
    opened = open_image(_file(kind))
    assert opened.size == full_size(opened) == SIZE


@pytest.mark.parametrize("kind", ["JPEG", "JPEG2000"])
def test_a_picture_of_more_than_four_times_the_limit_is_refused(kind: str) -> None:
    with pytest.raises(PictureError, match="million pixels: make it smaller"):
        open_image(_file(kind), max_pixels=SIZE[0] * SIZE[1] // 5)


def test_a_jpeg_2000_without_levels_is_decoded_whole_or_refused() -> None:
    data = _file("JPEG2000", num_resolutions=1)
    assert open_image(data, max_pixels=SIZE[0] * SIZE[1]).size == SIZE
    with pytest.raises(PictureError, match="million pixels: make it smaller"):
        open_image(data, max_pixels=SIZE[0] * SIZE[1] - 1)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_full_size_is_that_of_the_upright_picture(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    opened = open_image(_file("JPEG", exif=exif), max_pixels=40_000)
    assert full_size(opened) == (SIZE if orientation < 5 else SIZE[::-1])
    assert (opened.width > opened.height) == (orientation < 5)


@pytest.fixture(scope="module")
def made() -> MadePage:
    return make_page(22, glyphs.drawn(), hard=False, characters=24, direction="vertical")


def _photograph(made: MadePage) -> Image.Image:
    """The page as a phone of 50 megapixels takes it."""
    return made.picture.resize((8160 * 3 // 4, 8160))


@pytest.mark.slow
def test_a_photograph_of_50_megapixels_is_read_with_boxes_in_its_own_pixels(made: MadePage, recognizer: Recognizer) -> None:
    photograph = _photograph(made)
    assert photograph.width * photograph.height > 49e6
    page = read_page(saved(photograph, "JPEG"), recognizer=recognizer)
    assert page.size == photograph.size
    assert page.text == made.text
    across, down = photograph.width / made.picture.width, photograph.height / made.picture.height
    for character, truth in zip(page.characters, made.characters, strict=True):
        box = (truth.box[0] * across, truth.box[1] * down, truth.box[2] * across, truth.box[3] * down)
        assert np.abs(np.subtract(character.box, box)).max() < 6 * max(across, down)


MEMORY = """
import resource, sys
from kmnist_model import open_image
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
open_image(sys.argv[1])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.slow
@pytest.mark.alone
@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak memory as Linux counts it")
@pytest.mark.parametrize(("kind", "megabytes"), [("JPEG", 150), ("JPEG, progressive", 450), ("JPEG2000, lossy", 300)])
def test_the_memory_of_50_megapixels_is_bounded(kind: str, megabytes: int, tmp_path: Path) -> None:
    grain = Image.fromarray(np.random.default_rng(0).integers(100, 256, (612, 816, 3)).astype(np.uint8)).resize((8160, 6120))
    path = tmp_path / "photograph"
    path.write_bytes(_file(kind, grain.convert("L") if "2000" in kind else grain))
    done = subprocess.run([sys.executable, "-c", MEMORY, str(path)], capture_output=True, text=True, check=True)
    assert int(done.stdout) / 1024 < megabytes


def test_a_correction_is_not_a_larger_picture_made_smaller() -> None:
    with pytest.raises(ValueError, match="pixels square"):
        CorrectionMessage(seq=1, character="お", picture=saved(Image.new("L", (96, 96)), "JPEG"))
