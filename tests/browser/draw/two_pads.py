"""A page with two pads, one of them with a drawing from the server, for test_two_pads.py."""

import os

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"

import gradio as gr

from server.messages import DrawingMessage
from ui import theme
from ui.components.sketchpad import Sketchpad

SQUARE = [[[100, 100, 0], [900, 100, 10]], [[900, 900, 20], [100, 900, 30]]]


def count(drawing: DrawingMessage) -> str:
    return str(len(drawing.strokes))


with gr.Blocks() as page:
    with gr.Row():
        for name in ("one", "two"):
            with gr.Column():
                pad = Sketchpad(elem_id=name)
                counted = gr.Textbox(label=f"Strokes on pad {name}", elem_id=f"{name}-count")
                pad.input(count, pad, counted, trigger_mode="always_last", show_progress="hidden")
    gr.Textbox(label="Note", elem_id="note")
    example = gr.Button("Example", elem_id="example")
    example.click(lambda: DrawingMessage(strokes=SQUARE), outputs=pad)

if __name__ == "__main__":
    page.launch(server_port=int(os.environ["PORT"]), quiet=True, head=theme.HEAD)
