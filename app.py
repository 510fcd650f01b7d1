"""The front door: builds the page from ui/ and serves it; `python app.py --help` names every setting."""

from __future__ import annotations

import os
import signal
import sys
import threading

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # read by gradio as it is imported

import gradio as gr

from kmnist_model import KmnistError
from server import corrections, models
from server.batcher import Batcher
from server.details import nearest
from server.http import health, http_app, optional_arguments, url_fetching
from server.languages.catalogue import english
from server.logs import start_log
from server.metrics import Metrics
from server.runtime import freeze_gc
from server.settings import Settings, read
from ui import learn, theme
from ui.components.language_switch import LanguageSwitch
from ui.draw import answer_with, build_draw_tab
from ui.scan import build_scan_tab

SHUTDOWN_TIMEOUT = 10  # seconds that readings in flight have to finish


def build(
    batcher: Batcher,
    metrics: Metrics | None = None,
    settings: Settings | None = None,
    correction_service: corrections.CorrectionService | None = None,
) -> gr.Blocks:
    """The page: `batcher` reads characters, its models' `pages` reads pages, `metrics` observes both, `correction_service` stores corrections."""
    metrics, kept = metrics or Metrics(), (settings := settings or Settings()).keep_uploads
    url_fetching.forbid()
    with optional_arguments.Blocks(title=english("page.title"), delete_cache=(min(kept, 60), kept)) as demo:
        LanguageSwitch({name: f"tab.{name}" for name in ("draw", "scan", "learn")}, elem_classes="page-language")
        gr.HTML(theme.HEADER, js_on_load=theme.FILL, elem_classes="page-header", apply_default_css=False)
        with gr.Tabs(elem_classes="rooms"):
            with gr.Tab(english("tab.draw"), id="draw"):
                build_draw_tab(batcher, metrics, correction_service, real_ones := nearest.start(batcher))
            with gr.Tab(english("tab.scan"), id="scan"):
                build_scan_tab(batcher.models.pages, demo, metrics, settings.pages_at_once, real_ones)
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
    metrics, stopped = Metrics(), threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    demo = build(batcher, metrics, settings, corrections.start(settings, batcher, metrics)).queue(max_size=settings.max_queue)
    metrics.observe_queue(lambda: health.queue_length(demo) + batcher.waiting())
    answer = None if settings.auth else answer_with(batcher, metrics)
    app_kwargs, look = http_app.app_options(batcher, metrics, answer), {"theme": theme.theme(), "css": theme.CSS, "head": theme.HEAD}
    demo.launch(**settings.launch_options(), **look, app_kwargs=app_kwargs, footer_links=["api"], prevent_thread_lock=True)
    freeze_gc()
    stopped.wait()
    metrics.close(SHUTDOWN_TIMEOUT)
    demo.close(verbose=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
