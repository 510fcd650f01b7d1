"""Pictures as telephones save them: HEIC. The two files hold a drawn す, the second turned by its metadata."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from kmnist_model import PictureError, Recognizer, open_image
from kmnist_model.pictures import heif

UPRIGHT, TURNED = (Path(__file__).with_name(name) for name in ("character.heic", "character_turned.heic"))


@pytest.mark.parametrize("path", [UPRIGHT, TURNED])
def test_a_heic_file_is_opened_upright_and_read(path: Path, recognizer: Recognizer) -> None:
    image = open_image(path)
    assert image.size == (160, 200)
    assert np.asarray(image.convert("L")).mean() > 128
    assert recognizer.read(path).candidates[0].character == "す"


def test_a_damaged_or_too_large_one_is_refused_in_a_sentence() -> None:
    data = UPRIGHT.read_bytes()
    for cut in (len(data) // 2, len(data) - 20):
        with pytest.raises(PictureError, match="save it again as PNG or JPEG"):
            open_image(data[:cut])
    with pytest.raises(PictureError, match="not a picture"):
        open_image(data[:300])
    with pytest.raises(PictureError, match="million pixels"):
        open_image(data, max_pixels=160 * 200 - 1)


def test_an_avif_is_left_to_pillow() -> None:
    assert not heif.is_heif(b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf")
    assert not heif.is_heif(b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf")
    assert heif.is_heif(UPRIGHT.read_bytes())


def test_without_its_package_the_sentence_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pi_heif", None)
    heif.register.cache_clear()
    with pytest.raises(PictureError, match="pip install pi-heif"):
        open_image(UPRIGHT)
