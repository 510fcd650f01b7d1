"""Any mode and depth -> luminance and colours, and one sentence where there is no way."""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from kmnist_model import PictureError, from_image, open_image
from kmnist_model.image import colours, luminance
from tests.support.drawing import glyph, likeness

# Not for what other tests have left to the garbage collector.
pytestmark = pytest.mark.filterwarnings("error", "default::pytest.PytestUnraisableExceptionWarning")

SU = glyph("す", 120)
INK = from_image(SU)
VALUES = np.asarray(SU, np.int64)  # (120, 120), 0..255

LAB = np.stack([VALUES, np.zeros_like(VALUES), np.zeros_like(VALUES)], -1).astype(np.uint8)


def _file(picture: Image.Image, kind: str = "TIFF", **options: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def _tiff(pixels: NDArray[Any], photometric: int = 1, sample_format: int = 1, order: str = "<") -> bytes:
    """An uncompressed TIFF of these pixels (H, W) or (H, W, n), as scanners' own programs write them."""
    height, width, *samples = pixels.shape
    count = samples[0] if samples else 1
    body = pixels.astype(pixels.dtype.newbyteorder(order)).tobytes()
    bits = pixels.dtype.itemsize * 8
    entries = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, count, bits), (259, 3, 1, 1), (262, 3, 1, photometric), (273, 4, 1, 0)]
    entries += [(277, 3, 1, count), (278, 4, 1, height), (279, 4, 1, len(body)), (339, 3, count, sample_format)]
    end = 8 + 2 + 12 * len(entries) + 4
    depths, formats = (struct.pack(f"{order}{count}H", *[value] * count) for value in (bits, sample_format))
    start = end + len(depths) + len(formats)
    head = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HIH", 42, 8, len(entries))
    for tag, kind, number, value in entries:
        if tag == 273:
            value = start
        elif count > 2 and tag in (258, 339):
            value = end if tag == 258 else end + len(depths)
        short = kind == 3 and number < 3
        head += struct.pack(f"{order}HHI", tag, kind, number) + (
            struct.pack(f"{order}HH", value, 0) if short else struct.pack(f"{order}I", value)
        )
    return head + bytes(4) + depths + formats + body


def _rgb(values: NDArray[Any]) -> NDArray[Any]:
    return np.repeat(values[:, :, None], 3, 2)


DEEP: dict[str, bytes] = {
    "8 bits in 16": _tiff(VALUES.astype(np.uint16)),
    "10 bits in 16": _tiff((VALUES * 1023 // 255).astype(np.uint16)),
    "12 bits in 16": _tiff((VALUES * 4095 // 255).astype(np.uint16)),
    "12 bits in 16, Motorola": _tiff((VALUES * 4095 // 255).astype(np.uint16), order=">"),
    "14 bits in 16": _tiff((VALUES * 16383 // 255).astype(np.uint16)),
    "16 bits": _tiff((VALUES * 257).astype(np.uint16)),
    "16 bits, signed": _tiff((VALUES * 257 - 32768).astype(np.int16), sample_format=2),
    "32 bits": _tiff((VALUES * 16843009).astype(np.uint32)),
    "32 bits, signed": _tiff((VALUES * 8421504).astype(np.int32), sample_format=2),
    "float to 1": _tiff((VALUES / 255).astype(np.float32), sample_format=3),
    "float a little beyond 1": _tiff((VALUES / 250 - 0.01).astype(np.float32), sample_format=3),
    "float to 4095": _tiff((VALUES * 4095 / 255).astype(np.float32), sample_format=3),
    "colours of 12 bits in 16": _tiff(_rgb((VALUES * 4095 // 255).astype(np.uint16)), photometric=2),
    "colours of 12 bits in 16, Motorola": _tiff(_rgb((VALUES * 4095 // 255).astype(np.uint16)), photometric=2, order=">"),
    "colours of 10 bits in 16": _tiff(_rgb((VALUES * 1023 // 255).astype(np.uint16)), photometric=2),
    "colours of 16 bits": _tiff(_rgb((VALUES * 257).astype(np.uint16)), photometric=2),
    "mask of ones": _tiff((VALUES > 127).astype(np.uint16)),
    "CIELAB": _file(Image.fromarray(LAB, "LAB")),
    "CMYK": _file(SU.convert("RGB").convert("CMYK")),
    "palette": _file(SU.quantize(16), "PNG", transparency=15),
}


@pytest.mark.parametrize("name", DEEP)
def test_a_file_of_any_depth_and_colour_space_is_neither_black_nor_white(name: str) -> None:
    image = open_image(DEEP[name])
    gray = luminance(image, 1000)
    truth = VALUES / 255
    assert np.abs(gray - (truth > 0.5 if name == "mask of ones" else truth)).mean() < 0.05
    assert np.abs(colours(image, 1000).mean(2) / 255 - gray).mean() < 0.02
    assert likeness(from_image(image), INK) > 0.97


@pytest.mark.parametrize("mode", ["LAB", "La", "RGBa", "HSV", "YCbCr", "PA", "RGBX", "I;16B", "I;16L", "I;16N", "I", "F"])
def test_every_mode_of_pillow_is_converted(mode: str) -> None:
    image = Image.new(mode, (40, 30))
    assert luminance(image, 100).shape == (30, 40)
    assert colours(image, 100).shape == (30, 40, 3)
    assert not from_image(image).any()


def test_colours_of_cielab_are_kept() -> None:
    red = Image.fromarray(np.full((8, 8, 3), (138, 81, 70), np.uint8), "LAB")  # sRGB's red
    assert np.abs(colours(red, 8).astype(int) - (255, 0, 0)).max() < 12


@pytest.mark.parametrize("convert", [luminance, colours])
def test_what_cannot_be_converted_is_one_sentence(convert: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ValueError("conversion not supported")

    monkeypatch.setattr(Image.Image, "convert", fail)
    with pytest.raises(
        PictureError,
        match=r"^The colours of this picture cannot be converted \(conversion not supported\): save it again as PNG or JPEG\.$",
    ):
        convert(Image.new("CMYK", (4, 4)), 10)
