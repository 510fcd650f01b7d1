"""PictureInput: a Gradio component whose value is one picture, chosen, dropped, pasted or taken with the camera."""

from __future__ import annotations

import base64
import binascii
import io
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image, UnidentifiedImageError

from kmnist_model import PictureError

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
MOST_BYTES = 8 * 2**20
MOST_PIXELS = 40_000_000  # a phone's largest photo; Pillow itself stops only at 179 million

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Upload:
    """The bytes of a file that a visitor gave, whatever they are, and the `turn` at which the browser sent them."""

    data: bytes
    turn: float = 0.0


def open_picture(data: bytes) -> Image.Image:
    """Open the bytes of a picture without decoding it yet; raises `PictureError` for another kind of file, or one too large."""
    if len(data) > MOST_BYTES:
        raise PictureError(f"This file is larger than {MOST_BYTES // 2**20} MB: make the picture smaller.")
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
    except UnidentifiedImageError:
        raise PictureError("This is not a picture that I can open: give a PNG, JPEG, WebP, GIF, BMP or TIFF file.") from None
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise PictureError(f"This picture cannot be opened ({error}): save it again as PNG or JPEG.") from None
    if image.width * image.height > MOST_PIXELS:
        raise PictureError(f"This picture has more than {MOST_PIXELS // 10**6} million pixels: make it smaller.")
    return image


class PictureInput(gr.HTML):
    """A line under a pad that takes one picture by file, drop, paste or camera; event listeners get its `Upload`.

    `.input` fires for each picture. Like `Sketchpad` its element sends a bubbling DOM event `ink` with `{turn, strokes: null}`.
    The browser brings large photos down to 1,024 px and turns them upright before it sends them: nothing touches the disk.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            label="Picture of a character",
            html_template=(_HERE / "picture.html").read_text("utf-8"),
            css_template=(_HERE / "picture.css").read_text("utf-8"),
            js_on_load=(_HERE / "picture.js").read_text("utf-8"),
            apply_default_css=False,
            **kwargs,
        )

    def preprocess(self, payload: str | None) -> Upload:  # type: ignore[override]
        """The browser's JSON as an `Upload`; raises `gr.Error` where it is not one."""
        try:
            if not payload or len(payload) > MOST_BYTES * 1.4:
                raise ValueError
            message = json.loads(payload)
            data = base64.b64decode(message["picture"].partition(",")[2], validate=True)
            turn = float(message["turn"])
        except (TypeError, ValueError, KeyError, AttributeError, RecursionError, binascii.Error):
            raise gr.Error(
                "A picture is sent as JSON with a data URL: reload the page and choose it again.", print_exception=False
            ) from None
        return Upload(data, turn if math.isfinite(turn) else 0.0)

    def api_info(self) -> dict[str, Any]:
        return {"type": "string", "description": 'JSON {"turn": number, "picture": data URL}'}

    def example_payload(self) -> str:
        return '{"turn": 1, "picture": "data:image/png;base64,"}'
