"""KanjiVG's strokes, a jittered hand, and scribbles."""

from __future__ import annotations

import numpy as np
import pytest

from kmnist_model import KMNIST, from_strokes
from tests.support.drawing import likeness
from train.data.drawing import strokes


@pytest.mark.parametrize(
    ("character", "count"), list(zip("おきすつなはまやれをAあ1木", [3, 4, 2, 1, 4, 3, 3, 3, 2, 3, 3, 3, 1, 4], strict=True))
)
def test_strokes_are_counted_and_lie_in_the_square(character: str, count: int) -> None:
    lines = strokes.load(character)
    assert len(lines) == count
    for line in lines:
        assert line.shape[1:] == (2,)
        assert len(line) >= 2
        assert line.min() >= 0
        assert line.max() <= 109


def test_a_character_without_strokes() -> None:
    with pytest.raises(KeyError, match="KanjiVG has no strokes"):
        strokes.load("€")


def test_jitter_is_the_seeds() -> None:
    first, again, other = (strokes.jitter(strokes.load("な"), np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert all(np.array_equal(one, two) for one, two in zip(first, again, strict=True))
    assert not np.array_equal(from_strokes(first), from_strokes(other))


@pytest.mark.parametrize("character", KMNIST.characters)
def test_jitter_keeps_the_character(character: str) -> None:
    rng = np.random.default_rng(0)
    plain = from_strokes(strokes.load(character))
    written = [from_strokes(strokes.jitter(strokes.load(character), rng, 0.3)) for _ in range(20)]
    assert np.median([likeness(ink, plain) for ink in written]) > 0.4
    others = [from_strokes(strokes.load(other)) for other in KMNIST.characters if other != character]
    assert np.mean([max(likeness(ink, other) for other in others) < likeness(ink, plain) for ink in written]) > 0.7


def test_jitter_does_not_touch_the_strokes_it_was_given() -> None:
    before = [line.copy() for line in strokes.load("す")]
    strokes.jitter(strokes.load("す"), np.random.default_rng(0))
    assert all(np.array_equal(one, two) for one, two in zip(before, strokes.load("す"), strict=True))


@pytest.mark.parametrize("character", ["お", "る"])
def test_an_ink_of_strokes_is_drawn_as_a_visitors(character: str) -> None:
    points = [stroke.tolist() for stroke in strokes.load(character)]
    assert np.array_equal(strokes.to_ink(strokes.load(character)), from_strokes(points))


def test_scribbles_draw_something_and_differ() -> None:
    rng = np.random.default_rng(0)
    inks = [from_strokes(strokes.scribble(rng)) for _ in range(100)]
    assert min(int(ink.sum()) for ink in inks) >= 255
    assert len({ink.tobytes() for ink in inks}) > 95


def test_scribbles_are_the_seeds() -> None:
    one, two = (from_strokes(strokes.scribble(np.random.default_rng(4))) for _ in range(2))
    assert np.array_equal(one, two)


@pytest.mark.parametrize(("stroke", "points"), [([[0, 0], [10, 0]], 6), ([[3, 3]], 1), ([[3, 3], [3, 3]], 1)])
def test_resample(stroke: list, points: int) -> None:
    line = strokes.resample(np.array(stroke, float), 2)
    assert len(line) == points
    assert np.array_equal(line[-1], stroke[-1])


def test_by_mouse_there_are_few_points_and_the_shape_stays() -> None:
    rng = np.random.default_rng(0)
    drawings = [strokes.by_mouse(strokes.load("お"), rng) for _ in range(20)]
    points = [sum(map(len, drawing)) for drawing in drawings]
    assert min(points) < 30 < max(points) < 120
    assert len({strokes.to_ink(drawing).tobytes() for drawing in drawings}) == 20
    mean = np.mean([strokes.to_ink(drawing) for drawing in drawings], axis=0)
    clean = strokes.to_ink(strokes.load("お")).astype(float)
    assert np.corrcoef(mean.ravel(), clean.ravel())[0, 1] > 0.5
