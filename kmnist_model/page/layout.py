"""Ink on an upright page -> columns of connected components, without rules, frames, drawings and noise."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from kmnist_model.page.peaks import pick_peaks

InkBytes = NDArray[np.uint8]  # (H, W), 0..255: an InkMap in bytes

_MAX_COMPONENTS = 20_000  # more are texture, not writing
_LINE = 3.5  # character sizes: straight ink this long is a rule or a frame
_STRAIGHT, _HAIR = 8, 0.055  # length over breadth, and breadth over character size: longer and thinner than a brush stroke
_TIER_GAP = 1.5  # character sizes of bare paper between two tiers of columns


@dataclass(frozen=True)
class Column:
    """One column of an upright page: its components from top to bottom.

    Component k has row k of `boxes` (n, 4) left, top, right, bottom and of `areas` (n,), and the label k + 1 in `labels` (H, W)
    int32. `labels` and `boxes` begin at `origin` (x, y) of the page.
    """

    origin: tuple[int, int]
    labels: NDArray[np.int32]
    boxes: NDArray[np.int64]
    areas: NDArray[np.int64]


@dataclass(frozen=True)
class Components:
    """Connected components: `labels` (H, W) int32, `boxes` (n, 4) left, top, right, bottom, `areas` (n,), `centres` (n, 2) of mass.

    Component k has label k + 1.
    """

    labels: NDArray[np.int32]
    boxes: NDArray[np.int64]
    areas: NDArray[np.int64]
    centres: NDArray[np.float64]

    @property
    def sizes(self) -> NDArray[np.int64]:
        """The longer side of each component's box, px."""
        return (self.boxes[:, 2:] - self.boxes[:, :2]).max(1)


def connected_components(mask: NDArray[np.uint8]) -> Components:
    """The 8-connected components of `mask` (H, W), 0 or 1; none if there are too many to be writing."""
    count, labels, stats, centres = cv2.connectedComponentsWithStats(mask, connectivity=8)
    boxes = stats[1:, :4].astype(np.int64)
    boxes[:, 2:] += boxes[:, :2]
    areas = stats[1:, cv2.CC_STAT_AREA].astype(np.int64)
    if np.count_nonzero(areas > 8) > _MAX_COMPONENTS:
        return Components(np.zeros_like(labels), boxes[:0], areas[:0], centres[1:1])
    return Components(labels, boxes, areas, centres[1:])


def estimate_scale(components: Components) -> float:
    """The longer side of a character, px: the median over components, weighted by ink; 0 if there are none.

    Components far larger than the first estimate (frames, drawings, merged columns) and specks do not count.
    """
    sizes, weights = components.sizes.astype(np.float64), components.areas.astype(np.float64)
    thin = (components.boxes[:, 2:] - components.boxes[:, :2]).min(1)
    chosen = (sizes >= 5) & (thin * 12 > sizes) & (components.areas > 0.03 * sizes**2)
    chosen &= sizes < 0.5 * max(components.labels.shape)
    estimate = 0.0
    for _ in range(2):
        if not chosen.any():
            return estimate
        order = np.argsort(sizes[chosen])
        total = np.cumsum(np.sqrt(weights[chosen][order]))
        estimate = float(sizes[chosen][order][np.searchsorted(total, total[-1] / 2)])
        chosen &= (sizes < 2.2 * estimate) & (sizes > 0.3 * estimate)
    return estimate


def remove_rules(ink: InkBytes, size: float) -> InkBytes:
    """`ink` (H, W) without straight lines along the axes much longer than a character of `size` px: rules, frames, a gutter's shadow."""
    length = max(9, round(_LINE * size))
    across = max(3, round(0.05 * size)) | 1  # tolerance for slightly rotated lines
    straight = np.zeros_like(ink)
    for kernel, wide in (((length, 1), (1, across)), ((1, length), (across, 1))):
        lines = cv2.morphologyEx(cv2.dilate(ink, np.ones(wide, np.uint8)), cv2.MORPH_OPEN, np.ones(kernel, np.uint8))
        straight = np.maximum(straight, lines)
    return cv2.subtract(ink, straight)


def filter_components(components: Components, size: float) -> NDArray[np.bool_]:
    """Which components (n,) may be writing: no specks, no pieces of thin straight lines, no drawings, frames or shadows."""
    sides = components.boxes[:, 2:] - components.boxes[:, :2]
    line = (components.sizes > _STRAIGHT * sides.min(1)) & (components.areas < _HAIR * size * components.sizes)
    small = (components.sizes < 0.08 * size) | (components.areas < 0.002 * size**2)
    large = (sides[:, 0] > 2.2 * size) & (sides[:, 1] > 2.2 * size)
    huge = (components.sizes > 6 * size) | ((components.areas > 0.7 * sides.prod(1)) & (components.sizes > 1.2 * size))
    return ~(small | line | large | huge)


