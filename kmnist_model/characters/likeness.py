"""How near a drawing comes to one letter of a kana, by its features and the prototypes of all the letters of that kana.

The bounds were set on the pencil drawings of Noto Serif Hentaigana, without the prototypes made from them, and on today's letters in modern hands of
pages that nothing was learnt from. `python -m train learn` prints how the
drawings are graded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from kmnist_model.characters.historical_forms import Form, HistoricalForms
from kmnist_model.errors import InkError

Grade = Literal["close", "fair", "far", "other"]

CLOSE, FAIR = 0.75, 0.5  # similarities from which a drawing is graded so
MARGIN = 0.05  # by which a letter of another parent must be nearer to be named instead
_NONE, _FULL = 0.2, 0.9  # similarities that score 0 and 100: the median of wrong letters is 0.15, that of right ones 0.89


@dataclass(frozen=True, slots=True)
class Likeness:
    """The `similarity` (-1..1) of a drawing to a letter, a `score` of 0 to 100, a `grade`, and the `nearest` letter of the same kana.

    The grade is "other" if the nearest letter has another parent kanji and is nearer by more than a little.
    """

    similarity: float
    score: int
    grade: Grade
    nearest: Form


def likeness(features: NDArray[np.float32], kana: str, letter: str, forms: HistoricalForms) -> Likeness:
    """How near features (D,) come to a `letter` of a `kana`, today's or a historical one. Raises `InkError` if the kana has no such letter."""
    ranked = forms.nearest(features, kana, len(forms.letters))
    wanted = next((form for form in ranked if form.letter == letter), None)
    if wanted is None:
        raise InkError(f"{kana} has no letter {letter}: choose one from the table of forms.")
    nearest, similarity = ranked[0], wanted.similarity
    is_other = nearest.parent != wanted.parent and nearest.similarity - similarity > MARGIN
    grade: Grade = "other" if is_other else "close" if similarity >= CLOSE else "fair" if similarity >= FAIR else "far"
    score = round(100 * min(1.0, max(0.0, (similarity - _NONE) / (_FULL - _NONE))))
    return Likeness(similarity, score, grade, nearest)
