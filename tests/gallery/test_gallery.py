"""The gallery of real characters: its files, its search, and the one in the package."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors import safe_open

from kmnist_model import KMNIST, InkError, Recognizer, WeightsError, from_strokes
from kmnist_model.gallery import gallery
from kmnist_model.gallery.contact_sheet import contact_sheet
from kmnist_model.gallery.gallery import CELL, Gallery
from train.data.drawing.strokes import load

RNG = np.random.default_rng(0)
CHARACTERS = "おおきすつ"


@pytest.fixture(scope="module")
def wide() -> Recognizer:
    return Recognizer.load(gallery.WEIGHTS, "cpu")


@pytest.fixture
def made() -> Gallery:
    """Five pictures; the vector of each points along an axis of its own."""
    return Gallery(
        vectors=(127 * np.eye(5, 6)).astype(np.int8),
        codepoints=np.array([ord(character) for character in CHARACTERS], np.uint32),
        source=np.array([0, 0, 1, 1, 1], np.uint8),
        sources=("one", "other"),
        mean=np.zeros(6, np.float32),
        projection=np.eye(6, dtype=np.float32),
        weights="0123456789abcdef",
        sprite=RNG.integers(0, 4, (2 * CELL, 3 * CELL)).astype(np.uint8),
    )


def test_what_is_saved_is_loaded(made: Gallery, tmp_path: Path) -> None:
    made.save(tmp_path / "gallery.safetensors")
    again = Gallery.load(tmp_path / "gallery.safetensors")
    assert (again.sprite == made.sprite).all()
    assert (again.vectors == made.vectors).all()
    assert (again.sources, again.weights) == (made.sources, made.weights)
    picture = again.picture(4)  # second row, second column
    assert (picture == made.sprite[CELL:, CELL : 2 * CELL] * 85).all()


@pytest.mark.parametrize("fault", ["missing", "cut", "another sprite", "wrong size"])
def test_a_damaged_gallery_is_refused_in_one_sentence(made: Gallery, tmp_path: Path, fault: str) -> None:
    path = tmp_path / "gallery.safetensors"
    made.save(path)
    if fault == "missing":
        path.with_suffix(".png").unlink()
    elif fault == "cut":
        path.write_bytes(path.read_bytes()[:-7])
    elif fault == "another sprite":
        Image.fromarray(made.sprite).save(path.with_suffix(".png"))
    else:
        replace(made, sprite=made.sprite[:CELL]).save(path)
    with pytest.raises(WeightsError, match=r"make it again with python -m train gallery\.$"):
        Gallery.load(path)


def test_the_nearest_come_first_and_only_of_what_is_asked(made: Gallery) -> None:
    features = np.array([0.1, 0.9, 0.2, 0.3, 0, 0], np.float32)
    places, similarities = made.search(features, 3)
    assert places.tolist() == [1, 3, 2]
    assert similarities[0] == pytest.approx(0.9 / np.linalg.norm(features), rel=1e-3)
    assert made.search(features, 8, made.rows("きつ"))[0].tolist() == [2, 4]


def test_other_weights_are_refused(recognizer: Recognizer) -> None:
    with pytest.raises(WeightsError, match="not made with these weights: choose kuzushiji"):
        recognizer.nearest(np.zeros((28, 28), np.uint8))
    assert not gallery.fits(recognizer)


def test_the_gallery_in_the_package_fits_its_weights_and_its_limits(wide: Recognizer) -> None:
    released = gallery.released()
    assert gallery.fits(wide)
    assert len(released) <= 40_000
    assert gallery.FILE.stat().st_size + gallery.FILE.with_suffix(".png").stat().st_size <= 9_000_000
    assert len(set(released.codepoints.tolist())) == 3832 + len(KMNIST), "every class of both datasets"
    with safe_open(gallery.FILE, framework="np") as file:
        assert "CODH" in file.metadata()["attribution"]
        assert file.metadata()["licence"] == "CC BY-SA 4.0"
    with Image.open(gallery.FILE.with_suffix(".png")) as sprite:
        assert "CODH" in sprite.info["Copyright"]


@pytest.mark.parametrize("character", "花月人")
def test_a_drawing_finds_real_ones_of_its_character(wide: Recognizer, character: str) -> None:
    neighbours = wide.nearest(from_strokes(load(character), wide.size), 8)
    assert sum(neighbour.character == character for neighbour in neighbours) >= 5
    assert [neighbour.similarity for neighbour in neighbours] == sorted((it.similarity for it in neighbours), reverse=True)
    assert all(neighbour.picture.shape == (CELL, CELL) and neighbour.picture.any() for neighbour in neighbours)


def test_a_recogniser_of_kana_finds_kana_alone() -> None:
    kana = Recognizer.load(gallery.WEIGHTS, "cpu", only="kana")
    assert {it.character for it in kana.nearest(from_strokes(load("花"), kana.size), 20)} <= set(KMNIST.characters)


def test_an_ink_of_another_shape_is_refused(wide: Recognizer) -> None:
    with pytest.raises(InkError, match="48, 48"):
        wide.nearest(np.zeros((28, 28), np.uint8))


def test_a_contact_sheet_shows_ink_and_neighbours(wide: Recognizer) -> None:
    ink = from_strokes(load("花"), wide.size)
    one, two = (contact_sheet([(ink, wide.nearest(ink, 4))] * rows) for rows in (1, 2))
    assert two.height > one.height
    assert two.width == one.width
    columns = np.asarray(one)[8:104].min(0) < 128  # where there is ink: the drawing, and each neighbour
    assert [bool(columns[left : left + 96].any()) for left in (8, *(120 + 104 * place for place in range(4)))] == [True] * 5
