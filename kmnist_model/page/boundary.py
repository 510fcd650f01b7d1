"""Find the sheet: which part of a photograph or a library's scan is the page, and not the table, a ruler, a chart or the silk around it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]  # (H, W)
Corners = NDArray[np.float64]  # (4, 2): x, y of the corners, clockwise from the top left

_SMALL = 320  # px, the longest side at which the sheet is looked for
_STEP = 0.25  # natural logarithm of brightness, in any colour: a sheet's edge is a step of this, whatever the light
_BEND = np.ones((1, 5), np.uint8)  # px, how far a side may stray from a straight line
_STRONGEST = 8.0  # times that step: black beside white
# px, from where to where on either side of an edge is looked: what is a step only nearby is a fold's shadow, what is one only farther away a stain's rim
_REACHES = ((1, 3), (1, 6), (1, 13), (12, 24))
_SHARP = 0.6  # of the second of these steps is the first: less is a slope, or an edge that is crossed askew
_MOST_TURN, _ANGLES = 10.0, (2.0, 1.0, 0.5)  # degrees: what is tried from end to end, and then on either side of the best
_APART = 8  # px between two edges
_LINES = 9  # candidates for the sides in each direction
_SURE = 0.6  # how much of a side must be an edge
_BORDER = 0.5  # what the picture's own border counts for as a side
_LEAST, _MOST = 0.12, 0.97  # of the picture: less is not the sheet, more is all of it
_BUT_AN_EDGE = 0.8  # of the picture: so much may have a single side of its own, a scanner's black edge
_INNER = 0.2  # of the sheet around it: less is a picture on it, or a seal
_DEPTH = 4  # a scanner's bed, table, mount, sheet
_MARK, _NOISE = 0.25, 24  # of the surface's brightness, and of 255: more is a fine mark, of a brush or in print
_MOST_OUTSIDE, _MOST_BESIDE = 1.0, 0.25  # as many marks as on the sheet: a ruler, a chart and labels have fewer, a mount hardly any
_BLUR = 3  # px of an edge
_STRAY = 0.001  # of the picture: marks that mean nothing, as at the corners of what the median has rounded
_SHRINK = 0.015  # of the longest side: the shadow, the deckle and the blur of the edge


def find_sheet(rgb: NDArray[np.uint8]) -> Mask:
    """Where on the picture (H, W, 3) the page lies, as (H, W) bool; everywhere when no edge of a sheet shows.

    A sheet has four straight sides that are steps of brightness or colour: the four lines, under one angle, that are steps for most of
    their length are looked for, and again inside what was found: bed, table, mount, sheet. A median wide enough to pass over
    writing leaves the surfaces, and their logarithms make a step the same in light and in shadow.
    """
    height, width = rgb.shape[:2]
    scale = min(1.0, _SMALL / max(height, width))
    small = cv2.resize(rgb, (max(1, round(width * scale)), max(1, round(height * scale))), interpolation=cv2.INTER_AREA)
    everywhere = np.ones((height, width), np.bool_)
    if min(small.shape[:2]) < 64:
        return everywhere
    surface = cv2.medianBlur(small, 2 * (max(small.shape[:2]) // 60) + 1)
    logs = np.log(np.maximum(surface, 6, dtype=np.float32))
    marks = np.abs(small.astype(np.float32) - surface).max(2) > np.maximum(_MARK * surface.max(2), _NOISE)
    corners = _find_corners(logs, marks)
    if corners is None:
        return everywhere
    mask = np.zeros((height, width), np.uint8)
    cv2.fillConvexPoly(mask, np.round((corners + 0.5) / scale).astype(np.int32), 1)
    return mask.astype(np.bool_)


def _find_corners(logs: NDArray[np.float32], marks: Mask) -> Corners | None:
    """The corners of the innermost sheet, a little within its edge, or None where there is none."""
    sheet: _Rectangle | None = None
    bed: _Rectangle | None = None
    offset = np.zeros(2)
    by = _SHRINK * max(marks.shape)
    for _ in range(_DEPTH):
        inner = _find(logs, sheet)
        if inner is None or not _holds_writing(inner, sheet, marks):
            break
        if sheet is None and bed is None and any(inner.at_border):  # the rest is looked at as a picture of its own, under any angle
            bed = inner
            low, high = (edge.astype(int) for edge in _bounds(inner, marks.shape))
            logs, marks, offset = logs[low[1] : high[1], low[0] : high[0]], marks[low[1] : high[1], low[0] : high[0]], low
            if min(marks.shape) < 64:
                break
        else:
            sheet = inner
    if sheet is not None:
        return _shrunk(sheet.corners(), sheet.at_border, by) + offset
    return None if bed is None else _shrunk(bed.corners(), bed.at_border, by)


def _bounds(rectangle: _Rectangle, shape: tuple[int, ...]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The least upright (left, top) and (right, bottom) around a rectangle, within its own edges' blur and the picture of that `shape`."""
    corners = rectangle.corners()
    left, top, right, bottom = (0 if border else _BLUR for border in rectangle.at_border)
    low = np.maximum(corners.min(0) + np.array([left, top]), 0)
    return low, np.minimum(corners.max(0) + 1 - np.array([right, bottom]), [shape[1], shape[0]])


