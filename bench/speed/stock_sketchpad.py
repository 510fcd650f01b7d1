"""The same reading behind Gradio's stock `gr.Sketchpad`, to measure ours against. Run it as `python -m bench.speed.stock_sketchpad`."""

from __future__ import annotations

import itertools
import os
from typing import Any

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"

import gradio as gr

from kmnist_model import Recognizer


def main() -> None:
    """Serve the page on 127.0.0.1 at PORT."""
    recognizer = Recognizer.load("kmnist", "cpu")
    answers = itertools.count(1)

    def read(value: dict[str, Any]) -> str:
        reading = recognizer.read(value["composite"])
        return f'<p id="answer" data-number="{next(answers)}">{reading.candidates[0].character}</p>'

    with gr.Blocks() as page:
        pad = gr.Sketchpad(type="pil", canvas_size=(400, 400), brush=gr.Brush(default_size=14, colors=["#000"], color_mode="fixed"))
        answer = gr.HTML()
        pad.change(read, pad, answer, show_progress="hidden", trigger_mode="always_last")
    page.launch(server_name="127.0.0.1", server_port=int(os.environ["PORT"]), enable_monitoring=False, quiet=True)


if __name__ == "__main__":
    main()
