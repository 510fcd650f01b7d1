"""The front door: builds the page from ui/ and serves it; `python app.py --help` names every setting."""

from __future__ import annotations

import os
import signal
import sys
import threading

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # read by gradio as it is imported

import gradio as gr

from kmnist_model import KmnistError, Recognizer
from server import corrections, http_app, settings, url_fetching, zerogpu
from server.batcher import Batcher
from server.corrections import Keep
from server.metrics import Watch, start_log
from server.settings import Settings
from ui import theme
from ui.draw import answerer, build_draw_tab
from ui.scan import build_scan_tab


def build(
    recognizer: Recognizer,
    batcher: Batcher | None = None,
    watch: Watch | None = None,
    given: Settings | None = None,
    keep: Keep | None = None,
) -> gr.Blocks:
    """The page, as `given`, that reads characters with `batcher` and pages with `recognizer`, tells `watch` of each reading, and may `keep` corrections."""
    batcher, watch, given = batcher or Batcher(recognizer), watch or Watch(), given or Settings()
    url_fetching.follow_none()
    with gr.Blocks(title="Kuzushiji, read as you write", delete_cache=(min(given.keep_uploads, 60), given.keep_uploads)) as page:
        gr.HTML(theme.HEADER, elem_classes="page-header", apply_default_css=False)
        with gr.Tabs(elem_classes="rooms"):
            with gr.Tab("Draw", id="draw"):
                build_draw_tab(recognizer.alphabet, batcher, watch, keep)
            with gr.Tab("Scan", id="scan"):
                build_scan_tab(recognizer, page, watch, given.pages_at_once)
        gr.HTML(theme.FOOTER, elem_classes="page-footer", apply_default_css=False)
    return page


def main() -> int:
    """Load the weights, read once so that the first visitor does not wait, and serve until SIGTERM or Ctrl-C."""
    given = settings.read()
    start_log(given.log_level, given.log_format)
    try:
        recognizer = zerogpu.load(given.weights, given.device)
    except KmnistError as error:
        print(error, file=sys.stderr)
        return 2
    recognizer.read_strokes([[[0, 0], [1, 1]]])
    watch, batcher, stopped = Watch(), Batcher(recognizer), threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    page = build(recognizer, batcher, watch, given, corrections.start(given, batcher, watch)).queue(max_size=given.max_queue)
    watch.count_waiting(lambda: http_app.waiting(page) + batcher.waiting())
    page.launch(
        **given.launch(),
        app_kwargs=http_app.app_options(batcher, watch, None if given.auth else answerer(recognizer.alphabet, batcher, watch)),
        theme=theme.theme(),
        css=theme.CSS,
        head=theme.HEAD,
        footer_links=["api"],
        prevent_thread_lock=True,
    )
    http_app.hurry()
    stopped.wait()
    watch.close(10)  # seconds that readings under way have to finish
    page.close(verbose=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