def detect_direction(mask: NDArray[np.uint8], size: float) -> Literal["vertical", "horizontal"]:
    """The direction of the writing of `mask` (H, W): "horizontal" if gaps between lines are wider and cleaner than between columns."""
    return "horizontal" if _valley_depth(mask.sum(1), size) > _valley_depth(mask.sum(0), size) + 0.1 else "vertical"


def _valley_depth(profile: NDArray[np.integer], size: float) -> float:
    """The depth of a smoothed profile's valleys, 0..1: its variation at the pitch of columns relative to its mean."""
    inked = np.flatnonzero(profile)
    if not len(inked):
        return 0.0
    values = profile[inked[0] : inked[-1] + 1].astype(np.float32)
    smooth = cv2.GaussianBlur(values.reshape(1, -1), (0, 0), max(0.12 * size, 0.5)).ravel()
    level = cv2.GaussianBlur(values.reshape(1, -1), (0, 0), max(1.2 * size, 1.0)).ravel()
    return float(np.minimum(np.abs(smooth - level) / np.maximum(level, 1e-3), 1).mean())


def segment_lines(components: Components, keep: NDArray[np.bool_], size: float) -> list[Column]:
    """Columns of upright, vertical writing in reading order: tiers from top to bottom, in each tier columns from right to left.

    Only the components in `keep` (n,) are used; `size` is that of a character in px.
    """
    kept = np.flatnonzero(keep)
    if not len(kept):
        return []
    number = np.zeros(len(keep) + 1, np.int32)
    number[kept + 1] = 1
    mask = number[components.labels].astype(np.uint8)
    columns: list[Column] = []
    for top, bottom in _tiers(np.asarray(mask.any(1)), size):
        columns += _tier_columns(components, mask, kept, top, bottom, size)
    return columns


def _tiers(inked: NDArray[np.bool_], size: float) -> list[tuple[int, int]]:
    """The (top, bottom) of blocks separated by bare strips."""
    rows = np.flatnonzero(inked)
    breaks = np.flatnonzero(np.diff(rows) > _TIER_GAP * size)
    tops, bottoms = rows[np.r_[0, breaks + 1]], rows[np.r_[breaks, len(rows) - 1]] + 1
    return [(int(top), int(bottom)) for top, bottom in zip(tops, bottoms, strict=True)]


def _tier_columns(
    components: Components, mask: NDArray[np.uint8], kept: NDArray[np.int64], top: int, bottom: int, size: float
) -> list[Column]:
    profile = mask[top:bottom].sum(0).astype(np.float32)
    smooth = cv2.GaussianBlur(profile.reshape(1, -1), (0, 0), 0.28 * size).ravel()
    peaks = _column_peaks(smooth, 0.75 * size)
    cuts = [0] + [int(a + smooth[a:b].argmin()) for a, b in pairwise(peaks)] + [mask.shape[1]]
    here = kept[(components.centres[kept, 1] >= top) & (components.centres[kept, 1] < bottom)]
    place = np.searchsorted(np.array(cuts[1:-1]), components.centres[here, 0], side="right")
    columns = []
    for n in range(len(cuts) - 2, -1, -1):
        mine = here[place == n]
        if len(mine):
            columns.append(_column(components, mine))
    return columns


def _column_peaks(smooth: NDArray[np.float32], distance: float) -> list[int]:
    """Peaks of a profile at least `distance` px apart, one for each column, sorted."""
    maxima = np.flatnonzero((smooth[1:-1] >= smooth[:-2]) & (smooth[1:-1] > smooth[2:])) + 1
    if not len(maxima):
        return [int(smooth.argmax())]
    return _merge_shallow(smooth, sorted(pick_peaks(smooth, maxima[smooth[maxima] > 0.0], distance)))


def _merge_shallow(smooth: NDArray[np.float32], peaks: list[int]) -> list[int]:
    """Drop the lower of two neighbouring peaks with a shallow valley between them: they are one column."""
    while len(peaks) > 1:
        depths = [smooth[a : b + 1].min() / min(smooth[a], smooth[b]) for a, b in pairwise(peaks)]
        shallowest = int(np.argmax(depths))
        if depths[shallowest] < 0.8:
            break
        a, b = peaks[shallowest], peaks[shallowest + 1]
        peaks.remove(a if smooth[a] < smooth[b] else b)
    return peaks


def _column(components: Components, mine: NDArray[np.int64]) -> Column:
    mine = mine[np.argsort(components.centres[mine, 1], kind="stable")]
    boxes, areas = components.boxes[mine], components.areas[mine]
    left, top, right, bottom = boxes[:, 0].min(), boxes[:, 1].min(), boxes[:, 2].max(), boxes[:, 3].max()
    number = np.zeros(len(components.areas) + 1, np.int32)
    number[mine + 1] = np.arange(1, len(mine) + 1)
    labels = number[components.labels[top:bottom, left:right]]
    return Column((int(left), int(top)), labels, boxes - np.array([left, top, left, top]), areas)
