"""A palm beside a pen, and a pinch, leave no stroke; a finger alone still draws."""

from __future__ import annotations

import pytest

from bench.server_process import Server
from tests.browser.conftest import Visit
from tests.browser.hand import Fingers, Hand, Pen

DOWN = [(0.3, 0.2), (0.3, 0.5), (0.3, 0.8)]
ACROSS = [(0.5, 0.3), (0.7, 0.3), (0.9, 0.3)]
HEEL = [(0.8, 0.9), (0.82, 0.9), (0.8, 0.92)]  # where the heel of a writing hand lies


@pytest.fixture
def hand(visit: Visit, app: Server) -> Hand:
    return visit(app.url, "phone")


@pytest.fixture
def fingers(hand: Hand) -> Fingers:
    return hand.fingers()


@pytest.fixture
def pen(hand: Hand) -> Pen:
    return hand.pen()


def drawn(hand: Hand) -> list[tuple[float, float]]:
    """The first point of each stroke that the page sent last."""
    hand.expect_settled()
    return [(stroke[0][0] / 1000, stroke[0][1] / 1000) for stroke in hand.sent[-1]["strokes"]]


def near(*points: tuple[float, float]) -> list[object]:
    return [pytest.approx(point, abs=0.01) for point in points]


def test_a_palm_that_touches_between_two_strokes_of_a_pen_leaves_no_stroke(hand: Hand, fingers: Fingers, pen: Pen) -> None:
    pen.stroke(DOWN)
    fingers.stroke(HEEL)
    pen.stroke(ACROSS)
    assert drawn(hand) == near(DOWN[0], ACROSS[0])


def test_a_palm_that_rests_while_a_pen_draws_leaves_no_stroke(hand: Hand, fingers: Fingers, pen: Pen) -> None:
    pen.hover(DOWN[0])
    fingers.touch("touchStart", hand.at(HEEL[0]))
    pen.stroke(DOWN)
    fingers.touch("touchMove", hand.at(HEEL[1]))
    pen.stroke(ACROSS)
    fingers.touch("touchEnd")
    assert drawn(hand) == near(DOWN[0], ACROSS[0])


@pytest.mark.parametrize("end", ["touchEnd", "touchCancel", None])
def test_a_palm_that_comes_down_before_the_pen_is_taken_back(hand: Hand, fingers: Fingers, pen: Pen, end: str | None) -> None:
    """The system takes a touch away where it finds that it was a palm's, just before the pen comes down."""
    fingers.touch("touchStart", hand.at(HEEL[0]))
    fingers.touch("touchMove", hand.at(HEEL[1]))
    if end:
        fingers.touch(end, after=20)
    pen.stroke(DOWN, after=200)
    assert drawn(hand) == near(DOWN[0])
    assert hand.button("undo").is_enabled()
    hand.button("undo").click()
    assert hand.ink() == 0
    assert hand.button("undo").is_disabled(), "the palm is no step to go back to"


def test_a_large_contact_draws_nothing(hand: Hand, fingers: Fingers) -> None:
    fingers.touch("touchStart", hand.at(HEEL[0]), radius=60)
    fingers.touch("touchMove", hand.at((0.5, 0.5)), radius=60)
    fingers.touch("touchEnd")
    assert hand.ink() == 0
    fingers.stroke(DOWN)
    assert drawn(hand) == near(DOWN[0])


def test_a_palm_that_settles_takes_its_ink_with_it(hand: Hand, fingers: Fingers) -> None:
    fingers.touch("touchStart", hand.at(HEEL[0]), radius=10)
    assert hand.ink() > 0
    fingers.touch("touchMove", hand.at(HEEL[1]), radius=60, after=50)
    assert hand.ink() == 0
    fingers.touch("touchMove", hand.at((0.5, 0.5)), radius=60)
    fingers.touch("touchEnd")
    assert hand.ink() == 0
    assert not hand.sent, "nothing was there to read"


def test_a_pinch_leaves_no_stroke_and_the_drawing_as_it_was(hand: Hand, fingers: Fingers) -> None:
    fingers.stroke(DOWN)
    before = drawn(hand)
    one, other = (0.4, 0.5), (0.6, 0.5)
    fingers.touch("touchStart", hand.at(one))
    fingers.touch("touchMove", hand.at((0.38, 0.5)), after=50)
    fingers.touch("touchStart", hand.at((0.38, 0.5)), hand.at(other), after=50)
    for n in range(1, 6):
        fingers.touch("touchMove", hand.at((0.38 - 0.05 * n, 0.5)), hand.at((0.6 + 0.05 * n, 0.5)))
    fingers.touch("touchEnd")
    assert drawn(hand) == before
    fingers.stroke(ACROSS)
    assert drawn(hand) == near(DOWN[0], ACROSS[0]), "and a finger draws again"


def test_a_pinch_with_one_finger_beside_the_pad_leaves_no_stroke(hand: Hand, fingers: Fingers) -> None:
    box = hand.box()
    beside = (box["x"] + 40, box["y"] + box["height"] + 120)
    fingers.touch("touchStart", hand.at((0.2, 0.9)))
    fingers.touch("touchStart", hand.at((0.2, 0.9)), beside, after=50)
    fingers.touch("touchMove", hand.at((0.2, 0.7)), beside)
    fingers.touch("touchEnd")
    assert hand.ink() == 0


def test_a_finger_draws_again_some_time_after_the_pen(hand: Hand, fingers: Fingers, pen: Pen) -> None:
    pen.stroke(DOWN)
    fingers.stroke(HEEL)
    fingers.touch("touchStart", hand.at(ACROSS[0]), after=5100)
    fingers.touch("touchMove", hand.at(ACROSS[1]), after=20)
    fingers.touch("touchEnd", after=20)
    assert drawn(hand) == near(DOWN[0], ACROSS[0])