@dataclass(frozen=True)
class _Rectangle:
    """A rectangle in the picture turned by `turn` degrees: `sides` left, top, right, bottom in px there, which of them are the picture's border, and the way back."""

    turn: float
    sides: tuple[int, int, int, int]
    at_border: tuple[bool, bool, bool, bool]
    score: float
    back: NDArray[np.float64]  # (2, 3)

    def corners(self) -> Corners:
        """Its corners in the picture."""
        left, top, right, bottom = self.sides
        return np.array([[left, top, 1], [right, top, 1], [right, bottom, 1], [left, bottom, 1]], np.float64) @ self.back.T


def _find(logs: NDArray[np.float32], around: _Rectangle | None) -> _Rectangle | None:
    """The rectangle whose sides are the surest steps, inside the one `around` it, None where there is none."""
    middle, reach = (around.turn, _ANGLES[0]) if around else (0.0, _MOST_TURN)  # a mount and its sheet lie alike
    tried = np.arange(middle - reach, middle + reach + 1e-6, _ANGLES[0])
    best: _Rectangle | None = None
    for step in (*_ANGLES[1:], 0.0):
        for angle in tried:
            found = _best(logs, float(angle), around)
            if found is not None and (best is None or found.score > best.score):
                best = found
        if best is None:
            return None
        tried = np.array([best.turn - step, best.turn + step])
    return best


def _holds_writing(inner: _Rectangle, around: _Rectangle | None, marks: Mask) -> bool:
    """Whether most of the fine marks inside `around` are inside `inner` too, as on a sheet, and not beside it, as with a picture on a page."""
    inside, within = (_area(rectangle, marks.shape) for rectangle in (inner, around))
    kept = int((marks & inside & within).sum())
    return int((marks & within & ~inside).sum()) <= (_MOST_BESIDE if around else _MOST_OUTSIDE) * kept + _STRAY * marks.size


def _area(rectangle: _Rectangle | None, shape: tuple[int, ...]) -> Mask:
    mask = np.full(shape, rectangle is None, np.uint8)
    if rectangle is not None:
        cv2.fillConvexPoly(mask, np.round(rectangle.corners()).astype(np.int32), 1)
    return mask.astype(np.bool_)


def _best(logs: NDArray[np.float32], angle: float, around: _Rectangle | None) -> _Rectangle | None:
    """The best rectangle under one angle."""
    height, width = logs.shape[:2]
    forth = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), angle, 1.0)
    turned = cv2.warpAffine(logs, forth, (width, height), borderMode=cv2.BORDER_REPLICATE)
    back = cv2.invertAffineTransform(forth)
    across, down = _steps(turned, 1), _steps(turned, 0)
    if around is None:
        limits = (0, 0, width - 1, height - 1)
    else:  # the frame of the outer rectangle, within its own sides
        (ax, ay), (bx, by), (cx, cy), (dx, dy) = np.column_stack([around.corners(), np.ones(4)]) @ forth.T
        low = np.maximum(np.ceil([max(ax, dx) + _APART, max(ay, by) + _APART]), 0)
        high = np.minimum(np.floor([min(bx, cx) - _APART, min(cy, dy) - _APART]), [width - 1, height - 1])
        limits = (int(low[0]), int(low[1]), int(high[0]), int(high[1]))
    left, top, right, bottom = limits
    if right - left < 32 or bottom - top < 32:
        return None
    enough = [cv2.dilate(np.minimum(steps, 1), brush) for steps, brush in ((across, _BEND), (down, _BEND.T))]
    columns = _lines(across[top : bottom + 1, left : right + 1].mean(0), left, around is None)
    rows = _lines(down[top : bottom + 1, left : right + 1].mean(1), top, around is None)
    x, y = _pairs(columns, 0.25 * (right - left)), _pairs(rows, 0.25 * (bottom - top))
    if not len(x) or not len(y):
        return None
    shares, strengths = _along(enough[0], enough[1], x, y), _along(across, down, x, y) / _STRONGEST
    x1, x2, y1, y2 = x[:, None, 0], x[:, None, 1], y[None, :, 0], y[None, :, 1]
    tall, wide = y2 - y1 + 1, x2 - x1 + 1
    border = np.zeros(shares.shape, np.bool_)
    if around is None:
        for side, value in enumerate((x1 == 0, y1 == 0, x2 == width - 1, y2 == height - 1)):
            border[side] = value
    area = tall * wide
    whole = width * height if around is None else (right - left) * (bottom - top)
    fits = (np.where(border, 1.0, shares) >= _SURE).all(0) & (area <= _MOST * width * height)
    fits &= border.sum(0) <= np.where(area >= _BUT_AN_EDGE * width * height, 3, 2)
    fits &= area >= (_LEAST if around is None else _INNER) * whole
    if not fits.any():
        return None
    sure = np.where(border, _BORDER, shares + 0.1 * strengths)  # among sides that are sure enough, the sharper ones
    score = np.where(fits, sure.mean(0) + 0.05 * area / whole, -1.0)
    a, b = np.unravel_index(int(score.argmax()), score.shape)
    sides = (int(x[a, 0]), int(y[b, 0]), int(x[a, 1]), int(y[b, 1]))
    at_border = (bool(border[0, a, b]), bool(border[1, a, b]), bool(border[2, a, b]), bool(border[3, a, b]))
    return _Rectangle(float(angle), sides, at_border, float(score[a, b]), back)


