"""Correction: a Gradio component with which a visitor says what a character was, where the operator keeps corrections."""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
import unicodedata
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from kmnist_model import Alphabet, KmnistError, open_image
from kmnist_model.preprocess import SIZE, InkImage
from ui.components.sketchpad import LARGEST, Stroke

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Wish:
    """What a visitor says: the right `character` of the `strokes`, or else of the `ink`, that were answered at `turn`; sent twice it has the same `key`."""

    character: str
    strokes: list[Stroke] | None
    ink: InkImage | None
    turn: float
    key: str | None = None


class CorrectionInput(gr.HTML):
    """Asks what a character was ("That was …"): stands beside an `Answer` in an element of class `reader`, and shows itself while there is something to correct.

    `.input` fires with each `Wish`; its event listener answers with the JSON of `told`.
    """

    def __init__(self, alphabet: Alphabet, **kwargs: Any) -> None:
        choices = "".join(f'<button type="button" class="choice" lang="ja">{escape(entry.character)}</button>' for entry in alphabet)
        super().__init__(
            label="Correction",
            html_template=(_HERE / "template.html").read_text("utf-8").replace("CHOICES", choices),
            css_template=(_HERE / "style.css").read_text("utf-8"),
            js_on_load=(_HERE / "correction.js").read_text("utf-8"),
            apply_default_css=False,
            **kwargs,
        )

    def preprocess(self, payload: str | None) -> Wish:  # type: ignore[override]
        """The browser's JSON as a `Wish`; raises `gr.Error` where it is not one."""
        try:
            if not payload or len(payload) > LARGEST:
                raise ValueError
            return _wish(json.loads(payload))
        except (TypeError, ValueError, KeyError, AttributeError, OverflowError, RecursionError, binascii.Error, KmnistError):
            raise gr.Error(
                "A correction is one character and what was read: reload the page and try again.", print_exception=False
            ) from None

    def api_info(self) -> dict[str, Any]:
        return {
            "type": "string",
            "description": 'JSON {"turn": number, "character": "お", "strokes": [[[x, y, ms], …], …] or "picture": data URL}',
        }

    def example_payload(self) -> str:
        return '{"turn": 1, "character": "お", "strokes": [[[300, 300, 0], [700, 700, 120]]]}'


def _wish(message: dict[str, Any]) -> Wish:
    character, turn = unicodedata.normalize("NFC", message["character"].strip()), float(message["turn"])
    if len(character) != 1 or not unicodedata.category(character).startswith("L") or not math.isfinite(turn):
        raise ValueError
    key = message.get("key")
    if key is not None and not (isinstance(key, str) and re.fullmatch(r"[\w-]{1,64}", key, re.ASCII)):
        raise ValueError
    if "strokes" in message:
        return Wish(character, message["strokes"], None, turn, key)
    image = open_image(base64.b64decode(message["picture"].partition(",")[2], validate=True), max_pixels=SIZE * SIZE)
    if image.size != (SIZE, SIZE):
        raise ValueError
    return Wish(character, None, np.asarray(image.convert("L")), turn, key)


def told(turn: float, is_kept: bool, message: str) -> str:
    """What the component shows after a wish."""
    return json.dumps({"turn": turn, "kept": is_kept, "message": message}, ensure_ascii=False)
