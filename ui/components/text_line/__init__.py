"""TextLine: a Gradio component that holds the characters that a visitor has taken, as a line of text."""

from __future__ import annotations

from typing import Any

from ui.components.component import Component, read_files


class TextLine(Component):
    """A text field with buttons to copy it, to delete its last character and to clear it. The server never gets its text.

    It belongs into an element of class `reader`: the DOM event `take`, with `{character}`, appends; `erase` deletes the last character.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            html=read_files("text_line", "template.html"),
            css=read_files("text_line", "style.css"),
            js=read_files("text_line", "text_line.js"),
            label="Text",
            **kwargs,
        )
