"""Any Pillow image -> luminance or colours: every mode, depth and transparency."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from kmnist_model.errors import PictureError
from kmnist_model.stroke_width import Gray

SAVE_AGAIN = "save it again as PNG or JPEG"
DECODE_ERRORS = (
    OSError,
    ValueError,
    SyntaxError,
    TypeError,
    KeyError,
    IndexError,
    EOFError,
    OverflowError,
    MemoryError,
    RuntimeError,
    Image.DecompressionBombError,
    struct.error,
)
_PLAIN = {"LAB": "RGB", "La": "LA", "RGBa": "RGBA"}  # modes that Pillow converts to this one only
# White in pictures whose mode has more bits than their pixels: 8, 10, 12, 14, 16, 24, 31 and 32 bits.
_WHITES = (255, 1023, 4095, 16383, 65535, 2**24 - 1, 2**31 - 1, 2**32 - 1)


def reason(error: BaseException) -> str:
    """The reason of an error in a few words, without the path."""
    return (error.strerror if isinstance(error, OSError) and error.strerror else str(error)).strip() or type(error).__name__


def shrink(image: Image.Image, longest: int) -> Image.Image:
    """`image`, reduced by averaging if a side is longer than `longest` px."""
    if max(image.size) <= longest:
        return image
    width, height = (max(1, round(side * longest / max(image.size))) for side in image.size)
    return image.resize((width, height), Image.Resampling.BOX)


def luminance(image: Image.Image, longest: int) -> Gray:
    """The brightness of each pixel (H, W), 0..1, at most `longest` px a side, transparent parts composited over a fitting background.

    Raises `PictureError` for values that are not numbers, and where the conversion fails.
    """
    with _failing_in_one_sentence():
        if _is_numbers(image):
            return np.asarray(shrink(_scaled(image), longest))
        image = _plain(image)
        if not image.has_transparency_data:
            return np.asarray(shrink(image.convert("L"), longest), np.float32) / 255
        rgba = image.convert("RGBA")
        gray, alpha = (np.asarray(shrink(part, longest), np.float32) / 255 for part in (rgba.convert("L"), rgba.getchannel("A")))
        matte = _matte(gray, alpha)
        return gray * alpha + matte * (1 - alpha)


def colours(image: Image.Image, longest: int) -> NDArray[np.uint8]:
    """RGB (H, W, 3) uint8, at most `longest` px a side, composited as in `luminance`. Raises `PictureError`."""
    with _failing_in_one_sentence():
        if _is_numbers(image):
            gray = np.asarray(shrink(_scaled(image), longest)) * 255 + 0.5
            return np.repeat(gray.astype(np.uint8)[:, :, None], 3, 2)
        image = _plain(image)
        if not image.has_transparency_data:
            return np.asarray(shrink(_in_mode(image, "RGB"), longest))
        rgba = shrink(_in_mode(image, "RGBA"), longest)
        gray, alpha = (np.asarray(part, np.float32) / 255 for part in (rgba.convert("L"), rgba.getchannel("A")))
        backdrop = Image.new("RGBA", rgba.size, (round(255 * _matte(gray, alpha)),) * 3 + (255,))
        return np.asarray(Image.alpha_composite(backdrop, rgba).convert("RGB"))


@contextmanager
def _failing_in_one_sentence() -> Iterator[None]:
    """Turns what Pillow raises for a picture that it cannot convert into a `PictureError`."""
    try:
        yield
    except PictureError:
        raise
    except DECODE_ERRORS as error:
        raise PictureError(f"The colours of this picture cannot be converted ({reason(error)}): {SAVE_AGAIN}.") from None


def _plain(image: Image.Image) -> Image.Image:
    """`image` in a mode that Pillow converts to any other."""
    return image.convert(_PLAIN[image.mode]) if image.mode in _PLAIN else image


def _in_mode(image: Image.Image, mode: str) -> Image.Image:
    """`image` in that mode; Pillow would copy one that has it already."""
    return image if image.mode == mode else image.convert(mode)


def _is_numbers(image: Image.Image) -> bool:
    return image.mode.startswith("I") or image.mode == "F"


def _scaled(image: Image.Image) -> Image.Image:
    """A 16-bit, 32-bit or float image brought to 0..1."""
    values = np.asarray(image)
    if image.mode == "I" and values.min(initial=0) < -(2**15):
        values = values.view(np.uint32)  # Pillow reads unsigned numbers of 32 bits as signed ones
    pixels = values.astype(np.float32)
    if not np.isfinite(pixels).all():
        raise PictureError(f"This picture holds values that are not numbers: {SAVE_AGAIN}.")
    pixels -= pixels.min(initial=0)  # signed numbers
    pixels /= _white(float(pixels.max(initial=0)), image.mode)
    return Image.fromarray(np.clip(pixels, 0, 1, out=pixels))


def _white(brightest: float, mode: str) -> float:
    """The value of white in a picture of numbers: that of the fewest bits that hold the brightest one, as scanners fill 10, 12 or 14 of 16."""
    if mode == "F" and brightest <= 1:
        return 1.0
    white = next((each for each in _WHITES if brightest <= each), _WHITES[-1])
    return float(white) if brightest > white / 16 else max(brightest, 1.0)  # a mask of ones, or a range of its own


def _matte(gray: Gray, alpha: Gray) -> float:
    """The brightness of the background that a transparent picture was made for."""
    opaque = gray[alpha > 0.5]
    if not opaque.size:
        return 1.0
    low, high = np.percentile(opaque, (5, 95))
    # One colour on nothing: the shape is in the transparency. Several: the opaque part has a paper of its own.
    return float(np.median(opaque)) if high - low > 0.25 else float(np.median(opaque) < 0.5)
