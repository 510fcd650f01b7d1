"""Preprocessing: strokes or any picture -> one square ink image, in the geometry of the training data.

The geometry is KMNIST's (measured on its 10,000 official test images): white ink on black, the longest side of the ink
fills the square, the aspect ratio is kept, the ink's box is centred, strokes are about 2.2 px wide in a square of 28 px. Other
weights read larger squares: the same geometry, drawn with a finer pen.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from kmnist_model.errors import InkError
from kmnist_model.image import luminance, open_image, upright
from kmnist_model.stroke_width import SIZE, Gray, bring_to, pen_range, pen_width, redraw, stroke_width

__all__ = ["SIZE", "InkImage", "from_image", "from_ink", "from_strokes", "open_image", "stroke_width", "to_tensor", "without_each_stroke"]

MEAN, STD = 0.19, 0.34  # of ink / 255 over KMNIST: the only normalisation, stored in every weights file

Strokes = Sequence[Sequence[Sequence[float]] | NDArray[np.floating]]  # each stroke a list of points, or an array (points, 2 or 3)
InkImage = NDArray[np.uint8]  # (size, size), white ink; 28 px for KMNIST's weights

_FINE = 8  # strokes are drawn at this scale and reduced, for antialiasing
_MAX_SIDE = 512  # px, the longest side of the picture that is measured
_MAX_POINTS = 100_000
_MIN_CONTRAST = 0.12  # of the paper's brightness: fainter marks are paper
_MIN_SEPARATION = 4.0  # of ink and paper, in standard deviations: pure noise split in two reaches 2.7


def to_tensor(inks: NDArray[np.uint8] | torch.Tensor, mean: float = MEAN, std: float = STD) -> torch.Tensor:
    """Normalise inks (N, H, W) uint8 to the network's input (N, 1, H, W) float32, for reading and for training."""
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


def from_image(image: Image.Image, size: int = SIZE) -> InkImage:
    """Bring a picture of one character to the model's geometry, for any mode, polarity, background, light and pen.

    `image` is any Pillow image (1, L, LA, P, RGB, RGBA, CMYK, I;16, I, F, …); EXIF orientation is applied. Returns (size, size)
    uint8, white ink; all zeros if the picture is blank. Raises `PictureError` if its pixels cannot be decoded.
    """
    gray = luminance(upright(image), _MAX_SIDE)
    ink = _ink_of(gray)
    return np.zeros((size, size), np.uint8) if ink is None else from_ink(ink, size)


def _ink_of(gray: Gray) -> Gray | None:
    """The amount of ink on each pixel (H, W), 0..1; None for a blank sheet."""
    if gray.size < 4 or np.ptp(gray) < _MIN_CONTRAST:
        return None
    dark = gray <= _otsu(gray)
    border = np.concatenate([dark[0], dark[-1], dark[:, 0], dark[:, -1]])
    if border.mean() + dark.mean() > 1:  # most of the picture and its border is paper
        gray = 1 - gray
    marks = np.clip(1 - gray / np.maximum(_paper(gray), 1e-3), 0, 1)  # in units of the paper's brightness
    level = _otsu(marks)
    ink, paper = marks[marks > level], marks[marks <= level]
    if not ink.size or not paper.size:
        return None
    separation = ink.mean() - paper.mean()
    spread = math.sqrt((ink.var() * ink.size + paper.var() * paper.size) / marks.size)
    if separation < _MIN_CONTRAST or separation < _MIN_SEPARATION * spread:
        return None
    floor = np.median(paper)
    floor += 4.5 * np.median(np.abs(paper - floor))  # three standard deviations of the paper's grain
    return np.clip((marks - floor) / max(np.percentile(ink, 75) - floor, 1e-3), 0, 1).astype(np.float32)


def _otsu(values: Gray) -> float:
    """The level that separates `values` best into two classes (Otsu 1979), among 256 between their minimum and maximum."""
    low = float(values.min())
    step = (float(values.max()) - low + 1e-6) / 256
    level, _ = cv2.threshold(((values - low) / step).astype(np.uint8).reshape(1, -1), 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    return low + (level + 1) * step


def _paper(gray: Gray) -> Gray:
    """The brightness of the bare paper under each pixel: a quadratic surface fitted from above.

    It keeps the fall-off of a lamp, or a soft shadow, from being taken for ink.
    """
    height, width = gray.shape
    if min(height, width) < 2 * SIZE:
        return np.full_like(gray, np.percentile(gray, 90))
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    surface = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], -1)
    step = max(1, min(height, width) // 64)
    basis, values = surface[::step, ::step].reshape(-1, 6), gray[::step, ::step].ravel()
    weights = np.ones_like(values)
    for _ in range(8):  # asymmetric least squares: pixels below the surface are ink and hardly count
        weighted = basis * weights[:, None]
        coefficients = np.linalg.solve(basis.T @ weighted + 1e-6 * np.eye(6, dtype=np.float32), values @ weighted)
        weights = np.where(values < basis @ coefficients - 0.02, np.float32(0.02), np.float32(1))
    return np.clip(surface @ coefficients, np.percentile(gray, 50) / 2, 1)


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
