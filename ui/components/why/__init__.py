"""Why: a Gradio component that says which ink spoke for a candidate and which against it, and colours the ink so."""

from __future__ import annotations

from typing import Any

from server.details.why import WhyRequest
from ui.components.component import Component, read_files


class Why(Component):
    """A panel beside an `Answer`, in an element of class `reader`; an event `why` there unfolds it, and new ink folds it again.

    It asks about the best candidate, and about the best against any other that is pressed: `.input` fires with a `WhyRequest`, and its event
    listener returns a `WhyAnswer`. The strokes of a drawing are coloured by the pad, which gets an event `evidence` with a colour for each.
    """

    request = WhyRequest

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            html=read_files("why", "template.html"),
            css=read_files("why", "style.css"),
            js=read_files("why", "why.js"),
            label="Why",
            **kwargs,
        )
