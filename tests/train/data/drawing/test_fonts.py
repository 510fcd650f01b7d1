"""Fonts are found by their files' names, and give each glyph as an ink image."""

from __future__ import annotations

import shutil
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest

from kmnist_model.preprocess import stroke_width
from train.data.data_folder import DataFolder
from train.data.drawing import fonts

LATIN = Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"  # of a package that training needs


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DataFolder:
    """A data folder with two fonts: one kanji font in two weights, and one of historical letters."""
    monkeypatch.setattr(fonts, "_SYSTEM", ())
    folder = tmp_path / "fonts" / "package"
    folder.mkdir(parents=True)
    for name in ("KleeOne-Regular.ttf", "KleeOne-SemiBold.ttf", "ipamjm.ttf", "Other.ttf"):
        shutil.copy(LATIN, folder / name)
    return DataFolder(tmp_path)


def test_fonts_are_found_by_what_they_teach(data: DataFolder) -> None:
    assert {font.name: [path.name for path in paths] for font, paths in fonts.find(data, "kanji").items()} == {
        "klee": ["KleeOne-Regular.ttf", "KleeOne-SemiBold.ttf"]
    }
    assert [font.name for font in fonts.find(data, "historical")] == ["ipamj-mincho"]
    assert fonts.find(data, "old kana") == {}


def test_only_the_glyphs_that_a_font_has(data: DataFolder) -> None:
    (paths,) = fonts.find(data, "kanji").values()
    assert [(character, path.name) for character, path in fonts.glyphs(paths, "A花B")] == [
        ("A", "KleeOne-Regular.ttf"),
        ("B", "KleeOne-Regular.ttf"),
        ("A", "KleeOne-SemiBold.ttf"),
        ("B", "KleeOne-SemiBold.ttf"),
    ]


def test_a_glyph_fills_the_square_with_the_pen_that_is_asked_for() -> None:
    glyph = fonts.draw(LATIN, "H")
    assert glyph is not None
    widths = []
    for pen in (1.2, 2.6):
        ink = fonts.to_ink(glyph, 48, pen)
        assert (ink.shape, ink.dtype) == ((48, 48), np.uint8)
        assert ink.any(1).all(), "the longest side fills the square"
        widths.append(stroke_width(ink.astype(np.float32) / 255))
    assert widths[0] < 1.9 < 2.1 < widths[1]


def test_a_glyph_without_ink_is_none() -> None:
    assert fonts.draw(LATIN, " ") is None
