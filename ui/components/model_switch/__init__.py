"""ModelSwitch: a Gradio component with which a visitor chooses what the characters are read with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ui.components.component import Component, constants, read_files

LABELS = {"everything": "models.everything", "kana": "models.kana", "kmnist": "models.kmnist"}  # keys


class ModelSwitch(Component):
    """A segmented control of the models; the address (`?read=kana`) or the browser's memory chooses the first one, else it is the default.

    It belongs into an element of class `reader`, whose `data-model` is the name of the chosen model. There it sends a bubbling DOM event
    `model`, with `{seq}`: what was sent before this time is not to be answered any more.
    """

    def __init__(self, names: Sequence[str], **kwargs: Any) -> None:
        models = [{"name": name, "key": LABELS.get(name)} for name in names]
        super().__init__(
            html=read_files("model_switch", "template.html"),
            css=read_files("model_switch", "style.css"),
            js=constants(MODELS=models) + read_files("model_switch", "model_switch.js"),
            label="Read",
            **kwargs,
        )
