"""The Learn tab: the forms of each kana, practice, and a first lesson, with a pad to write on."""

from __future__ import annotations

import gradio as gr

from server.batcher import Batcher
from server.languages.catalogue import english
from server.learn import practice
from ui.components.learn import Learn
from ui.components.sketchpad import Sketchpad


def build_learn_tab(batcher: Batcher) -> None:
    """Build the tab inside the current `gr.Tabs`; none where the historical forms fit none of the page's models."""
    service = practice.start(batcher)
    if service is None:
        return
    with gr.Tab(english("tab.learn"), id="learn"), gr.Row(elem_classes="learn-room"):
        Sketchpad(label="Practice sheet", elem_classes="learn-pad")
        learn = Learn(elem_classes="learn-all")
    learn.input(
        service.answer,
        learn,
        learn,
        api_name="practise",
        queue=False,
        trigger_mode="multiple",
        show_progress="hidden",
        api_visibility="private",
    )
