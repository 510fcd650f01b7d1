"""Pictures that OpenCV decodes better than Pillow: still WebP, and TIFF with colours of 10 to 14 bits."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, TiffImagePlugin

_DARK = 63  # of 255: colours of at most 14 of 16 bits
_WHITES = (1023, 4095, 16383)  # of 10, 12 and 14 bits


def still_webp(data: bytes, image: Image.Image) -> Image.Image | None:
    """The picture of a still WebP file; None for other files.

    Pillow's decoder holds four copies of it: 640 MB at 40 megapixels.
    """
    if image.format != "WEBP" or getattr(image, "is_animated", False):
        return None
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        return None
    if pixels is None or not _fits(pixels, image):
        return None  # Pillow will say what is wrong
    return _as_image(pixels, image.info.get("exif"))


def deep_colours(data: bytes, image: Image.Image) -> Image.Image | None:
    """The colours of the decoded first page of a TIFF that fill 10, 12 or 14 of 16 bits, brought to 8; None for other pictures.

    Pillow keeps the high byte, in which they are nearly black.
    """
    if image.mode not in ("RGB", "RGBA") or getattr(image, "tag_v2", {}).get(TiffImagePlugin.BITSPERSAMPLE, ())[:1] != (16,):
        return None
    if max(np.asarray(image.getextrema())[:3, 1]) > _DARK:
        return None
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        return None
    if pixels is None or pixels.dtype != np.uint16 or not _fits(pixels, image):
        return None
    brightest = int(pixels[..., :3].max())
    white = next((each for each in _WHITES if brightest <= each), _WHITES[-1])
    return _as_image(cv2.convertScaleAbs(pixels, alpha=255 / white), image.getexif().tobytes())


def _fits(pixels: NDArray[Any], image: Image.Image) -> bool:
    """Whether OpenCV's pixels are the colours of the same picture."""
    return pixels.ndim == 3 and pixels.shape[:2] == image.size[::-1] and pixels.shape[2] in (3, 4)


def _as_image(pixels: NDArray[np.uint8], exif: bytes | None) -> Image.Image:
    """OpenCV's `pixels`, which are overwritten, as a Pillow image."""
    cv2.cvtColor(pixels, cv2.COLOR_BGRA2RGBA if pixels.shape[2] == 4 else cv2.COLOR_BGR2RGB, dst=pixels)
    decoded = Image.fromarray(pixels)
    if exif:
        decoded.info["exif"] = exif
    return decoded
