"""Find the page on a photograph or a library's scan, without the table, ruler, colour chart or silk mount around it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]  # (H, W)
Corners = NDArray[np.float64]  # (4, 2): x, y of the corners, clockwise from the top left

_WORKING_SIDE = 320  # px, the longest side of the picture that is searched
_STEP = 0.25  # natural logarithm of brightness, in any colour: a sheet's edge is a step of this, whatever the light
_BEND = np.ones((1, 5), np.uint8)  # px, the deviation of a side from a straight line
_STRONGEST = 8.0  # times that step: black beside white
# px, ranges on either side of an edge: a step in the near range only is a fold's shadow, in the far range only a stain's rim
_REACHES = ((1, 3), (1, 6), (1, 13), (12, 24))
_SHARP = 0.6  # the least ratio of the first of these steps to the second: below it, a slope or an edge crossed at an angle
_MAX_ROTATION, _ANGLES = 10.0, (2.0, 1.0, 0.5)  # degrees: the range, and the steps of the search, coarse to fine
_MIN_EDGE = 0.15  # mean edge strength of a candidate
_APART = 8  # px between two edges
_MAX_EDGES = 9  # candidates for the sides in each direction
_MIN_SHARE = 0.6  # the part of a side that must be an edge
_BORDER_SCORE = 0.5  # of a side that is the picture's border
_MIN_AREA, _MAX_AREA = 0.12, 0.97  # of the picture: a smaller one is not the page, a larger one is the whole picture
_ONE_EDGE_AREA = 0.8  # of the picture: from this area on, three sides may be the picture's border, as with a scanner's black edge
_MIN_INNER_AREA = 0.2  # of the sheet around it: a smaller one is a picture on it, or a seal
_MAX_DEPTH = 4  # nested rectangles: a scanner's bed, table, mount, sheet
_MARK, _NOISE = 0.25, 24  # of the surface's brightness, and of 255: a larger difference is a fine mark, of a brush or in print
_MAX_OUTSIDE, _MAX_BESIDE = 1.0, 0.25  # relative to the marks on the sheet: a ruler, a chart and labels have fewer, a mount hardly any
_BLUR = 3  # px of an edge
_STRAY = 0.001  # of the picture: marks to ignore, for example at corners that the median filter has rounded
_SHRINK = 0.015  # of the longest side: the shadow, the deckle and the blur of the edge


def find_page_boundary(rgb: NDArray[np.uint8]) -> Mask:
    """The mask (H, W) of the page on the picture (H, W, 3); all True if no edge of a sheet is visible.

    A sheet has four straight sides that are steps of brightness or colour. The search looks for four lines at one angle that are
    steps for most of their length, then again inside the result: bed, table, mount, sheet. A median filter wider than writing
    leaves the surfaces; logarithms make a step equal in light and in shadow.
    """
    height, width = rgb.shape[:2]
    scale = min(1.0, _WORKING_SIDE / max(height, width))
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
    """The corners of the innermost sheet, slightly inside its edge, or None."""
    sheet: _Rectangle | None = None
    bed: _Rectangle | None = None
    offset = np.zeros(2)
    by = _SHRINK * max(marks.shape)
    for _ in range(_MAX_DEPTH):
        inner = _find_rectangle(logs, sheet)
        if inner is None or not _holds_writing(inner, sheet, marks):
            break
        if sheet is None and bed is None and any(inner.at_border):  # the inside is searched as a picture of its own, at any angle
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
    """The (left, top) and (right, bottom) of the upright rectangle around `rectangle`, without blurred edges, clipped to `shape`."""
    corners = rectangle.corners()
    left, top, right, bottom = (0 if border else _BLUR for border in rectangle.at_border)
    low = np.maximum(corners.min(0) + np.array([left, top]), 0)
    return low, np.minimum(corners.max(0) + 1 - np.array([right, bottom]), [shape[1], shape[0]])


@dataclass(frozen=True)
class _Rectangle:
    """A rectangle in the picture rotated by `rotation` degrees.

    `sides` are left, top, right, bottom in px of the rotated picture; `at_border` says which of them are the picture's border;
    `back` maps rotated px to picture px.
    """

    rotation: float
    sides: tuple[int, int, int, int]
    at_border: tuple[bool, bool, bool, bool]
    score: float
    back: NDArray[np.float64]  # (2, 3)

    def corners(self) -> Corners:
        """The four corners in px of the picture."""
        left, top, right, bottom = self.sides
        return np.array([[left, top, 1], [right, top, 1], [right, bottom, 1], [left, bottom, 1]], np.float64) @ self.back.T


def _find_rectangle(logs: NDArray[np.float32], around: _Rectangle | None) -> _Rectangle | None:
    """The rectangle with the strongest edges, inside `around` if given, or None."""
    middle, reach = (around.rotation, _ANGLES[0]) if around else (0.0, _MAX_ROTATION)  # a mount and its sheet have nearly the same angle
    tried = np.arange(middle - reach, middle + reach + 1e-6, _ANGLES[0])
    best: _Rectangle | None = None
    for step in (*_ANGLES[1:], 0.0):
        for angle in tried:
            found = _best_at_angle(logs, float(angle), around)
            if found is not None and (best is None or found.score > best.score):
                best = found
        if best is None:
            return None
        tried = np.array([best.rotation - step, best.rotation + step])
    return best


def _holds_writing(inner: _Rectangle, around: _Rectangle | None, marks: Mask) -> bool:
    """Whether `inner` holds most of the fine marks of `around`, as a sheet does and a picture on a page does not."""
    inside, within = (_area(rectangle, marks.shape) for rectangle in (inner, around))
    kept = int((marks & inside & within).sum())
    return int((marks & within & ~inside).sum()) <= (_MAX_BESIDE if around else _MAX_OUTSIDE) * kept + _STRAY * marks.size


def _area(rectangle: _Rectangle | None, shape: tuple[int, ...]) -> Mask:
    """The mask of a rectangle; all True for None."""
    mask = np.full(shape, rectangle is None, np.uint8)
    if rectangle is not None:
        cv2.fillConvexPoly(mask, np.round(rectangle.corners()).astype(np.int32), 1)
    return mask.astype(np.bool_)


def _best_at_angle(logs: NDArray[np.float32], angle: float, around: _Rectangle | None) -> _Rectangle | None:
    """The best rectangle at one angle, or None."""
    height, width = logs.shape[:2]
    forth = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), angle, 1.0)
    turned = cv2.warpAffine(logs, forth, (width, height), borderMode=cv2.BORDER_REPLICATE)
    back = cv2.invertAffineTransform(forth)
    across, down = _edge_strength(turned, 1), _edge_strength(turned, 0)
    if around is None:
        limits = (0, 0, width - 1, height - 1)
    else:  # inside the outer rectangle's sides
        (ax, ay), (bx, by), (cx, cy), (dx, dy) = np.column_stack([around.corners(), np.ones(4)]) @ forth.T
        low = np.maximum(np.ceil([max(ax, dx) + _APART, max(ay, by) + _APART]), 0)
        high = np.minimum(np.floor([min(bx, cx) - _APART, min(cy, dy) - _APART]), [width - 1, height - 1])
        limits = (int(low[0]), int(low[1]), int(high[0]), int(high[1]))
    left, top, right, bottom = limits
    if right - left < 32 or bottom - top < 32:
        return None
    enough = [cv2.dilate(np.minimum(steps, 1), brush) for steps, brush in ((across, _BEND), (down, _BEND.T))]
    columns = _edge_positions(across[top : bottom + 1, left : right + 1].mean(0), left, around is None)
    rows = _edge_positions(down[top : bottom + 1, left : right + 1].mean(1), top, around is None)
    x, y = _pairs(columns, 0.25 * (right - left)), _pairs(rows, 0.25 * (bottom - top))
    if not len(x) or not len(y):
        return None
    shares, strengths = _side_means(enough[0], enough[1], x, y), _side_means(across, down, x, y) / _STRONGEST
    x1, x2, y1, y2 = x[:, None, 0], x[:, None, 1], y[None, :, 0], y[None, :, 1]
    tall, wide = y2 - y1 + 1, x2 - x1 + 1
    border = np.zeros(shares.shape, np.bool_)
    if around is None:
        for side, value in enumerate((x1 == 0, y1 == 0, x2 == width - 1, y2 == height - 1)):
            border[side] = value
    area = tall * wide
    whole = width * height if around is None else (right - left) * (bottom - top)
    fits = (np.where(border, 1.0, shares) >= _MIN_SHARE).all(0) & (area <= _MAX_AREA * width * height)
    fits &= border.sum(0) <= np.where(area >= _ONE_EDGE_AREA * width * height, 3, 2)
    fits &= area >= (_MIN_AREA if around is None else _MIN_INNER_AREA) * whole
    if not fits.any():
        return None
    sure = np.where(border, _BORDER_SCORE, shares + 0.1 * strengths)  # among sides with enough edge, prefer the sharper ones
    score = np.where(fits, sure.mean(0) + 0.05 * area / whole, -1.0)
    a, b = np.unravel_index(int(score.argmax()), score.shape)
    sides = (int(x[a, 0]), int(y[b, 0]), int(x[a, 1]), int(y[b, 1]))
    at_border = (bool(border[0, a, b]), bool(border[1, a, b]), bool(border[2, a, b]), bool(border[3, a, b]))
    return _Rectangle(float(angle), sides, at_border, float(score[a, b]), back)


def _side_means(across: NDArray[np.float32], down: NDArray[np.float32], x: NDArray[np.int64], y: NDArray[np.int64]) -> NDArray[np.float64]:
    """Means of `across` along the left and right sides and of `down` along top and bottom.

    Returns (4, n, m) for pairs `x` (n, 2) of left and right and pairs `y` (m, 2) of top and bottom.
    """
    upright = np.pad(across.cumsum(0, np.float64), ((1, 0), (0, 0)))
    level = np.pad(down.cumsum(1, np.float64), ((0, 0), (1, 0)))
    x1, x2, y1, y2 = x[:, None, 0], x[:, None, 1], y[None, :, 0], y[None, :, 1]
    left, right = ((upright[y2 + 1, side] - upright[y1, side]) / (y2 - y1 + 1) for side in (x1, x2))
    top, bottom = ((level[side, x2 + 1] - level[side, x1]) / (x2 - x1 + 1) for side in (y1, y2))
    return np.stack([left, top, right, bottom])


def _edge_strength(logs: NDArray[np.float32], axis: int) -> NDArray[np.float32]:
    """Edge strength per pixel (H, W) across `axis` (1: vertical edges), 0..`_STRONGEST`; 1 and more count as an edge.

    The strength is the least of the steps between the surroundings on either side, over all ranges.
    """
    steps = []
    for near, far in _REACHES:
        breadth = far - near
        means = cv2.blur(logs, (breadth, 1) if axis == 1 else (1, breadth), borderType=cv2.BORDER_REPLICATE)
        away = near + breadth // 2
        red, green, blue = cv2.split(cv2.absdiff(_shifted(means, away, axis), _shifted(means, -away, axis)))
        steps.append(cv2.max(cv2.max(red, green), blue) / np.float32(_STEP))
    nearest, near, far, farthest = steps
    return np.where(nearest >= _SHARP * near, cv2.min(cv2.min(near, far), cv2.min(farthest, _STRONGEST)), 0)


def _shifted(values: NDArray[np.float32], by: int, axis: int) -> NDArray[np.float32]:
    """`values` shifted by `by` px along `axis`, the last one repeated."""
    places = np.clip(np.arange(values.shape[axis]) + by, 0, values.shape[axis] - 1)
    return np.take(values, places, axis)


def _edge_positions(profile: NDArray[np.float32], start: int, with_ends: bool) -> NDArray[np.int64]:
    """The positions of the strongest peaks of a `profile` that begins at `start`, and its ends, sorted."""
    peaks = _pick_peaks(profile, np.flatnonzero(profile >= _MIN_EDGE), _APART, _MAX_EDGES)
    ends = [0, len(profile) - 1] if with_ends else []
    return np.unique(np.array([*peaks, *ends], np.int64)) + start


def _pairs(places: NDArray[np.int64], least: float) -> NDArray[np.int64]:
    """All pairs (n, 2) of `places` at least `least` px apart."""
    first, second = np.triu_indices(len(places), 1)
    pairs = np.stack([places[first], places[second]], 1)
    return pairs[pairs[:, 1] - pairs[:, 0] >= least]


def _shrunk(corners: Corners, at_border: tuple[bool, bool, bool, bool], by: float) -> Corners:
    """`corners` moved inwards by `by` px; outwards at sides that are the picture's border."""
    right = (corners[1] - corners[0]) / max(float(np.hypot(*(corners[1] - corners[0]))), 1e-9)
    down = (corners[3] - corners[0]) / max(float(np.hypot(*(corners[3] - corners[0]))), 1e-9)
    left, top, far, bottom = (-10 * by if border else by for border in at_border)
    moves = [left * right + top * down, -far * right + top * down, -far * right - bottom * down, left * right - bottom * down]
    return corners + np.array(moves)


def _pick_peaks(profile: NDArray[np.float32], candidates: NDArray[np.intp], distance: float, most: int | None = None) -> list[int]:
    """The highest of the `candidates` (indices into `profile`), at least `distance` apart, at most `most`; highest first."""
    peaks: list[int] = []
    for place in candidates[np.argsort(-profile[candidates], kind="stable")]:
        if len(peaks) == most:
            break
        if all(abs(place - peak) >= distance for peak in peaks):
            peaks.append(int(place))
    return peaks
