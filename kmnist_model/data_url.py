"""Pictures as data URLs, as browsers and self-contained HTML pages have them."""

from __future__ import annotations

import base64
import binascii
import io

from PIL import Image


def from_bytes(data: bytes, kind: str) -> str:
    """The bytes of a picture file of that `kind` ("jpeg" or "png") as a data URL."""
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


def from_image(image: Image.Image, kind: str = "png", quality: int = 85) -> str:
    """A Pillow image as a data URL, encoded as `kind` ("jpeg" or "png"); `quality` is that of a JPEG."""
    file = io.BytesIO()
    image.save(file, kind, **({"quality": quality} if kind == "jpeg" else {}))
    return from_bytes(file.getvalue(), kind)


def to_bytes(url: str) -> bytes:
    """The bytes that a data URL holds, whatever they are; raises `ValueError` where it is not base64."""
    try:
        return base64.b64decode(url.partition(",")[2], validate=True)
    except binascii.Error as error:
        raise ValueError(f"This is not a data URL of base64 ({error}).") from None
