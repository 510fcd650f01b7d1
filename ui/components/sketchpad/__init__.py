"""Sketchpad: a Gradio component whose value is the visitor's strokes."""

from __future__ import annotations

from typing import Any

from server.messages import DrawingMessage
from ui.components.component import Component, read_files


class Sketchpad(Component):
    """A sheet to draw on with mouse, finger or pen. Event listeners get its `DrawingMessage`, and may return one to show.

    `.input` fires when a stroke ends, at most every 150 ms during a stroke, and after undo, redo and clear. Each time, its element also
    sends a bubbling DOM event `ink` with `{seq, strokes, drawing}`: the number of strokes, and the strokes themselves.
    """

    request = DrawingMessage

    def __init__(self, *, label: str = "Drawing pad", **kwargs: Any) -> None:
        super().__init__(
            html=read_files("sketchpad", "template.html"),
            css=read_files("sketchpad", "style.css"),
            js=read_files("sketchpad", "brush.js", "sketchpad.js"),
            label=label,
            **kwargs,
        )
