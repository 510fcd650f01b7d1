"""The front door: builds the page from ui/ and serves it on HOST:PORT (127.0.0.1:7860)."""

from __future__ import annotations

import os

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # read by gradio as it is imported

import gradio as gr

from kmnist_model import Recognizer
from ui import theme
from ui.draw import build_draw_tab
from ui.scan import build_scan_tab

TITLE = "Kuzushiji, read as you write"


def build(recognizer: Recognizer) -> gr.Blocks:
    """The page that reads with `recognizer`."""
    with gr.Blocks(title=TITLE, delete_cache=(3600, 86400)) as page:
        gr.HTML(theme.HEADER, elem_classes="page-header", apply_default_css=False)
        with gr.Tabs(elem_classes="rooms"):
            with gr.Tab("Draw", id="draw"):
                build_draw_tab(recognizer)
            with gr.Tab("Scan", id="scan"):
                build_scan_tab(recognizer, page)
        gr.HTML(theme.FOOTER, elem_classes="page-footer", apply_default_css=False)
    return page


def main() -> None:
    """Load the shipped weights, read once so that the first visitor does not wait, and serve."""
    recognizer = Recognizer.load("kmnist")
    recognizer.read_strokes([[[0, 0], [1, 1]]])
    build(recognizer).queue(max_size=256).launch(
        server_name=os.environ.get("HOST") or os.environ.get("GRADIO_SERVER_NAME") or "127.0.0.1",
        server_port=int(os.environ.get("PORT") or os.environ.get("GRADIO_SERVER_PORT") or 7860),
        theme=theme.theme(),
        css=theme.CSS,
        head=theme.HEAD,
        footer_links=["api"],
        run_history=False,
        max_file_size="30mb",
        strict_cors=True,
        enable_monitoring=False,
        ssr_mode=False,
        share=False,
    )


if __name__ == "__main__":
    main()
