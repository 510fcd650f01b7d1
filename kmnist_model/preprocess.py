"""Preprocessing: strokes or any picture -> one square ink image, in the geometry of the training data.

The geometry is KMNIST's (measured on its 10,000 official test images): white ink on black, the longest side of the ink
fills the square, the aspect ratio is kept, the ink's box is centred, strokes are about 2.2 px wide in a square of 28 px. Other
weights read larger squares: the same geometry, drawn with a finer pen.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from kmnist_model.errors import InkError
from kmnist_model.image import open_image, upright
from kmnist_model.photo.finder import find_character
from kmnist_model.stroke_width import SIZE, Gray, bring_to, pen_range, pen_width, redraw, stroke_width

if TYPE_CHECKING:
    import torch

__all__ = [
    "SIZE",
    "InkImage",
    "PictureInk",
    "from_image",
    "from_ink",
    "from_picture",
    "from_strokes",
    "open_image",
    "stroke_width",
    "to_tensor",
    "without_each_stroke",
]

MEAN, STD = 0.19, 0.34  # of ink / 255 over KMNIST: the only normalisation, stored in every weights file

Strokes = Sequence[Sequence[Sequence[float]] | NDArray[np.floating]]  # each stroke a list of points, or an array (points, 2 or 3)
InkImage = NDArray[np.uint8]  # (size, size), white ink; 28 px for KMNIST's weights

_FINE = 8  # strokes are drawn at this scale and reduced, for antialiasing
_MAX_POINTS = 100_000


def to_tensor(inks: NDArray[np.uint8] | torch.Tensor, mean: float = MEAN, std: float = STD) -> torch.Tensor:
    """Normalise inks (N, H, W) uint8 to the network's input (N, 1, H, W) float32, for training."""
    import torch  # reading does without: engines.engine.normalise

    tensor = torch.as_tensor(inks).unsqueeze(1).to(torch.float32)
    return tensor.div_(255 * std).sub_(mean / std)


def from_strokes(strokes: Strokes, size: int = SIZE) -> InkImage:
    """Draw vector strokes at the model's scale with the pen of the training data.

    `strokes` is a list of strokes, each a list of points [x, y] or [x, y, milliseconds], in any unit, y downwards. Returns
    (size, size) uint8, white ink; all zeros without points. A drawing without extent becomes a dot of the pen's width.
    Raises `InkError` if `strokes` has another shape, more than 100,000 points, or a number that is not finite.
    """
    lines = _check_strokes(strokes)
    if not lines:
        return np.zeros((size, size), np.uint8)
    canvas = _canvas(size)
    draw = ImageDraw.Draw(canvas)
    for path in _paths(lines, size):
        _draw(draw, path, size)
    return np.asarray(canvas.reduce(_FINE))


def without_each_stroke(strokes: Strokes, size: int = SIZE) -> NDArray[np.uint8]:
    """The drawing without each of its strokes in turn, (strokes, size, size) uint8: what is left keeps its place and size.

    Raises `InkError` as `from_strokes` does; strokes without points are not counted.
    """
    lines = _check_strokes(strokes)
    if not lines:
        return np.zeros((0, size, size), np.uint8)
    layers = []
    for path in _paths(lines, size):
        canvas = _canvas(size)
        _draw(ImageDraw.Draw(canvas), path, size)
        layers.append(np.asarray(canvas) > 0)
    covered = np.sum(layers, 0, dtype=np.uint16)
    left = [Image.fromarray(np.where(covered > layer, np.uint8(255), np.uint8(0))) for layer in layers]
    return np.stack([np.asarray(image.reduce(_FINE)) for image in left])


def _canvas(size: int) -> Image.Image:
    return Image.new("L", (size * _FINE, size * _FINE))


def _paths(lines: list[NDArray[np.float64]], size: int) -> list[list[tuple[float, float]]]:
    """The points of each stroke on the fine canvas, on which the whole drawing is centred and fills the square."""
    points, width = np.concatenate(lines), pen_width(size)
    magnitude = np.abs(points).max() or 1.0  # scale first: 1e308 - -1e308 overflows
    low, high = points.min(0) / magnitude, points.max(0) / magnitude
    extent = (high - low).max()
    scale = (size - width) / extent if extent > 1e-9 else 0.0
    centre = size * _FINE / 2 - 0.5
    paths = []
    for line in lines:
        fine = (line / magnitude - (low + high) / 2) * (scale * _FINE) + centre
        keep = np.ones(len(fine), bool)
        keep[1:] = (np.diff(fine.round(), axis=0) != 0).any(1)  # drop points that move less than a fine pixel
        paths.append([(x, y) for x, y in fine[keep].tolist()])
    return paths


