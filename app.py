"""The front door: builds the page from ui/ and serves it; `python app.py --help` names every setting."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # read by gradio as it is imported

if __name__ == "__main__":
    gc.disable()  # a seventh of the import; freeze_gc enables it again

import server.http.lean_gradio  # noqa: F401 - before gradio

# isort: split
import gradio as gr

from kmnist_model import KmnistError
from server import corrections, models
from server.batcher import Batcher
from server.http import blocks, health, http_app, url_fetching
from server.languages.catalogue import english
from server.logs import start_log
from server.metrics import Metrics
from server.pages import readers
from server.runtime import freeze_gc
from server.settings import Settings, read
from ui import draw, learn, scan, theme
from ui.components.language_switch import LanguageSwitch

SHUTDOWN_TIMEOUT = 10  # seconds that readings in flight have to finish


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
                draw.build_draw_tab(batcher, metrics, correction_service)
            with gr.Tab(english("tab.scan"), id="scan"):
                scan.build_scan_tab(page_readers or readers.choose(batcher.models, settings), batcher.models.pages.alphabet, demo, metrics)
            learn.build_learn_tab(batcher)
        gr.HTML(theme.FOOTER, js_on_load=theme.FILL, elem_classes="page-footer", apply_default_css=False)
    return demo


def main() -> int:
    """Load the weights, read once so that the first visitor does not wait, and serve until SIGTERM or Ctrl-C."""
    settings = read()
    start_log(settings.log_level, settings.log_format)
    try:
        batcher = Batcher(models.load(settings.weights, settings.device, settings.engine))
    except KmnistError as error:
        print(error, file=sys.stderr)
        return 2
    batcher.models.warm_up()
    metrics, stopped, page_readers = Metrics(), threading.Event(), readers.choose(batcher.models, settings)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    demo = build(batcher, metrics, settings, corrections.start(settings, batcher, metrics), page_readers).queue(max_size=settings.max_queue)
    metrics.observe_queue(lambda: health.queue_length(demo) + batcher.waiting())
    app_kwargs = http_app.app_options(batcher, metrics, None if settings.auth else draw.answer_with(batcher, metrics))
    demo.launch(**settings.launch_options(), **theme.look(), app_kwargs=app_kwargs, footer_links=["api"], prevent_thread_lock=True)
    freeze_gc()
    page_readers.warm_up()
    stopped.wait()
    metrics.close(SHUTDOWN_TIMEOUT)
    page_readers.close()
    demo.close(verbose=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
