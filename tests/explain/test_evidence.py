"""Which ink spoke for a character."""

from __future__ import annotations

import numpy as np
import pytest

from kmnist_model import InkError, Recognizer, from_strokes
from kmnist_model.explain.evidence import ink_evidence, integrated_gradients, log_odds, stroke_evidence
from kmnist_model.preprocess import without_each_stroke
from train.data.drawing.strokes import load

FRAME = [[0, 0], [100, 0], [100, 100], [0, 100], [0, 0]]
CROSS = [[[50, 20], [50, 80]], [[20, 50], [80, 50]]]


@pytest.mark.parametrize("size", [28, 48])
def test_what_is_left_without_a_stroke_keeps_its_place(size: int) -> None:
    left = without_each_stroke([FRAME, *CROSS], size)
    assert left.shape == (3, size, size)
    assert (left[1] == from_strokes([FRAME, CROSS[1]], size)).all()
    assert (left[2] == from_strokes([FRAME, CROSS[0]], size)).all()
    whole = from_strokes([FRAME, *CROSS], size)
    assert (left[0][whole == 0] == 0).all()
    assert left[0].sum() < from_strokes(CROSS, size).sum(), "the cross alone would be drawn larger"


def test_a_strokes_evidence_is_what_the_odds_lose_without_it(recognizer: Recognizer) -> None:
    strokes = [stroke.tolist() for stroke in load("お")]
    found = stroke_evidence(recognizer, [*strokes, []], "お")
    assert len(found) == len(strokes) + 1
    assert found[-1] == 0
    inks = np.stack([from_strokes(strokes), *without_each_stroke(strokes)])
    p = recognizer.probabilities(recognizer.logits(inks))[:, recognizer.alphabet.index("お")]
    odds = np.log(p / (1 - p))
    np.testing.assert_allclose(found[:-1], odds[0] - odds[1:], atol=0.1)  # half precision, where the processor has it
    assert max(found) > 0


def test_one_against_another_is_the_opposite_of_the_other_way(recognizer: Recognizer) -> None:
    strokes = [stroke.tolist() for stroke in load("は")]
    one, other = stroke_evidence(recognizer, strokes, "は", "ま"), stroke_evidence(recognizer, strokes, "ま", "は")
    np.testing.assert_allclose(one, [-weight for weight in other], atol=1e-5)


def test_pixels_share_out_the_odds_and_paper_says_nothing(recognizer: Recognizer) -> None:
    ink = from_strokes([stroke.tolist() for stroke in load("お")])
    weights = integrated_gradients(recognizer, ink, "お", steps=64)
    spread = ink_evidence(recognizer, ink, "お")
    assert weights.shape == spread.shape == (28, 28)
    assert (weights[ink == 0] == 0).all()
    assert (spread[ink == 0] == 0).all()
    logits = recognizer.logits(np.stack([ink, np.zeros_like(ink)]))
    whole, none = log_odds(logits, recognizer.alphabet.index("お"), None, recognizer.card.temperature).tolist()
    assert weights.sum() == pytest.approx(whole - none, rel=0.1)


@pytest.mark.parametrize(("character", "against"), [("花", ""), ("お", "お"), ("おま", ""), ("お", "花")])
def test_a_character_that_is_not_known_is_refused(recognizer: Recognizer, character: str, against: str) -> None:
    with pytest.raises(InkError, match="one of the candidates"):
        stroke_evidence(recognizer, CROSS, character, against)