def _draw(draw: ImageDraw.ImageDraw, path: list[tuple[float, float]], size: int) -> None:
    pen = pen_width(size) * _FINE
    if len(path) > 1:
        draw.line(path, fill=255, width=round(pen))
    for x, y in path:  # round caps and joints
        draw.ellipse((x - pen / 2, y - pen / 2, x + pen / 2, y + pen / 2), fill=255)


def _check_strokes(strokes: Strokes) -> list[NDArray[np.float64]]:
    """The strokes that hold points, each as (points, 2) float64."""
    shape = "Strokes are a list of strokes, each a list of points [x, y] or [x, y, milliseconds]"
    if not _is_list(strokes):
        raise InkError(f"{shape}: send a list.")
    lines, total = [], 0
    for stroke in strokes:
        if not _is_list(stroke):
            raise InkError(f"{shape}: send each stroke as a list.")
        if len(stroke) == 0:
            continue
        total += len(stroke)
        if total > _MAX_POINTS:
            raise InkError(f"A drawing may hold {_MAX_POINTS:,} points: send fewer.")
        try:
            # fsum takes numbers alone: float() would take text too
            line = np.array([(math.fsum(point[:1]), math.fsum(point[1:2])) for point in stroke if _is_list(point) and len(point) in (2, 3)])
        except (TypeError, ValueError, OverflowError):
            raise InkError(f"{shape}: send numbers only.") from None
        if len(line) != len(stroke):
            raise InkError(f"{shape}: send two or three numbers for each point.")
        if not np.isfinite(line).all():
            raise InkError(f"{shape}: send finite numbers only.")
        lines.append(line)
    return lines


def _is_list(value: object) -> bool:
    return isinstance(value, list | tuple) or (isinstance(value, np.ndarray) and value.ndim > 0)


@dataclass(frozen=True)
class PictureInk:
    """What a picture of one character holds: its `ink`, and whether marks were `dropped`, none of which looks like one character."""

    ink: InkImage
    dropped: bool = False


def from_image(image: Image.Image, size: int = SIZE) -> InkImage:
    """Bring a picture of one character to the model's geometry, for any mode, polarity, background, light and pen.

    `image` is any Pillow image (1, L, LA, P, RGB, RGBA, CMYK, I;16, I, F, …); EXIF orientation is applied. Returns (size, size)
    uint8, white ink; all zeros if the picture is blank, or nothing on it looks like one character. Raises `PictureError` if its pixels cannot be decoded.
    """
    return from_picture(image, size).ink


def from_picture(image: Image.Image, size: int = SIZE) -> PictureInk:
    """Like `from_image`, and whether marks were dropped."""
    found = find_character(upright(image))
    ink = np.zeros((size, size), np.uint8) if found.ink is None else from_ink(found.ink, size)
    return PictureInk(ink, found.dropped)


def from_ink(ink: Gray, size: int = SIZE) -> InkImage:
    """Bring ink (H, W), 0..1, to the model's geometry: crop, correct the stroke width, scale the longest side to `size`, centre the box."""
    ink = _crop(ink)
    if max(ink.shape) > size:  # a picture of the model's size has the training data's pen already, and its faint strokes would be lost
        width = stroke_width(ink)
        thinnest, thickest = pen_range(size)
        if not thinnest <= width <= thickest:
            ink = _crop(redraw(ink, width, min(max(width, thinnest), thickest)))
    image = bring_to(ink, size)
    left, top = (size - image.width) // 2, (size - image.height) // 2
    square = np.zeros((size, size), np.uint8)
    values = np.clip(np.asarray(image) * 255 + 0.5, 0, 255).astype(np.uint8)
    square[top : top + image.height, left : left + image.width] = values
    return square


def _crop(ink: Gray) -> Gray:
    mask = ink > 0.25
    if min(ink.shape) >= 4 * SIZE:  # large enough to tell dust from a thin stroke
        cleaned = mask & (_neighbours(mask, 27) > 12)
        mask = cleaned if cleaned.any() else mask
    if not mask.any():
        return ink
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _neighbours(mask: NDArray[np.bool_], side: int) -> NDArray[np.uint16]:
    """The number of pixels of `mask` in the square of odd `side` around each pixel."""
    return cv2.boxFilter(mask.astype(np.uint8), cv2.CV_16U, (side, side), normalize=False, borderType=cv2.BORDER_CONSTANT)
