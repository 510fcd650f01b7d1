"""Sketchpad: a Gradio component whose value is the visitor's strokes."""

from __future__ import annotations

from typing import Any

from server.messages import DrawingMessage
from ui.components.component import Component, read_files


class Sketchpad(Component):
    """A sheet to draw on with mouse, finger or pen. Event listeners get its `DrawingMessage`, and may return one to show.

    `.input` fires when a stroke ends, at most every 150 ms during a stroke, and after undo, redo and clear. Each time, its element also
    sends a bubbling DOM event `ink` with `{seq, strokes, drawing, model}`: the number of strokes, the strokes themselves, and the `data-model`
    of the nearest element of class `reader`. It sends its drawing again after a `model` event there, and clears the sheet after `take`. Its keys
    send `accept`, `choose`, with `{n}`, and `erase`.
    """

    request = DrawingMessage

    def __init__(self, *, label: str = "Drawing pad", **kwargs: Any) -> None:
        super().__init__(
            html=read_files("sketchpad", "template.html"),
            css=read_files("sketchpad", "style.css"),
            js=read_files("sketchpad", "brush.js", "contacts.js", "sketchpad.js"),
            label=label,
            **kwargs,
        )
