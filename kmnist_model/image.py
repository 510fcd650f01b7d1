"""Opens picture files within limits, upright; converts any image to luminance or colour."""

from __future__ import annotations

import io
import os
import re
import warnings
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps, TiffImagePlugin, UnidentifiedImageError

from kmnist_model.errors import PictureError
from kmnist_model.pictures.conversion import DECODE_ERRORS, SAVE_AGAIN, colours, luminance, reason, shrink
from kmnist_model.pictures.opencv import deep_colours, still_webp

__all__ = [
    "FORMATS",
    "MAX_BYTES",
    "MAX_PIXELS",
    "Picture",
    "Source",
    "as_image",
    "colours",
    "from_array",
    "luminance",
    "open_image",
    "shrink",
    "upright",
]

FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "GIF", "BMP")
MAX_PIXELS = 40_000_000
MAX_BYTES = 30_000_000

Source = str | os.PathLike[str] | bytes | IO[bytes]
Picture = str | Path | bytes | Image.Image | NDArray[Any]

_MAX_JPEG_SCANS = 100  # of a progressive JPEG, libtiff's limit too: 10 are usual, and 1,000 take 23 s of CPU
_MAX_JPEG_SEGMENTS = 10_000  # of a JPEG: 7 million take 7 s
_MAX_GIF_COMMENT = 100_000  # bytes in a GIF: a million take 3 s, and twice as many four times as long
_JPEG_MARKER = re.compile(rb"\xff([^\x00\x01\xd0-\xd7\xff])")  # of those that a length follows, and the end
_GIF_BLOCK = re.compile(b"[!,;]")


def open_image(source: Source, max_pixels: int = MAX_PIXELS, max_bytes: int = MAX_BYTES) -> Image.Image:
    """Open a picture: a path, bytes or a binary file, of PNG, JPEG, WebP, TIFF (first page), GIF (first frame) or BMP, of any mode.

    Returns the decoded Pillow image with its EXIF orientation applied; colour profiles are ignored. The format is detected from the bytes,
    not from the name; `max_bytes` and `max_pixels` are checked before decoding. Raises `PictureError`.
    """
    data = _bytes_of(source, max_bytes)
    if not data:
        raise PictureError("This file is empty: choose another one, or save it again.")
    if (data[:2] == b"\xff\xd8" and _is_slow_jpeg(data)) or (data[:4] == b"GIF8" and len(data) > 13 and _is_slow_gif(data)):
        raise PictureError(f"This file would take too long to open: {SAVE_AGAIN}.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of broken tags, which do not matter, and of size: our own limit is lower, and an error
            image = Image.open(io.BytesIO(data), formats=FORMATS)
    except UnidentifiedImageError:
        raise PictureError("This is not a picture that can be opened: give a PNG, JPEG, WebP, TIFF, GIF or BMP file.") from None
    except Image.DecompressionBombError:
        raise PictureError(_too_large(max_pixels)) from None
    except DECODE_ERRORS as error:
        raise PictureError(f"This picture cannot be opened ({reason(error)}): {SAVE_AGAIN}.") from None
    with image:
        if max(image.width * image.height, _tile_pixels(image)) > max_pixels:
            raise PictureError(_too_large(max_pixels))
        if webp := still_webp(data, image):
            return upright(webp)
        opened = upright(image)
        deep = deep_colours(data, image, 0)
        return upright(deep) if deep else opened


def _bytes_of(source: Source, most: int) -> bytes:
    """At most one byte more than `most` is read."""
    too_long = f"This file is larger than {most / 1e6:g} MB: save it smaller, as a JPEG for example."
    if isinstance(source, bytes):
        data = source
    elif isinstance(source, str | os.PathLike):
        try:
            with Path(source).open("rb") as file:
                data = file.read(most + 1)
        except FileNotFoundError:
            raise PictureError("There is no such file: check its path.") from None
        except (OSError, ValueError) as error:
            raise PictureError(f"This file cannot be opened ({reason(error)}): check its path and your rights to it.") from None
    else:
        data = source.read(most + 1)
    if len(data) > most:
        raise PictureError(too_long)
    return data


def _is_slow_jpeg(data: bytes) -> bool:
    """Whether a JPEG has too many scans or segments to be decoded soon."""
    scans, place = 0, 2
    for _ in range(_MAX_JPEG_SEGMENTS):
        marker = _JPEG_MARKER.search(data, place)
        if marker is None or marker[1] == b"\xd9":
            return False
        scans += marker[1] == b"\xda"
        if scans > _MAX_JPEG_SCANS:
            return True
        place = marker.end() + int.from_bytes(data[marker.end() : marker.end() + 2])
    return True


def _is_slow_gif(data: bytes) -> bool:
    """Whether a GIF has long comments before its first frame."""
    comment, place = 0, 13 + (data[10] >> 7) * (6 << (data[10] & 7))  # after the palette
    while comment <= _MAX_GIF_COMMENT and (block := _GIF_BLOCK.search(data, place)) and block[0] == b"!":
        place = start = block.end() + 1
        while place < len(data) and data[place]:
            place += 1 + data[place]
        comment += (place - start) * (data[block.end() : block.end() + 1] == b"\xfe")
        place += 1
    return comment > _MAX_GIF_COMMENT


def _tile_pixels(image: Image.Image) -> int:
    """The pixels of one tile of a TIFF, which may be larger than the picture and is decoded whole; 0 for other files."""
    sides = [getattr(image, "tag_v2", {}).get(tag, 0) for tag in (TiffImagePlugin.TILEWIDTH, TiffImagePlugin.TILELENGTH)]
    return sides[0] * sides[1] if all(isinstance(side, int) for side in sides) else 0


def _too_large(most: int) -> str:
    return f"This picture has more than {most / 1e6:g} million pixels: make it smaller."


def upright(image: Image.Image) -> Image.Image:
    """`image` decoded, with its EXIF orientation applied. Raises `PictureError` where its pixels cannot be decoded."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of broken tags
        try:
            image.load()
        except DECODE_ERRORS as error:
            cut = "truncated" in str(error) or isinstance(error, EOFError)
            what = "This picture is cut off: get the file again, or" if cut else f"This picture cannot be decoded ({reason(error)}):"
            raise PictureError(f"{what} {SAVE_AGAIN}.") from None
        try:  # 1 is upright already: a copy of 40 megapixels less
            return image if image.getexif().get(ExifTags.Base.Orientation, 1) == 1 else ImageOps.exif_transpose(image)
        except Exception:  # noqa: BLE001 - Pillow raises whatever a broken tag leads to; the pixels are there
            return image


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
