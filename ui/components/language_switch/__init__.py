"""LanguageSwitch: a Gradio component with which a visitor chooses the page's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ui.components.component import Component, constants, read_files


class LanguageSwitch(Component):
    """The languages' names, the current one marked; it also names the tabs, by their ids, from the keys of `tabs`.

    What chooses the first one (`?lang=ja`, the browser's memory, the browser's language) and what is rewritten is in ui/language.js.
    """

    def __init__(self, tabs: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(
            html=read_files("language_switch", "template.html"),
            css=read_files("language_switch", "style.css"),
            js=constants(TABS=dict(tabs)) + read_files("language_switch", "language_switch.js"),
            **kwargs,
        )
