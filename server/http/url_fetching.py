"""Stops Gradio from downloading URLs that a request names."""

from __future__ import annotations

from typing import NoReturn

import gradio as gr
from gradio import processing_utils


def forbid() -> None:
    """Make Gradio reject a URL in place of a file. By default it downloads any public URL that a request names, for any component."""

    async def reject_async(*_: object, **__: object) -> NoReturn:
        reject()

    def reject(*_: object, **__: object) -> NoReturn:
        raise gr.Error("Links are not followed: upload the file itself.", print_exception=False)

    processing_utils.async_ssrf_protected_download = reject_async
    processing_utils.ssrf_protected_download = reject
