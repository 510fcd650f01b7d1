"""Headings written across, from right to left, on a page of columns: found in the picture as it shows itself turned by a quarter."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from kmnist_model.page.detector import Detections, together
from kmnist_model.page.layout.lines import FoundLine, chain

_SHORTEST = 4  # characters
_SURER = 2.0  # times the scores of what stands there in columns
_TEXT = 4  # characters of a column that shows where the text is
_SPACED = 0.8  # character sizes between two characters: each stands alone, a column of one


def add(columns: Detections, turned: Detections, height: int) -> tuple[Detections, list[FoundLine]]:
    """All characters, and the lines across among them, from what was found in a picture of that `height` and in it turned clockwise.

    Lines across are those that `turned` shows more surely than `columns`, whose characters at the same places are left out.
    """
    headings = [line for line in chain(turned) if len(line.members) >= _SHORTEST and line.kind != "ruby"]
    upright = _turned_back(turned, height)
    rivals = _rivals(columns, upright.boxes)
    area = _text_area(columns)
    headings = [
        line for line in headings if _is_surer(line, upright.scores, columns.scores, rivals) and _is_in(upright[list(line.members)], area)
    ]
    members = [member for line in headings for member in line.members]
    rest = columns[~rivals[:, members].any(1)]
    places = {member: len(rest) + place for place, member in enumerate(members)}
    parts = [tuple(places[member] for member in part) for line in headings for part in _parts(line.members[::-1], upright.boxes)]
    return together(rest, upright[members]), [FoundLine(part, "main", across=True) for part in parts]


def _turned_back(turned: Detections, height: int) -> Detections:
    """What was found in a picture turned clockwise by a quarter, in px of the picture of that `height`."""
    left, top, right, bottom = turned.boxes.T
    boxes = np.stack([top, height - right, bottom, height - left], 1)
    links = np.stack([turned.links[:, 1], -turned.links[:, 0]], 1)
    return Detections(boxes, turned.scores, turned.kinds, turned.linked, links)


def _rivals(columns: Detections, boxes: NDArray[np.float32]) -> NDArray[np.bool_]:
    """(N, M): which of the N characters in columns, ruby left out, lie where the M `boxes` are: the middle of one within the other."""
    middles, others = ((each[:, :2] + each[:, 2:]) / 2 for each in (columns.boxes, boxes))
    inside = ((middles[:, None] > boxes[None, :, :2]) & (middles[:, None] < boxes[None, :, 2:])).all(2)
    around = ((others[None] > columns.boxes[:, None, :2]) & (others[None] < columns.boxes[:, None, 2:])).all(2)
    return (inside | around) & (columns.kinds.argmax(1) != 1)[:, None]


def _is_surer(line: FoundLine, scores: NDArray[np.float32], others: NDArray[np.float32], rivals: NDArray[np.bool_]) -> bool:
    """Whether a line across was found with higher scores than what stands there in columns."""
    members = list(line.members)
    best = np.where(rivals[:, members], others[:, None], 0).max(0, initial=0)
    return bool(scores[members].mean() > _SURER * best.mean())


def _text_area(columns: Detections) -> NDArray[np.float32]:
    """The box left, top, right, bottom around all columns of main text; of no size without any."""
    members = [member for line in chain(columns) if len(line.members) >= _TEXT and line.kind == "main" for member in line.members]
    boxes = columns.boxes[members]
    return np.concatenate([boxes[:, :2].min(0), boxes[:, 2:].max(0)]) if members else np.zeros(4, np.float32)


def _is_in(line: Detections, area: NDArray[np.float32]) -> bool:
    """Whether a line lies in the text's area, or no more than a character's size beside it: a library's label lies further away."""
    size = float((line.boxes[:, 2:] - line.boxes[:, :2]).max(1).mean())
    middles = (line.boxes[:, :2] + line.boxes[:, 2:]) / 2
    return bool((middles > area[:2] - size).all() and (middles < area[2:] + size).all())


def _parts(members: tuple[int, ...], boxes: NDArray[np.float32]) -> list[tuple[int, ...]]:
    """A line's members, from right to left, split where they stand far apart."""
    sizes = (boxes[:, 2:] - boxes[:, :2]).max(1)
    parts = [[members[0]]]
    for before, after in pairwise(members):
        if boxes[before, 0] - boxes[after, 2] > _SPACED * max(sizes[before], sizes[after]):
            parts.append([])
        parts[-1].append(after)
    return [tuple(part) for part in parts]
