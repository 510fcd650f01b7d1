"""A `gr.Blocks` that builds its web application once, and whose endpoints may be called without their last arguments, as functions may."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

import gradio as gr
from gradio.block_function import BlockFunction
from gradio.routes import App


@contextmanager
def _without_web_application() -> Iterator[None]:
    """Gradio builds one whenever blocks are made, given a queue and left, and serves only the one that `launch` builds: 0.4 s each."""
    create = App.__dict__["create_app"]
    App.create_app = staticmethod(lambda *_, **__: None)  # type: ignore[assignment, method-assign]
    try:
        yield
    finally:
        App.create_app = create  # type: ignore[method-assign]


class Blocks(gr.Blocks):
    """Takes the function's own default for each last argument that a request leaves out. There is no `app` before `launch`.

    Gradio refuses such a request; over raw HTTP, an endpoint could never get one more argument without breaking older clients.
    """

    def queue(self, *args: Any, **kwargs: Any) -> Self:
        """Like Gradio's, which also calls it as blocks are made."""
        with _without_web_application():
            super().queue(*args, **kwargs)
        return self

    def __exit__(self, *args: Any) -> None:
        with _without_web_application():
            super().__exit__(*args)

    def validate_inputs(self, block_fn: BlockFunction, inputs: list[Any]) -> None:
        """Like Gradio's, with the defaults added to `inputs`."""
        missing = list(inspect.signature(block_fn.fn).parameters.values())[len(inputs) : len(block_fn.inputs)] if block_fn.fn else []
        if missing and all(parameter.default is not parameter.empty for parameter in missing):
            inputs += [parameter.default for parameter in missing]
        super().validate_inputs(block_fn, inputs)
