"""The whole page: its tabs, header and footer."""

from __future__ import annotations

import gradio as gr

from server import corrections
from server.batcher import Batcher
from server.details import nearest
from server.http import blocks, url_fetching
from server.languages.catalogue import english
from server.metrics import Metrics
from server.pages import readers
from server.settings import Settings
from ui import draw, learn, scan, theme
from ui.components.language_switch import LanguageSwitch


def build(
    batcher: Batcher,
    metrics: Metrics | None = None,
    settings: Settings | None = None,
    correction_service: corrections.CorrectionService | None = None,
    page_readers: readers.PageReaders | None = None,
) -> gr.Blocks:
    """The page: `batcher` reads characters, `page_readers` read pages, `metrics` observes both, `correction_service` stores corrections."""
    metrics, kept = metrics or Metrics(), (settings := settings or Settings()).keep_uploads
    url_fetching.forbid()
    with blocks.Blocks(title=english("page.title"), delete_cache=(min(kept, 60), kept)) as demo:
        LanguageSwitch({name: f"tab.{name}" for name in ("draw", "scan", "learn")}, elem_classes="page-language")
        gr.HTML(theme.HEADER, js_on_load=theme.FILL, elem_classes="page-header", apply_default_css=False)
        with gr.Tabs(elem_classes="rooms"):
            with gr.Tab(english("tab.draw"), id="draw"):
                draw.build_draw_tab(batcher, metrics, correction_service, real_ones := nearest.start(batcher))
            with gr.Tab(english("tab.scan"), id="scan"):
                page_readers = page_readers or readers.choose(batcher.models, settings)
                scan.build_scan_tab(page_readers, batcher.models.pages.alphabet, demo, metrics, real_ones)
            learn.build_learn_tab(batcher)
        gr.HTML(theme.FOOTER, js_on_load=theme.FILL, elem_classes="page-footer", apply_default_css=False)
    return demo
