"""A page that batches through Gradio's queue, to compare ours with: `python -m bench.load.gradio_batching`."""

from __future__ import annotations

import os

import gradio as gr
import numpy as np

from kmnist_model import Recognizer, from_strokes
from server.batcher import MAX_BATCH
from server.messages import AnswerMessage, DrawingMessage
from server.models import Models
from ui.components.answer import Answer
from ui.components.sketchpad import Sketchpad


def main() -> None:
    """Serve a pad and its answer on PORT."""
    recognizer = Recognizer.load()

    def answer(drawings: list[DrawingMessage]) -> list[list[AnswerMessage]]:
        readings = recognizer.read_ink(np.stack([from_strokes(drawing.strokes) for drawing in drawings]))
        return [[AnswerMessage.of(reading, recognizer, drawing.seq) for reading, drawing in zip(readings, drawings, strict=True)]]

    with gr.Blocks() as page:
        pad, shown = Sketchpad(), Answer(Models.only(recognizer))
        pad.input(answer, pad, shown, api_name="draw", batch=True, max_batch_size=MAX_BATCH, trigger_mode="always_last")
    page.queue(max_size=256).launch(server_port=int(os.environ["PORT"]), show_error=True)


if __name__ == "__main__":
    main()
