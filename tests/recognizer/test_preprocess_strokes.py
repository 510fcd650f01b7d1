"""Strokes -> ink."""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kmnist_model import KMNIST, InkError, from_strokes
from kmnist_model.preprocess import stroke_width
from tests.support.drawing import box, likeness
from train.data.drawing import strokes

SU = [stroke.tolist() for stroke in strokes.load("す")]


@pytest.mark.parametrize("character", KMNIST.characters)
def test_geometry_is_the_training_datas(character: str) -> None:
    ink = from_strokes(strokes.load(character))
    left, top, right, bottom = box(ink)
    assert (ink.shape, ink.dtype) == ((28, 28), np.uint8)
    assert max(right - left, bottom - top) >= 27
    assert abs(left + right - 28) <= 2
    assert abs(top + bottom - 28) <= 2
    assert 1.4 <= stroke_width(ink / np.float32(255)) <= 3.4  # KMNIST's own range


@pytest.mark.parametrize("width", [4, 8, 12])
def test_stroke_width_measures_a_bar(width: int) -> None:
    bar = np.ones((112, width), np.float32)  # the model's scale is a quarter of it
    assert stroke_width(bar) == pytest.approx(width / 4, rel=0.3)


def test_aspect_ratio_is_kept() -> None:
    left, top, right, bottom = box(from_strokes([[[0, 0], [100, 0], [100, 50], [0, 50]]]))
    assert (right - left, bottom - top) == (pytest.approx(28, abs=1), pytest.approx(15, abs=1))  # 26 x 13 between the pen's middles


@pytest.mark.parametrize("scale", [1e-300, 1e-6, 0.01, 3, 1000, 1e300])
@pytest.mark.parametrize("offset", [(0, 0), (-5, 0.5), (300, 1000)])
def test_unit_and_place_do_not_matter(scale: float, offset: tuple[float, float]) -> None:
    moved = [[[(x + offset[0]) * scale, (y + offset[1]) * scale] for x, y in stroke] for stroke in SU]
    difference = np.abs(from_strokes(moved).astype(int) - from_strokes(SU))
    assert difference.max() <= 64  # rounding on the fine grid moves an edge by an eighth of a pixel at most
    assert difference.mean() < 1


@pytest.mark.parametrize(
    "drawing",
    [
        [[[5, 5]]],
        [[[0, 0]]],
        [[[1e308, -1e308]]],
        [[[5, 5], [5, 5], [5, 5]]],
        [[[5, 5, 0]], [[5, 5, 80]]],
    ],
    ids=["tap", "tap at zero", "tap far away", "held still", "two taps on one spot"],
)
def test_a_dot_draws_something_small_in_the_middle(drawing: list) -> None:
    ink = from_strokes(drawing)
    left, top, right, bottom = box(ink)
    assert 1 <= right - left <= 4
    assert 1 <= bottom - top <= 4
    assert abs(left + right - 28) <= 2
    assert abs(top + bottom - 28) <= 2
    assert ink.sum() >= 255  # more than what counts as blank


@pytest.mark.parametrize("drawing", [[], [[]], [[], []], (), np.zeros((0, 5, 2))], ids=str)
def test_no_point_is_no_ink(drawing: Any) -> None:
    assert not from_strokes(drawing).any()


def test_repeated_points_change_nothing() -> None:
    doubled = [[point for point in stroke for _ in range(3)] for stroke in SU]
    assert np.array_equal(from_strokes(doubled), from_strokes(SU))


@pytest.mark.parametrize("milliseconds", [0, -5, 1e308, math.nan, None, "now"])
def test_time_is_ignored(milliseconds: Any) -> None:
    timed = [[[x, y, milliseconds] for x, y in stroke] for stroke in SU]
    assert np.array_equal(from_strokes(timed), from_strokes(SU))


@pytest.mark.parametrize("kind", [tuple, np.array])
def test_tuples_and_arrays_are_strokes_too(kind: Any) -> None:
    assert np.array_equal(from_strokes([kind(stroke) for stroke in SU]), from_strokes(SU))


@pytest.mark.alone
def test_a_long_stroke_is_the_same_line_and_fast() -> None:
    def spiral(points: int) -> list[list[list[float]]]:
        t = np.linspace(0, 6 * math.pi, points)
        return [np.stack([t * np.cos(t), t * np.sin(t)], 1).tolist()]

    began = time.perf_counter()
    long = from_strokes(spiral(10_000))
    assert time.perf_counter() - began < 1
    assert likeness(long, from_strokes(spiral(1_000))) > 0.99


def test_too_many_points_are_refused() -> None:
    assert from_strokes([[[0, 0]] * 100_000]).any()
    with pytest.raises(InkError, match="100,000"):
        from_strokes([[[0, 0]] * 50_000, [[1, 1]] * 50_001])


def test_extreme_numbers_do_not_overflow() -> None:
    cross = from_strokes([[[-1, -1], [1, 1]], [[-1, 1], [1, -1]]])
    assert np.array_equal(from_strokes([[[-1e308, -1e308], [1e308, 1e308]], [[-1e308, 1e308], [1e308, -1e308]]]), cross)


@pytest.mark.parametrize(
    "junk",
    [
        None,
        5,
        "strokes",
        b"strokes",
        {},
        {"strokes": []},
        pytest.param(object(), id="an object"),
        [5],
        [None],
        ["stroke"],
        [{}],
        [{"x": 1, "y": 2}],
        [[5]],
        [[None]],
        [["12"]],
        [[b"12"]],
        [[{"x": 1, "y": 2}]],
        [[{0: 1, 1: 2}]],
        [[[]]],
        [[[1]]],
        [[[1, 2, 3, 4]]],
        [[[1, 2], [1]]],
        [[[None, 1]]],
        [[["1", "2"]]],
        [[[[1], [2]]]],
        [[[[[[1]]]], 2]],
        [[[1j, 2]]],
        [[[10**400, 0]]],
        [[[math.nan, 0]]],
        [[[0, math.inf]]],
        [[[0, 0], [-math.inf, 0]]],
        np.array(5),
        [np.array(5)],
        np.zeros((3, 4)),
        np.zeros((1, 3, 4)),
        [list],
    ],
    ids=lambda junk: repr(junk)[:40],
)
def test_junk_is_refused_in_one_sentence(junk: Any) -> None:
    with pytest.raises(InkError) as caught:
        from_strokes(junk)
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)


_number = st.floats() | st.integers(-(10**320), 10**320) | st.integers(-500, 500)
_point = st.lists(_number, min_size=2, max_size=3)
_wild = st.recursive(
    st.none() | st.booleans() | _number | st.text(max_size=3) | st.binary(max_size=3),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.integers(0, 2) | st.text(max_size=2), inner, max_size=3),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(_point, max_size=6), max_size=4) | _wild | st.lists(_wild) | st.lists(st.lists(_wild)))
def test_wild_input_gives_an_ink_or_an_ink_error(drawing: Any) -> None:
    try:
        ink = from_strokes(drawing)
    except InkError:
        return
    assert (ink.shape, ink.dtype) == ((28, 28), np.uint8)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400)), min_size=1, max_size=8), min_size=1, max_size=4))
def test_every_drawing_leaves_ink(drawing: list) -> None:
    assert from_strokes(drawing).sum(dtype=int) >= 255
