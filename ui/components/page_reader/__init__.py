"""PageReader: a Gradio component that takes a scan of a page, shows its characters in their boxes, and lets a visitor correct and keep them."""

from __future__ import annotations

import base64
import binascii
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from kmnist_model import Alphabet
from kmnist_model.image import MOST_BYTES, MOST_PIXELS
from kmnist_model.page.annotate import SURE
from kmnist_model.page.reader import WORKING_PIXELS
from ui.examples import Example

_HERE = Path(__file__).parent
_SCRIPTS = ("../picture_source/picture_source.js", "page_reader.js", "overlay.js", "transcript.js", "downloads.js")


@dataclass(frozen=True, slots=True)
class Scan:
    """What a visitor gave: the bytes of a file or the number of an `example` (neither to give up what is being read), the `direction` to
    read in, the `size` (width, height) px of the picture as the visitor has it, and the `turn` at which the browser sent it."""

    data: bytes | None
    example: int | None
    direction: str
    size: tuple[int, int] | None
    turn: float

    @property
    def is_cancelled(self) -> bool:
        """Whether there is nothing to read."""
        return self.data is None and self.example is None


class PageReader(gr.HTML):
    """A desk for one page; event listeners get its `Scan` and answer with the JSON of `ui.scan`.

    `.input` fires for each page. The browser brings large photos down before it sends them, and keeps the picture that it shows:
    the server sends back what it read, never the picture, except one that browsers cannot show.
    """

    def __init__(self, alphabet: Alphabet, examples: list[Example], **kwargs: Any) -> None:
        super().__init__(
            label="Page of writing",
            html_template="".join((_HERE / name).read_text("utf-8") for name in ("template.html", "../picture_source/template.html")),
            css_template="".join((_HERE / name).read_text("utf-8") for name in ("../picture_source/style.css", "style.css")),
            js_on_load=_settings(alphabet, examples) + "".join((_HERE / name).read_text("utf-8") for name in _SCRIPTS),
            apply_default_css=False,
            **kwargs,
        )

    def preprocess(self, payload: str | None) -> Scan:  # type: ignore[override]
        """The browser's JSON as a `Scan`; raises `gr.Error` where it is not one."""
        try:
            if not payload or len(payload) > MOST_BYTES * 1.4:
                raise ValueError
            return _scan(json.loads(payload))
        except (TypeError, ValueError, KeyError, AttributeError, OverflowError, RecursionError, binascii.Error):
            raise gr.Error("A page is sent as JSON with a data URL: reload this page and choose it again.", print_exception=False) from None

    def api_info(self) -> dict[str, Any]:
        return {"type": "string", "description": 'JSON {"turn": number, "picture": data URL, "direction": "auto"}'}

    def example_payload(self) -> str:
        return '{"turn": 1, "example": 0, "direction": "auto"}'


def _scan(message: dict[str, Any]) -> Scan:
    turn = float(message["turn"])
    direction = message.get("direction", "auto")
    if not math.isfinite(turn) or direction not in ("auto", "vertical", "horizontal"):
        raise ValueError
    if message.get("cancel") is True:
        return Scan(None, None, direction, None, turn)
    if "example" in message:
        return Scan(None, int(message["example"]), direction, None, turn)
    data = base64.b64decode(message["picture"].partition(",")[2], validate=True)
    width, height = (int(side) for side in message.get("size") or (0, 0))
    size = (width, height) if 0 < width < 100_000 and 0 < height < 100_000 else None
    return Scan(data, None, direction, size, turn)


def _settings(alphabet: Alphabet, examples: list[Example]) -> str:
    """What the browser half needs to know, as its first line."""
    romaji = {entry.character: entry.romaji for entry in alphabet}
    pictures = [{"title": example.title, "thumbnail": example.thumbnail} for example in examples]
    numbers = f"MOST_BYTES = {MOST_BYTES}, MOST_PIXELS = {MOST_PIXELS}, WORKING_PIXELS = {WORKING_PIXELS}, SURE = {SURE}"
    return f"const ROMAJI = {json.dumps(romaji)}, EXAMPLES = {json.dumps(pictures)}, {numbers};\n"
