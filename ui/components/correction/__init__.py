"""CorrectionInput: a Gradio component with which a visitor says what a character was."""

from __future__ import annotations

from typing import Any

from server.messages import CorrectionMessage
from ui.components.component import Component, read_files


class CorrectionInput(Component):
    """Asks what a character was ("That was …"); hidden while there is nothing to correct.

    It belongs beside an `Answer`, in an element of class `reader`, and offers the answer's candidates.

    `.input` fires for each `CorrectionMessage`; its event listener returns a `CorrectionAnswer`.
    """

    request = CorrectionMessage

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            html=read_files("correction", "template.html"),
            css=read_files("correction", "style.css"),
            js=read_files("correction", "correction.js"),
            label="Correction",
            **kwargs,
        )
