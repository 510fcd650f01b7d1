"""Notes in two lines within a column are told from wide characters by the lane between, a closer look, and their reading."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from kmnist_model.page.detector import Detections
from kmnist_model.page.layout import notes
from kmnist_model.page.layout.lines import FoundLine, chain, in_reading_order
from tests.page.found import SIZE, column, detected

X, ROWS = 60, (34, 58, 82, 106, 130, 154, 178)  # a column; its third to fifth row are a note
SMALL = [(x, y) for x in (X - 6, X + 6) for y in (76, 88, 100, 112, 124, 136)]


def _ink(gap: int = 2) -> NDArray[np.bool_]:
    """A column of blocks, three of them parted by a bare lane of `gap` px to either side, where something of two lines is drawn."""
    ink = np.zeros((220, 120), np.bool_)
    for y in ROWS:
        ink[y - 9 : y + 9, X - 9 : X + 10] = True
    ink[72:141, :] = False
    for x in (X - 6, X + 6):
        for y in (76, 88, 100, 112, 124, 136):
            ink[y - 4 : y + 4, x - 4 : x + 5] = True
    ink[72:141, X - gap : X + gap + 1] = False
    if gap == 0:
        ink[72:141, X - 5 : X + 6] = True
    return ink


def _closer(found: list[tuple[float, float]]) -> notes.Look:
    """A closer look that shows small characters at the centres `found`."""
    shown = detected(found)
    middles = (shown.boxes[:, :2] + shown.boxes[:, 2:]) / 2
    shown = Detections(np.concatenate([middles - 4, middles + 4], 1), shown.scores, shown.kinds, shown.linked, shown.links)

    def look(box: NDArray[np.float64], size: float) -> Detections:
        assert size < SIZE
        assert box[0] < X < box[2]
        return shown

    return look


def _read(wide: float, narrow: float) -> notes.Probabilities:
    return lambda boxes: np.where(boxes[:, 2] - boxes[:, 0] < SIZE / 2, narrow, wide)


def _added(ink: NDArray[np.bool_], look: notes.Look, read: notes.Probabilities, score: float = 0.7) -> list[tuple[str, list[list[float]]]]:
    """The kind and the middles of each line, in reading order."""
    found = detected(column(X, ROWS[0], len(ROWS)), score=score)
    lines, found = notes.add(chain(found), found, ink, look, read)
    middles = (found.boxes[:, :2] + found.boxes[:, 2:]) / 2
    return [(line.kind, middles[list(line.members)].tolist()) for line in in_reading_order(lines, found.boxes, SIZE)]


def test_a_note_is_two_lines_between_the_parts_of_its_column() -> None:
    lines = _added(_ink(), _closer(SMALL), _read(0.4, 0.8))
    assert [kind for kind, _ in lines] == ["main", "note", "note", "main"]
    assert [len(middles) for _, middles in lines] == [2, 6, 6, 2]
    assert {x for x, _ in lines[1][1]} == {X + 6}, "the right line is read first"


@pytest.mark.parametrize(
    ("ink", "small", "read", "score"),
    [
        (_ink(gap=0), SMALL, _read(0.4, 0.8), 0.7),  # no lane
        (_ink(), SMALL, _read(0.9, 0.5), 0.7),  # wide characters of two parts each, as they are read
        (_ink(), SMALL, _read(0.4, 0.8), 0.95),  # the same, as they were found; the small ones have 0.9, and the rules ask for 0.2 more
        (_ink(), SMALL[:6], _read(0.4, 0.8), 0.7),  # nothing on the right
    ],
    ids=["no lane", "read as wide", "found as wide", "one side"],
)
def test_wide_characters_stay(ink: NDArray[np.bool_], small: list[tuple[float, float]], read: notes.Probabilities, score: float) -> None:
    look = _closer(small)
    if score > 0.9:
        shown = look(np.array([X - 1.0, 0, X + 1, 1]), 1.0)
        weaker = Detections(shown.boxes, shown.scores * 0.7, shown.kinds, shown.linked, shown.links)
        look = lambda _box, _size: weaker  # noqa: E731
    assert _added(ink, look, read, score) == [("main", [[X, y] for y in ROWS])]


def test_what_a_closer_look_misses_is_a_character_by_its_ink() -> None:
    lines = _added(_ink(), _closer([place for place in SMALL if place != (X - 6, 100)]), _read(0.4, 0.8))
    assert [round(y) for _, y in lines[2][1]] == [76, 88, 100, 112, 124, 136]


def test_a_line_loses_only_its_own_members() -> None:
    assert notes._without(FoundLine((1, 2, 3, 4), "main"), {2, 9}) == [FoundLine((1,), "main"), FoundLine((3, 4), "main")]
