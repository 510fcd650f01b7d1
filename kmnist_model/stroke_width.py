"""Measures the stroke width, and corrects it if the training data has no such widths."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

SIZE = 28  # px, the side of KMNIST's ink images, at which stroke widths are given
PEN = 2.0  # px at SIZE: drawn with it, strokes measure 2.2 by `stroke_width`, KMNIST's median
FINE_PEN = 1.4  # px at SIZE, for larger squares: KMNIST's pen would close the kanji of twenty strokes
PEN_RANGE = (1.3, 3.4)  # px at SIZE, KMNIST's 5th to 95th percentile by `stroke_width`: widths outside it are brought to its nearer end
FINE_PEN_RANGE = (1.0, 3.0)  # px at SIZE, about Kuzushiji-Kanji's 2nd to 95th percentile

Gray = NDArray[np.floating]  # (H, W)

_MASK = 4  # stroke widths are measured and mended at this many times SIZE


def pen_width(size: int) -> float:
    """The pen, in px, that draws a visitor's strokes in a square of `size` px."""
    return PEN if size == SIZE else FINE_PEN * size / SIZE


def pen_range(size: int) -> tuple[float, float]:
    """The stroke widths, in px at `SIZE`, that the weights for squares of `size` px have learnt from."""
    return PEN_RANGE if size == SIZE else FINE_PEN_RANGE


def bring_to(ink: Gray, longest: int) -> Image.Image:
    """`ink` (H, W) resized so that its longest side is `longest` px."""
    scale = longest / max(ink.shape)
    size = (max(1, round(ink.shape[1] * scale)), max(1, round(ink.shape[0] * scale)))
    return Image.fromarray(ink).resize(size, Image.Resampling.BILINEAR)


def stroke_width(ink: Gray) -> float:
    """The mean width of the strokes of `ink` (H, W), 0..1 and cropped, in px at the model's scale.

    Twice the area over the outline, the outline counted by its crossings of the pixel rows and columns (Cauchy-Crofton).
    """
    mask = _mask(ink)
    crossings = np.count_nonzero(mask[1:] != mask[:-1]) + np.count_nonzero(mask[:, 1:] != mask[:, :-1])
    return float(2 * mask.sum() / max(crossings * math.pi / 4, 1) / _MASK)


def _mask(ink: Gray) -> NDArray[np.bool_]:
    """`ink` at `_MASK` times the model's scale, thresholded, with a margin for dilation."""
    values = np.asarray(bring_to(ink, SIZE * _MASK))
    inked = values[values > 0.05]
    full = (
        np.partition(inked, int(0.9 * inked.size))[int(0.9 * inked.size)] if inked.size else 1.0
    )  # np.percentile takes five times as long
    level = 0.5 if full > 0.6 else full / 2  # a pen thinner than a pixel never fills one
    return np.pad(values > level, 2 * _MASK)


def redraw(ink: Gray, width: float, goal: float) -> Gray:
    """The same strokes with their mean `width` brought to `goal` (px at `SIZE`), never broken."""
    mask = _mask(ink)
    steps = max(1, round(abs(goal - width) / 2 * _MASK))
    if width < goal:
        picture = Image.fromarray(mask.astype(np.uint8) * 255)
        return np.asarray(picture.filter(ImageFilter.MaxFilter(2 * steps + 1)), np.float32) / 255
    thinned = mask
    for _ in range(steps):
        thinned = _peel(thinned)
    return thinned.astype(np.float32)


def _peel(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Take one pixel off every side without breaking a stroke (one pass of Zhang and Suen's thinning, 1984)."""
    for first in (True, False):
        p = np.pad(mask, 1)
        n, e, s, w = p[:-2, 1:-1], p[1:-1, 2:], p[2:, 1:-1], p[1:-1, :-2]
        ring = np.stack([n, p[:-2, 2:], e, p[2:, 2:], s, p[2:, :-2], w, p[:-2, :-2]])
        neighbours = ring.sum(0)
        rises = (~ring & np.roll(ring, -1, 0)).sum(0)
        open_sides = (n & e & s) | (e & s & w) if first else (n & e & w) | (n & s & w)
        mask = mask & ~((neighbours >= 2) & (neighbours <= 6) & (rises == 1) & ~open_sides)
    return mask
