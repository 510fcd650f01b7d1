"""How near a drawing came to a letter, with prototypes along the axes of a small space."""

from __future__ import annotations

import numpy as np
import pytest

from kmnist_model import InkError
from kmnist_model.characters.historical_forms import HistoricalForms, Letter
from kmnist_model.characters.likeness import Likeness, likeness

TODAY, AFTER, TWIN = "は", "\U0001b0a5", "\U0001b0a6"
LETTERS = (Letter(TODAY, "は", "波"), Letter(AFTER, "は", "者"), Letter(TWIN, "は", "者"))
EYE = np.eye(4, dtype=np.float32)
FORMS = HistoricalForms(LETTERS, EYE[:3], np.arange(3), np.zeros(4, np.float32), EYE, "abc")


def _likeness(*features: float, letter: str = AFTER) -> Likeness:
    return likeness(np.array(features, np.float32), "は", letter, FORMS)


@pytest.mark.parametrize(
    ("features", "grade", "score"),
    [((0, 1, 0, 0), "close", 100), ((0, 0.6, 0, 0.8), "fair", 57), ((0, 0.3, 0, 0.954), "far", 14), ((0, 0, 0, 1), "far", 0)],
)
def test_a_drawing_is_graded_by_its_similarity(features: tuple[float, ...], grade: str, score: int) -> None:
    found = _likeness(*features)
    assert (found.grade, found.score) == (grade, score)


def test_another_letter_is_named_where_it_is_nearer() -> None:
    found = _likeness(0.8, 0.6, 0, 0)
    assert (found.grade, found.nearest.parent) == ("other", "波")


def test_a_letter_of_the_same_parent_is_as_good() -> None:
    found = _likeness(0, 0.6, 0.8, 0)
    assert (found.grade, found.nearest.letter) == ("fair", TWIN)


def test_a_letter_that_is_nearer_by_little_is_not_named() -> None:
    assert _likeness(0.72, 0.69, 0, 0).grade == "fair"


def test_a_letter_of_another_kana_is_refused() -> None:
    with pytest.raises(InkError, match="table of forms"):
        _likeness(0, 1, 0, 0, letter="あ")
