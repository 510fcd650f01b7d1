"""Answer: a Gradio component that shows the `AnswerMessage` to a drawing or a picture."""

from __future__ import annotations

from typing import Any

from kmnist_model import Alphabet
from server.messages import SHOWN_CANDIDATES, AnswerMessage
from ui.components.component import Component, constants, read_files

SURE, LIKELY = 0.9, 0.6  # calibrated probabilities; the sentence says "I read this as", "Probably" or "Perhaps"


class Answer(Component):
    """Shows the newest answer: drops an answer that is older than the one on show.

    It follows the `ink` events of the pads and pictures inside the nearest element of class `reader`: a cleared pad clears
    the answer at once, and answers to earlier requests are not shown any more.
    """

    def __init__(self, alphabet: Alphabet, **kwargs: Any) -> None:
        characters = [entry.character for entry in alphabet]
        settings = constants(CHARACTERS=characters, SHOWN=SHOWN_CANDIDATES, SURE=SURE, LIKELY=LIKELY)
        super().__init__(
            html=read_files("answer", "template.html"),
            css=read_files("answer", "style.css"),
            js=settings + read_files("answer", "../percent.js", "answer.js"),
            value=AnswerMessage.empty(),
            label="Answer",
            **kwargs,
        )