def _along(across: NDArray[np.float32], down: NDArray[np.float32], x: NDArray[np.int64], y: NDArray[np.int64]) -> NDArray[np.float64]:
    """The means of `across` along the left and right sides and of `down` along the top and bottom: (4, n, m) for pairs `x` (n, 2) and `y` (m, 2)."""
    upright = np.pad(across.cumsum(0, np.float64), ((1, 0), (0, 0)))
    level = np.pad(down.cumsum(1, np.float64), ((0, 0), (1, 0)))
    x1, x2, y1, y2 = x[:, None, 0], x[:, None, 1], y[None, :, 0], y[None, :, 1]
    left, right = ((upright[y2 + 1, side] - upright[y1, side]) / (y2 - y1 + 1) for side in (x1, x2))
    top, bottom = ((level[side, x2 + 1] - level[side, x1]) / (x2 - x1 + 1) for side in (y1, y2))
    return np.stack([left, top, right, bottom])


def _steps(logs: NDArray[np.float32], axis: int) -> NDArray[np.float32]:
    """How much of a sheet's edge each pixel is, 1 for enough and up to `_STRONGEST`, across `axis` (1: edges that run down): the least of the steps between its surroundings on either side."""
    steps = []
    for near, far in _REACHES:
        breadth = far - near
        means = cv2.blur(logs, (breadth, 1) if axis == 1 else (1, breadth), borderType=cv2.BORDER_REPLICATE)
        away = near + breadth // 2
        red, green, blue = cv2.split(cv2.absdiff(_moved(means, away, axis), _moved(means, -away, axis)))
        steps.append(cv2.max(cv2.max(red, green), blue) / np.float32(_STEP))
    nearest, near, far, farthest = steps
    return np.where(nearest >= _SHARP * near, cv2.min(cv2.min(near, far), cv2.min(farthest, _STRONGEST)), 0)


def _moved(values: NDArray[np.float32], by: int, axis: int) -> NDArray[np.float32]:
    """`values` as seen `by` px farther along `axis`, the last one repeated."""
    places = np.clip(np.arange(values.shape[axis]) + by, 0, values.shape[axis] - 1)
    return np.take(values, places, axis)


def _lines(profile: NDArray[np.float32], start: int, with_ends: bool) -> NDArray[np.int64]:
    """The places of the strongest maxima of a `profile` that begins at `start`, and its ends, in order."""
    peaks: list[int] = []
    for place in np.argsort(-profile, kind="stable"):
        if profile[place] < 0.15 or len(peaks) == _LINES:
            break
        if all(abs(place - peak) >= _APART for peak in peaks):
            peaks.append(int(place))
    ends = [0, len(profile) - 1] if with_ends else []
    return np.unique(np.array([*peaks, *ends], np.int64)) + start


def _pairs(places: NDArray[np.int64], least: float) -> NDArray[np.int64]:
    """All pairs (n, 2) of `places` at least so far apart."""
    first, second = np.triu_indices(len(places), 1)
    pairs = np.stack([places[first], places[second]], 1)
    return pairs[pairs[:, 1] - pairs[:, 0] >= least]


def _shrunk(corners: Corners, at_border: tuple[bool, bool, bool, bool], by: float) -> Corners:
    """`corners` moved inwards by that many px, but outwards where a side is the picture's own border."""
    right = (corners[1] - corners[0]) / max(float(np.hypot(*(corners[1] - corners[0]))), 1e-9)
    down = (corners[3] - corners[0]) / max(float(np.hypot(*(corners[3] - corners[0]))), 1e-9)
    left, top, far, bottom = (-10 * by if border else by for border in at_border)
    moves = [left * right + top * down, -far * right + top * down, -far * right - bottom * down, left * right - bottom * down]
    return corners + np.array(moves)
