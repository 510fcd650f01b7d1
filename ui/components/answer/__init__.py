"""Answer: a Gradio component that shows the `AnswerMessage` to a drawing or a picture."""

from __future__ import annotations

import unicodedata
from typing import Any

from kmnist_model import KUZUSHIJI49, Alphabet
from server.messages import SHOWN_CANDIDATES, AnswerMessage
from server.models import Models
from ui.components.component import Component, constants, read_files

SURE, LIKELY = 0.9, 0.6  # calibrated probabilities; the sentence says "I read this as", "Probably" or "Perhaps"
_LISTED = 12  # characters; a larger alphabet is described


class Answer(Component):
    """Shows the newest answer, its candidates as buttons: drops an answer that is older than the one on show.

    It follows the `ink` events of the pads and pictures inside the nearest element of class `reader`: a cleared pad clears
    the answer at once, and answers to earlier requests are not shown any more; so after a `model` event. A pressed candidate is sent
    as a bubbling DOM event `take`, with `{character}`; the event `choose`, with `{n}`, presses one, and `accept` the best
    one, unless the answer is "unknown". What it shows is sent as an event `answered`, with the message.
    """

    def __init__(self, models: Models, **kwargs: Any) -> None:
        known = {name: _known(each.alphabet) | {"size": each.size} for name, each in models.recognizers.items()}
        settings = constants(KNOWN=known, DEFAULT=models.names[0], SHOWN=SHOWN_CANDIDATES, SURE=SURE, LIKELY=LIKELY)
        super().__init__(
            html=read_files("answer", "template.html"),
            css=read_files("answer", "style.css"),
            js=settings + read_files("answer", "../percent.js", "wording.js", "answer.js"),
            value=AnswerMessage.empty(),
            label="Answer",
            **kwargs,
        )


def _known(alphabet: Alphabet) -> dict[str, Any]:
    """What the page says about an alphabet: its `characters` if they are few, else how many of a kind it has; their `count`."""
    if len(alphabet) <= _LISTED:
        return {"characters": list(alphabet.characters), "count": len(alphabet)}
    kana = {entry.character for entry in alphabet if entry.kind == "kana"}
    kanji = sum(entry.kind == "kanji" and unicodedata.category(entry.character) == "Lo" for entry in alphabet)  # not 々
    whole = set(KUZUSHIJI49.characters) <= kana
    return {"characters": [], "hiragana": whole, "kana": len(kana), "kanji": kanji, "count": len(alphabet)}
