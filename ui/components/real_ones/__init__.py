"""RealOnes: a Gradio component that shows the real brushed characters nearest to what was read last."""

from __future__ import annotations

from typing import Any

from server.details.nearest import SHOWN, NearestRequest
from ui.components.component import Component, constants, read_files


class RealOnes(Component):
    """Shows the real characters nearest to the ink of the answer on show, with where they are from; hidden while there is no answer.

    It belongs into an element of class `reader` beside an `Answer`, or of class `scan-room` beside a `PageReader`, and follows their `answered`
    events: some time after the last of a row of answers `.input` fires with a `NearestRequest`; its event listener returns a `NearestAnswer`.
    The answer never waits for it. `title` is the key of its heading.
    """

    request = NearestRequest

    def __init__(self, title: str, **kwargs: Any) -> None:
        super().__init__(
            html=read_files("real_ones", "template.html"),
            css=read_files("real_ones", "style.css"),
            js=constants(SHOWN=SHOWN, TITLE=title) + read_files("real_ones", "real_ones.js"),
            label="Real ones like yours",
            **kwargs,
        )
