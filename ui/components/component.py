"""Base of the page's Gradio components: made of files in a folder, with JSON messages as values."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar

import gradio as gr

from server.messages import Message, MessageError, Request

_HERE = Path(__file__).parent


def read_files(folder: str, *names: str) -> str:
    """The text of these files of a component's folder, one after the other; a name may lead to another folder, as "../percent.js"."""
    return "".join((_HERE / folder / name).read_text("utf-8") for name in names)


def constants(**values: Any) -> str:
    """A line of JavaScript that declares each value as a constant of that name."""
    return "".join(f"const {name} = {json.dumps(value, ensure_ascii=False)};\n" for name, value in values.items())


class Component(gr.HTML):
    """A component whose event listeners get a `request` and answer with a `Message`; in the browser both are JSON strings.

    `html`, `css` and `js` are texts; the browser runs `js` once, as a function of (element, trigger, props, server, upload, watch). No sentence
    is in them: `data-say="key"` in `html` and `language.put(node, key, values)` in `js` take it from the catalogues (ui/language.js).
    """

    request: ClassVar[type[Request] | None] = None  # None: it only shows answers

    def __init__(self, html: str, css: str, js: str, **kwargs: Any) -> None:
        super().__init__(
            html_template=html, css_template=css, js_on_load="language.fill(element);\n" + js, apply_default_css=False, **kwargs
        )

    def preprocess(self, payload: str | None) -> Request | str | None:  # type: ignore[override]
        """Read the browser's JSON as a `request`. Raises `gr.Error` if it is not one."""
        if self.request is None:
            return payload
        try:
            return self.request.parse(payload)
        except MessageError as error:
            raise gr.Error(str(error), print_exception=False) from None

    def postprocess(self, value: Message | None) -> str | None:  # type: ignore[override]
        """Write a message as JSON for the browser."""
        return None if value is None else value.to_json()

    def api_info(self) -> dict[str, Any]:
        """The JSON schema of the value."""
        return self.request.api_info() if self.request else {"type": "string"}

    def example_payload(self) -> str | None:
        """A valid value."""
        return self.request.example_json() if self.request else None
