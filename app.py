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
from kmnist_model import KmnistError
from server import corrections, models
from server.batcher import Batcher
from server.http import health, http_app
from server.logs import start_log
from server.metrics import Metrics
from server.pages import readers
from server.runtime import freeze_gc
from server.settings import read
from ui import draw, theme
from ui.page import build

SHUTDOWN_TIMEOUT = 10  # seconds that readings in flight have to finish


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
