"""Large JPEG and JPEG 2000 files, decoded at a half, a quarter or less of their size: both formats can skip the finest details."""

from __future__ import annotations

from PIL import Image, Jpeg2KImagePlugin, JpegImagePlugin

REDUCED_FORMATS = ("JPEG", "MPO", "JPEG2000")
_INFO = "full_size"  # where a picture that was decoded smaller keeps its size
_MAX_LARGER = 4  # times as many pixels as are decoded: 160 megapixels for 40; Pillow itself refuses 179
_MAX_LARGER_IN_SCANS = 1.5  # of a JPEG in several scans: libjpeg holds all coefficients, 6 bytes a pixel
_JPEG2000_SHARE = 0.4  # of the pixels that other formats may have: OpenJPEG takes 18 bytes for each
_CODESTREAM, _CODING_STYLE = b"\xff\x4f\xff\x51", b"\xff\x52"  # JPEG 2000 markers


def full_size(image: Image.Image) -> tuple[int, int]:
    """The (width, height) in px of the picture that was opened as `image`, which may have been decoded smaller."""
    return image.info.get(_INFO, image.size)


def keep_full_size(image: Image.Image, size: tuple[int, int], is_turned: bool) -> None:
    """Keep the `size` of the picture of `image` for `full_size`, with its sides exchanged if it `is_turned` by a quarter since."""
    if image.size != size[:: -1 if is_turned else 1]:
        image.info[_INFO] = size[:: -1 if is_turned else 1]


def reduce(image: Image.Image, data: bytes, scans: int, max_pixels: int) -> int:
    """Have `image`, which is not decoded yet, decoded within `max_pixels` if its format can do so; returns the most pixels that it may have."""
    pixels = image.width * image.height
    if isinstance(image, JpegImagePlugin.JpegImageFile):
        most = round((_MAX_LARGER if scans < 2 else _MAX_LARGER_IN_SCANS) * max_pixels)
        if max_pixels < pixels <= most:
            halves = next((n for n in (1, 2, 3) if _reduced(image, n) <= max_pixels), 0)
            image.draft(None, (image.width >> halves, image.height >> halves))
        return most
    if isinstance(image, Jpeg2KImagePlugin.Jpeg2KImageFile):
        most = _MAX_LARGER * max_pixels
        levels = _levels(data)
        halves = next((n for n in range(levels) if _reduced(image, n) <= _JPEG2000_SHARE * max_pixels), levels)
        if pixels > most or _reduced(image, halves) > max_pixels:
            return max_pixels
        image.reduce = halves
        width, height = (-(-side >> halves) << halves for side in image.size)
        image._size = (width, height)  # Pillow would round a half down, OpenJPEG rounds it up
        return most
    return max_pixels


def _reduced(image: Image.Image, halves: int) -> int:
    """The pixels of `image` with its sides halved so many times."""
    return -(-image.width >> halves) * -(-image.height >> halves)


def _levels(data: bytes) -> int:
    """How many times the sides of a JPEG 2000 can be halved."""
    place = data.find(_CODING_STYLE, max(0, data.find(_CODESTREAM)))
    return min(data[place + 9], 32) if 0 <= place < len(data) - 9 else 0
