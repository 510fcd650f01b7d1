"""A picture file of one or more pages, decoded one page at a time, within limits and upright."""

from __future__ import annotations

import io
import os
import warnings
from collections.abc import Iterator
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import IO

from PIL import ExifTags, Image, ImageFile, ImageOps, TiffImagePlugin, UnidentifiedImageError

from kmnist_model.errors import PictureError
from kmnist_model.pictures import heif, pdf
from kmnist_model.pictures.conversion import DECODE_ERRORS, SAVE_AGAIN, reason
from kmnist_model.pictures.opencv import deep_colours, still_webp
from kmnist_model.pictures.reduced import REDUCED_FORMATS, keep_full_size, reduce
from kmnist_model.pictures.structure import count_gif_frames, count_jpeg_scans, tiff_pages, tiff_starting_at

FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "GIF", "BMP", "JPEG2000", "AVIF", heif.FORMAT)
MAX_PIXELS = 40_000_000
MAX_BYTES = 30_000_000
MAX_PAGES = 1000

Source = str | os.PathLike[str] | bytes | IO[bytes]


class Document:
    """A file of pages: a PDF, a TIFF or GIF of several, or any other picture, which has one.

    The file is held in memory, and a page is decoded when it is asked for. Raises `PictureError` for a file that is empty, too large or a trap.
    """

    def __init__(self, source: Source, max_pixels: int = MAX_PIXELS, max_bytes: int = MAX_BYTES) -> None:
        self._data = _bytes_of(source, max_bytes)
        self._max_pixels = max_pixels
        self._gif: ImageFile.ImageFile | None = None  # kept open: each frame builds on those before
        self._tiff: list[int] = []  # the place of each page's directory
        if not self._data:
            raise PictureError("This file is empty: choose another one, or save it again.")
        self._scans = 0  # of a JPEG
        if self._data[:2] == b"\xff\xd8":
            self._scans = count_jpeg_scans(self._data)
        elif self._data[:2] in (b"II", b"MM"):
            self._tiff = tiff_pages(self._data, MAX_PAGES + 1)

    @cached_property
    def _found(self) -> int:
        """The number of pages, at most one more than may be read. Raises `PictureError`."""
        if pdf.is_pdf(self._data):
            return pdf.count_pages(self._data)
        if self._is_gif:
            return count_gif_frames(self._data, MAX_PAGES + 1)
        return max(1, len(self._tiff))

    @property
    def _is_gif(self) -> bool:
        return self._data[:4] == b"GIF8"

    def __len__(self) -> int:
        """The number of pages, at most 1,000. Raises `PictureError`."""
        return min(self._found, MAX_PAGES)

    @property
    def is_longer(self) -> bool:
        """Whether the file has more pages than can be read. Raises `PictureError`."""
        return self._found > MAX_PAGES

    def __iter__(self) -> Iterator[Image.Image]:
        """The pages, each decoded when its turn comes. Raises `PictureError`."""
        return (self.page(index) for index in range(len(self)))

    def page(self, index: int) -> Image.Image:
        """The decoded, upright page of this `index`, from 0. Raises `PictureError`."""
        if pdf.is_pdf(self._data):
            page = pdf.draw_page(self._data, index, self._max_pixels) if 0 <= index < MAX_PAGES else None
            if page is None:
                raise self._no_page(index)
            return page
        if not 0 <= index < len(self):
            raise self._no_page(index)
        if self._is_gif and len(self) > 1:
            return self._frame(index)
        data = tiff_starting_at(self._data, self._tiff[index]) if self._tiff else self._data
        with self._open(data) as image:
            size = image.size
            self._check_size(image, reduce(image, data, self._scans, self._max_pixels))
            if webp := still_webp(data, image):
                return upright(webp)
            opened = upright(image)
            deep = deep_colours(data, image)
            if image.format in REDUCED_FORMATS:
                keep_full_size(opened, size, opened.size != image.size)
            return upright(deep) if deep else opened

    def _no_page(self, index: int) -> PictureError:
        count = len(self)
        return PictureError(f"This file has no page {index + 1}: choose {f'one from 1 to {count}' if count > 1 else 'page 1'}.")

    def _frame(self, index: int) -> Image.Image:
        """The frame of a GIF; those before that are damaged are passed over."""
        if self._gif is None or self._gif.tell() > index:
            self._gif = self._open(self._data)
            self._check_size(self._gif, self._max_pixels)
        gif = self._gif
        while gif.tell() < index:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                with suppress(*DECODE_ERRORS):
                    gif.load()
                gif.tile = []
                try:
                    gif.seek(gif.tell() + 1)
                except DECODE_ERRORS as error:
                    raise PictureError(f"This picture cannot be opened ({reason(error)}): {SAVE_AGAIN}.") from None
            self._check_size(gif, self._max_pixels)
        return upright(gif).copy()

    def _open(self, data: bytes) -> ImageFile.ImageFile:
        """The file's picture, whose pixels are not yet decoded. Raises `PictureError`."""
        formats = tuple(name for name in FORMATS if name != heif.FORMAT)
        if heif.is_heif(data):
            heif.register()
            formats = (heif.FORMAT,)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of broken tags, which do not matter, and of size: our own limit is lower, and an error
                image = Image.open(io.BytesIO(data), formats=formats)
        except UnidentifiedImageError:
            raise PictureError(
                "This is not a picture that can be opened: give a PNG, JPEG, WebP, TIFF, GIF, BMP, JPEG 2000, AVIF, HEIC or PDF file."
            ) from None
        except Image.DecompressionBombError:
            raise PictureError(_too_large(self._max_pixels)) from None
        except DECODE_ERRORS as error:
            raise PictureError(f"This picture cannot be opened ({reason(error)}): {SAVE_AGAIN}.") from None
        return image

    def _check_size(self, image: Image.Image, most: int) -> None:
        if max(image.width * image.height, _tile_pixels(image)) > most:
            raise PictureError(_too_large(most))


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
