"""Learn: a Gradio component with the kana table, practice and the first lesson; what it shows comes when its tab is opened."""

from __future__ import annotations

from typing import Any

from server.learn.practice import PracticeRequest
from ui.components.component import Component, read_files

_SCRIPTS = (
    "dom.js",
    "strokes.js",
    "store.js",
    "forms.js",
    "../sketchpad/brush.js",
    "overlay.js",
    "writing.js",
    "reading.js",
    "practice.js",
    "lesson.js",
    "learn.js",
)


class Learn(Component):
    """Forms, practice and a first lesson. `.input` fires with a `PracticeRequest` for a checked drawing; its event listener returns a `PracticeAnswer`.

    It belongs into an element of class `learn-room`, after a `Sketchpad` of class `learn-pad`, which it puts where something is to be written.
    What the visitor has learnt stays in the browser.
    """

    request = PracticeRequest

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            html=read_files("learn", "template.html"),
            css=read_files("learn", "style.css"),
            js=read_files("learn", *_SCRIPTS),
            label="Learn",
            **kwargs,
        )
