"""Opens picture files within limits, upright; converts any image to luminance or colour."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from kmnist_model.errors import PictureError
from kmnist_model.pictures.conversion import colours, luminance, shrink
from kmnist_model.pictures.document import FORMATS, MAX_BYTES, MAX_PAGES, MAX_PIXELS, Document, Source, upright
from kmnist_model.pictures.reduced import full_size

__all__ = [
    "FORMATS",
    "MAX_BYTES",
    "MAX_PAGES",
    "MAX_PIXELS",
    "Document",
    "Picture",
    "Source",
    "as_image",
    "colours",
    "from_array",
    "full_size",
    "luminance",
    "open_image",
    "page_count",
    "shrink",
    "upright",
]

Picture = str | Path | bytes | Image.Image | NDArray[Any]


def open_image(source: Source, max_pixels: int = MAX_PIXELS, max_bytes: int = MAX_BYTES, page: int = 0) -> Image.Image:
    """Open a picture: a path, bytes or a binary file, of PNG, JPEG, WebP, TIFF, GIF, BMP or PDF, of any mode.

    Returns the decoded Pillow image with its EXIF orientation applied; colour profiles are ignored. Of a file with several pages, a PDF,
    TIFF or GIF, it is that of the index `page`, from 0; a TIFF's thumbnails are no pages. The format is detected from the bytes, not from the
    name; `max_bytes` and `max_pixels` are checked before decoding, and pages of a PDF drawn at 300 dpi or what they allow. A JPEG or JPEG 2000 of
    up to four times as many pixels is decoded smaller, and `full_size` tells its size. Raises `PictureError`.
    """
    return Document(source, max_pixels, max_bytes).page(page)


def page_count(source: Source, max_bytes: int = MAX_BYTES) -> int:
    """The number of pages of a file, at most 1,000; 1 for all but PDF, TIFF and GIF. Raises `PictureError`."""
    return len(Document(source, max_bytes=max_bytes))


def from_array(array: NDArray[Any]) -> Image.Image:
    """A Pillow image of an array (H, W) or (H, W, 1, 3 or 4), uint8, bool or float 0..1. Raises `PictureError`."""
    if array.ndim not in (2, 3) or array.size == 0 or (array.ndim == 3 and array.shape[2] not in (1, 3, 4)):
        raise PictureError(f"An array of shape {array.shape} is not a picture: give (H, W), (H, W, 3) or (H, W, 4).")
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if array.dtype == np.bool_ or np.issubdtype(array.dtype, np.floating):
        array = np.nan_to_num(array.astype(np.float32), posinf=1, neginf=0).clip(0, 1) * 255
    elif array.dtype != np.uint8:
        raise PictureError(f"An array of {array.dtype} is not a picture: give uint8, bool, or float 0..1.")
    return Image.fromarray(array.astype(np.uint8))


def as_image(picture: Picture) -> Image.Image:
    """The decoded, upright Pillow image of a path, bytes, an image or an array. Raises `PictureError`."""
    if isinstance(picture, Image.Image):
        return upright(picture)
    if isinstance(picture, np.ndarray):
        return from_array(picture)
    if not isinstance(picture, str | os.PathLike | bytes):
        raise PictureError(f"A {type(picture).__name__} is not a picture: give a path, bytes, a Pillow image or an array.")
    return open_image(picture)
