"""Mistakes as small pictures."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from kmnist_model import data_url
from train.evaluation.neighbours import Mistake
from train.publishing.mistakes import ON_CARD, described, path_of, save, sheet, strip


@pytest.fixture
def mistake(inks: NDArray[np.uint8]) -> Mistake:
    return Mistake(inks[0], "お", "す", 0.875, inks[40:43], inks[1:3])


def test_a_strip_shows_its_inks_side_by_side(inks: NDArray[np.uint8]) -> None:
    with Image.open(io.BytesIO(data_url.to_bytes(strip(inks[:3])))) as image:
        shown = 255 - np.asarray(image.convert("L")).astype(int)
    assert shown.shape == (28, 3 * 28 + 2 * 4)
    for number, ink in enumerate(inks[:3]):
        assert abs(shown[:, number * 32 : number * 32 + 28] - ink).max() <= 9, "sixteen greys"
    assert not shown[:, 28:32].any()
    assert strip(inks[:0]) == ""
    assert len(strip(inks[:3])) < 2500


def test_a_sheet_has_a_row_for_each_mistake(mistake: Mistake) -> None:
    one, two = (np.asarray(sheet([mistake] * count)) for count in (1, 2))
    assert two.shape[1] == one.shape[1]
    assert two.shape[0] - one.shape[0] == 64
    np.testing.assert_array_equal(one[20:, 30:], two[20:84, 30:])
    last = one[20:76, -64:-8]
    assert last.min() == 255, "only two of the right class are to be had"
    before = one[20:76, -128:-72]
    expected = 255 - np.asarray(Image.fromarray(mistake.like_truth[1]).resize((56, 56), Image.Resampling.BICUBIC)).astype(int)
    assert abs(before[1:-1, 1:-1] - expected[1:-1, 1:-1]).max() <= 1


def test_the_file_holds_its_attribution_and_the_card_its_words(mistake: Mistake, tmp_path: Path) -> None:
    path = save([mistake] * 20, "Someone's pictures, CC BY-SA 4.0", path_of(tmp_path / "tiny.safetensors"))
    assert path == tmp_path / "tiny-mistakes.png"
    with Image.open(path) as image:
        assert image.info["Copyright"] == "Someone's pictures, CC BY-SA 4.0"
        assert image.size == sheet([mistake] * ON_CARD).size
    assert path.stat().st_size < 60_000
    said = described([mistake] * 20, "Someone's pictures", path)
    assert said["picture"] == "tiny-mistakes.png"
    assert said["shown"] == [["お", "す", 0.875]] * ON_CARD
