"""PictureInput: a Gradio component whose value is one picture, chosen, dropped, pasted or taken with the camera."""

from __future__ import annotations

import base64
import binascii
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

MOST_BYTES = 8 * 2**20

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Upload:
    """The bytes of a file that a visitor gave, whatever they are, and the `turn` at which the browser sent them."""

    data: bytes
    turn: float = 0.0


class PictureInput(gr.HTML):
    """A line under a pad that takes one picture by file, drop, paste or camera; event listeners get its `Upload`.

    `.input` fires for each picture. Like `Sketchpad` its element sends a bubbling DOM event `ink` with `{turn, strokes: null}`.
    The browser brings large photos down to 1,024 px and turns them upright before it sends them: nothing touches the disk.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            label="Picture of a character",
            html_template="".join((_HERE / name).read_text("utf-8") for name in ("template.html", "../picture_source/template.html")),
            css_template="".join((_HERE / name).read_text("utf-8") for name in ("style.css", "../picture_source/style.css")),
            js_on_load="".join((_HERE / name).read_text("utf-8") for name in ("../picture_source/picture_source.js", "picture_input.js")),
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
        except (TypeError, ValueError, KeyError, AttributeError, OverflowError, RecursionError, binascii.Error):
            raise gr.Error(
                "A picture is sent as JSON with a data URL: reload the page and choose it again.", print_exception=False
            ) from None
        return Upload(data, turn if math.isfinite(turn) else 0.0)

    def api_info(self) -> dict[str, Any]:
        return {"type": "string", "description": 'JSON {"turn": number, "picture": data URL}'}

    def example_payload(self) -> str:
        return '{"turn": 1, "picture": "data:image/png;base64,"}'
