"""No visitor may have this server ask another one."""

from __future__ import annotations

from typing import NoReturn

import gradio as gr
from gradio import processing_utils


def follow_none() -> None:
    """Let Gradio refuse the address of a file where it takes a file; left alone it fetches any public one that a request names, for any component."""

    async def refuse(*_: object, **__: object) -> NoReturn:
        refuse_now()

    def refuse_now(*_: object, **__: object) -> NoReturn:
        raise gr.Error("Links are not followed: upload the file itself.", print_exception=False)

    processing_utils.async_ssrf_protected_download = refuse
    processing_utils.ssrf_protected_download = refuse_now
