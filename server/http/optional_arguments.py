"""A `gr.Blocks` whose endpoints may be called without their last arguments, as Python functions may."""

from __future__ import annotations

import inspect
from typing import Any

import gradio as gr
from gradio.block_function import BlockFunction


class Blocks(gr.Blocks):
    """Takes the function's own default for each last argument that a request leaves out.

    Gradio refuses such a request; over raw HTTP, an endpoint could never get one more argument without breaking older clients.
    """

    def validate_inputs(self, block_fn: BlockFunction, inputs: list[Any]) -> None:
        """Like Gradio's, with the defaults added to `inputs`."""
        missing = list(inspect.signature(block_fn.fn).parameters.values())[len(inputs) : len(block_fn.inputs)] if block_fn.fn else []
        if missing and all(parameter.default is not parameter.empty for parameter in missing):
            inputs += [parameter.default for parameter in missing]
        super().validate_inputs(block_fn, inputs)
