"""The other way to read many at once, to measure ours against: Gradio's own batching, through its queue. `python -m bench.load.gradio_batching`."""

from __future__ import annotations

import os

import gradio as gr
import numpy as np

from kmnist_model import Recognizer, from_strokes
from server.batcher import MOST
from ui.components.answer import answered
from ui.components.sketchpad import Drawing, Sketchpad


def main() -> None:
    """Serve a pad and its answer on PORT."""
    recognizer = Recognizer.load()

    def answer(drawings: list[Drawing]) -> list[list[str]]:
        readings = recognizer.read_ink(np.stack([from_strokes(drawing.strokes) for drawing in drawings]))
        return [[answered(reading, recognizer.alphabet, drawing.turn) for reading, drawing in zip(readings, drawings, strict=True)]]

    with gr.Blocks() as page:
        pad, html = Sketchpad(), gr.HTML()
        pad.input(answer, pad, html, api_name="draw", batch=True, max_batch_size=MOST, trigger_mode="always_last")
    page.queue(max_size=256).launch(server_port=int(os.environ["PORT"]), show_error=True)


if __name__ == "__main__":
    main()
