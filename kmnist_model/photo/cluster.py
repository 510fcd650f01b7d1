"""The largest, most central cluster of ink: which components of ink are the character's."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from kmnist_model.photo.light import Marks

Mask = NDArray[np.bool_]  # (H, W)

_SPECK = 0.0004  # of the longer side squared: fewer pixels are dust ...
_MIN_PIXELS = 9  # ... as are these
_MAX_PARTS = 400  # components that are looked at, the largest
_NEAR, _FAR = 0.45, 0.9  # of a cluster's size: parts so far apart are one character; between the two, heavy ones only
_LIGHT, _HEAVY = 0.012, 0.08  # of the cluster's pixels: the least part, near and far
_ROUND = 0.8  # of the disc in its box: a part that fills it, as high as wide, is a hole, not a stroke
_HOLE_GAP = 0.12  # of a cluster's size: a round part so near may be a dot
_SEEDS = 8  # clusters that are compared
_CENTRAL = 0.6  # of its weight a cluster loses at the picture's border
_BLOB = 2.3  # times the strokes' thickness: thicker is no stroke


@dataclass(frozen=True)
class Parts:
    """The components of ink: their `numbers` (n,) in `labels` (H, W), and what each one is like.

    `boxes` (n, 4) are left, top, right, bottom; `ink` is the sum of marks, `thickness` that of the widest stroke in px, `dark` the mean mark,
    `edge` the share of the pixels at the edge of a surface.
    """

    labels: NDArray[np.int32]
    numbers: NDArray[np.int64]
    boxes: NDArray[np.float64]
    ink: NDArray[np.float64]
    pixels: NDArray[np.float64]
    thickness: NDArray[np.float64]
    dark: NDArray[np.float64]
    edge: NDArray[np.float64]

    def rounds(self) -> Mask:
        """Which of the parts are discs."""
        sides = self.boxes[:, 2:] - self.boxes[:, :2]
        even = sides.min(1) >= 0.75 * sides.max(1)
        filled = self.pixels >= _ROUND * np.pi / 4 * sides.prod(1)
        return even & filled & (self.thickness >= 0.75 * sides.max(1))

    def __len__(self) -> int:
        return len(self.numbers)


@dataclass(frozen=True)
class Cluster:
    """The indices of the `parts` that are one character, and how much speaks for it."""

    parts: Parts
    members: NDArray[np.int64]
    score: float

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, right, bottom in px."""
        boxes = self.parts.boxes[self.members]
        left, top, right, bottom = (int(side) for side in np.r_[boxes[:, :2].min(0), boxes[:, 2:].max(0)])
        return left, top, right, bottom

    @property
    def others(self) -> bool:
        """Whether there are other parts."""
        return len(self.parts) > len(self.members)

    def mask(self) -> Mask:
        """The character's pixels (H, W)."""
        known = np.zeros(int(self.parts.labels.max()) + 1, np.bool_)
        known[self.parts.numbers[self.members]] = True
        return known[self.parts.labels]


def find_parts(marks: Marks, ink: Mask, edges: Mask) -> Parts:
    """The components of `ink` (H, W), dust left out; `edges` (H, W) are where one surface ends and another begins."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink.astype(np.uint8), connectivity=8)
    pixels = stats[:, cv2.CC_STAT_AREA].astype(np.float64)
    pixels[0] = 0
    numbers = np.argsort(-pixels, kind="stable")[:_MAX_PARTS]
    numbers = numbers[pixels[numbers] >= _MIN_PIXELS]
    inside = cv2.distanceTransform(ink.astype(np.uint8), cv2.DIST_L2, 3).ravel()
    places = np.flatnonzero(ink)
    flat = labels.ravel()[places]
    total, on_edge = (np.bincount(flat, values.ravel()[places], count) for values in (marks, edges))
    thickest = np.zeros(count, np.float32)
    np.maximum.at(thickest, flat, inside[places])
    box = stats[:, :4].astype(np.float64)
    box[:, 2:] += box[:, :2]
    chosen = pixels[numbers]
    share = np.maximum(chosen, 1)
    return Parts(
        labels, numbers, box[numbers], total[numbers], chosen, 2 * thickest[numbers], total[numbers] / share, on_edge[numbers] / share
    )


def distances(boxes: NDArray[np.float64], box: NDArray[np.float64]) -> NDArray[np.float64]:
    """The gap (n,) in px between each of `boxes` (n, 4) and `box` (4,); 0 where they overlap."""
    gap = np.maximum(np.maximum(boxes[:, :2] - box[2:], box[:2] - boxes[:, 2:]), 0)
    return np.hypot(gap[:, 0], gap[:, 1])


def grow(parts: Parts, seed: int, usable: Mask) -> NDArray[np.int64]:
    """The indices of the parts that form one character with the part `seed`."""
    chosen = np.zeros(len(parts), np.bool_)
    chosen[seed] = True
    discs = parts.rounds()
    while True:
        box = np.r_[parts.boxes[chosen, :2].min(0), parts.boxes[chosen, 2:].max(0)]
        size = max(box[2] - box[0], box[3] - box[1])
        thick = np.average(parts.thickness[chosen], weights=parts.ink[chosen])
        dark = np.average(parts.dark[chosen], weights=parts.ink[chosen])
        gaps, share = distances(parts.boxes, box) / size, parts.pixels / parts.pixels[chosen].sum()
        near = ((gaps <= _NEAR) & (share >= _LIGHT)) | ((gaps <= _FAR) & (share >= _HEAVY))
        near &= ~discs | (gaps <= _HOLE_GAP)
        alike = (parts.thickness <= _BLOB * thick) & (parts.thickness >= 0.25 * thick) & (parts.dark >= 0.45 * dark)
        more = usable & near & alike & ~chosen
        if not more.any():
            return np.flatnonzero(chosen)
        chosen |= more


def choose(parts: Parts, usable: Mask, shape: tuple[int, ...]) -> Cluster | None:
    """The character among the `usable` parts (n,): the cluster with the most ink near the middle. None without one.

    Ink counts by its darkness: the grain of a table is faint, but there is much of it.
    """
    left = usable.copy()
    best: Cluster | None = None
    middle = np.array(shape[1::-1]) / 2
    weight = parts.ink * parts.dark**2
    for _ in range(_SEEDS):
        if not left.any():
            break
        members = grow(parts, int(np.argmax(np.where(left, weight, -1))), usable)
        box = np.r_[parts.boxes[members, :2].min(0), parts.boxes[members, 2:].max(0)]
        off = np.abs((box[:2] + box[2:]) / 2 - middle) / middle
        score = float(weight[members].sum() * (1 - _CENTRAL * off.max()))
        if best is None or score > best.score:
            best = Cluster(parts, members, score)
        left[members] = False
    return best
