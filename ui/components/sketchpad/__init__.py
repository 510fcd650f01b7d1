"""Sketchpad: a Gradio component whose value is the visitor's strokes."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

Stroke = list[list[float]]  # points [x, y, milliseconds]

_HERE = Path(__file__).parent
LARGEST = 8_000_000  # characters of JSON; 100,000 points take a fifth of it


@dataclass(frozen=True, slots=True)
class Drawing:
    """The `strokes` on a pad, and the `turn` at which the browser sent them.

    A point is [x, y, milliseconds since the first contact]; x and y are thousandths of the pad's side, y downwards, so that
    a drawing is the same on every screen. Of two drawings from one page, the one with the higher `turn` is the newer.
    """

    strokes: list[Stroke]
    turn: float = 0.0


class Sketchpad(gr.HTML):
    """A sheet to draw on with mouse, finger or pen; event listeners get its `Drawing`.

    `.input` fires when a stroke ends, during a long stroke at most every 150 ms, and after undo, redo and clear. On each
    of them its element also sends a bubbling DOM event `ink` with `{turn, strokes, drawing}`: how many strokes
    there are, and the strokes themselves.
    """

    def __init__(self, *, label: str = "Drawing pad", **kwargs: Any) -> None:
        super().__init__(
            label=label,
            html_template=(_HERE / "template.html").read_text("utf-8"),
            css_template=(_HERE / "style.css").read_text("utf-8"),
            js_on_load="".join((_HERE / name).read_text("utf-8") for name in ("brush.js", "sketchpad.js")),
            apply_default_css=False,
            **kwargs,
        )

    def preprocess(self, payload: str | None) -> Drawing:  # type: ignore[override]
        """The browser's JSON as a `Drawing`; raises `gr.Error` where it is not one."""
        return drawing_of(payload)

    def postprocess(self, value: Drawing | list[Stroke] | None) -> str | None:  # type: ignore[override]
        """A drawing to show on the pad, as the browser's JSON."""
        if value is None:
            return None
        drawing = value if isinstance(value, Drawing) else Drawing(value)
        return json.dumps({"turn": drawing.turn, "strokes": drawing.strokes})

    def api_info(self) -> dict[str, Any]:
        return {"type": "string", "description": 'JSON {"turn": number, "strokes": [[[x, y, milliseconds], …], …]}'}

    def example_payload(self) -> str:
        return '{"turn": 1, "strokes": [[[300, 300, 0], [700, 700, 120]]]}'


def drawing_of(payload: str | None) -> Drawing:
    """The browser's JSON as a `Drawing`; raises `gr.Error` where it is not one."""
    if not payload:
        return Drawing([])
    try:
        message = json.loads(payload) if len(payload) <= LARGEST else None
    except (TypeError, ValueError, RecursionError):
        message = None
    if not isinstance(message, dict) or not isinstance(message.get("strokes"), list):
        raise gr.Error("A drawing is JSON with a list of strokes: reload the page and draw again.", print_exception=False)
    turn = message.get("turn")
    try:
        timely = isinstance(turn, int | float) and math.isfinite(turn)
    except OverflowError:  # a whole number of hundreds of digits
        timely = False
    return Drawing(message["strokes"], float(turn) if timely else 0.0)
