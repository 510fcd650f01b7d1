"""A character's ink is cut out without its neighbours'."""

from __future__ import annotations

import numpy as np

from kmnist_model.page.own_ink import Ink


def _box(*sides: float) -> np.ndarray:
    return np.array(sides, np.float32)


def test_what_reaches_a_little_over_the_box_is_the_characters() -> None:
    ink = np.zeros((60, 60), np.float32)
    ink[20:42, 30] = 1
    own = Ink(ink).cut(_box(22, 20, 40, 40))
    assert own is not None
    assert own.box == (30, 20, 31, 42)
    assert own.ink.sum() == 22


def test_a_neighbour_that_reaches_in_is_cut_at_the_box() -> None:
    ink = np.zeros((80, 60), np.float32)
    ink[20:40, 30] = 1
    ink[42:78, 35] = 1  # mostly of the next character
    own = Ink(ink).cut(_box(20, 18, 45, 41))
    assert own is not None
    assert own.box == (30, 20, 31, 40)


def test_bare_paper_is_nothing() -> None:
    assert Ink(np.zeros((20, 20), np.float32)).cut(_box(2, 2, 10, 10)) is None
    assert Ink(np.ones((20, 20), np.float32)).cut(_box(30, 30, 40, 40)) is None
