"""PictureInput: a Gradio component whose value is one picture: a file, a drop, a paste or a camera's picture."""

from __future__ import annotations

from typing import Any

from server.messages import MAX_PICTURE_BYTES, PictureMessage
from ui.components.component import Component, constants, read_files


class PictureInput(Component):
    """A line under a pad that takes one picture by file, drop, paste or camera. Event listeners get its `PictureMessage`.

    `.input` fires for each picture. Like `Sketchpad`, its element sends a bubbling DOM event `ink`, with `{seq, strokes: null, model}`, again after a `model`
    event of its reader.
    The browser scales a large photo down to 1,024 px and rotates it upright before it sends it: nothing is written to disk.
    """

    request = PictureMessage

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            html=read_files("picture_input", "template.html", "../picture_source/template.html"),
            css=read_files("picture_input", "style.css", "../picture_source/style.css"),
            js=constants(MAX_BYTES=MAX_PICTURE_BYTES)
            + read_files("picture_input", "../picture_source/picture_source.js", "picture_input.js"),
            label="Picture of a character",
            **kwargs,
        )
