"""What goes on, for who runs the server: a log line for each reading, counts and times in Prometheus's format, and a calm end.

Never what was drawn or uploaded, nor by whom.
"""

from __future__ import annotations

import datetime
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, PlatformCollector, ProcessCollector, generate_latest

from kmnist_model import KmnistError

_LOG = logging.getLogger("kuzushiji")
_BUCKETS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)  # seconds


class Closing(KmnistError):
    """The server is going down and takes nothing new."""


@dataclass
class Seen:
    """A reading under way; who does it sets the `verdict`: of a character "character", "unknown" or "blank", of a page "page", of a correction "kept" or "blank"."""

    verdict: str = ""


class Watch:
    """Counts readings, of `kind` "strokes", "picture", "page" or "correction"; after `close` it lets none begin."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        named = {"registry": self.registry}
        self._readings = Counter("kuzushiji_readings", "Readings, by kind and verdict", ["kind", "verdict"], **named)
        self._seconds = Histogram("kuzushiji_reading_seconds", "How long a reading took", ["kind"], buckets=_BUCKETS, **named)
        self._errors = Counter("kuzushiji_errors", "Readings that failed, by class of error", ["kind", "error"], **named)
        self._requests = Counter("kuzushiji_requests", "HTTP requests, by method and status", ["method", "status"], **named)
        self._running = Gauge("kuzushiji_readings_running", "Readings under way", **named)
        self._waiting = Gauge("kuzushiji_queue_length", "Requests that wait in a queue", **named)
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self._count, self._state = 0, threading.Condition()
        self._is_closing = False

    @property
    def is_closing(self) -> bool:
        """Whether the server is going down."""
        return self._is_closing

    @contextmanager
    def reading(self, kind: str) -> Iterator[Seen]:
        """Around one reading; raises `Closing` where none may begin any more."""
        with self._state:
            if self._is_closing:
                self._errors.labels(kind, Closing.__name__).inc()
                raise Closing("This server is being restarted: try again in a moment.")
            self._count += 1
        self._running.inc()
        seen, began, failed = Seen(), time.perf_counter(), ""
        try:
            yield seen
        except BaseException as error:
            failed = type(error).__name__
            raise
        finally:
            seconds = time.perf_counter() - began
            self._running.dec()
            with self._state:
                self._count -= 1
                self._state.notify_all()
            if failed:
                self._errors.labels(kind, failed).inc()
            else:
                self._readings.labels(kind, seen.verdict).inc()
                self._seconds.labels(kind).observe(seconds)
            _LOG.info("reading", extra={"fields": {"kind": kind, "verdict": seen.verdict or failed, "ms": round(1000 * seconds, 1)}})

    def request(self, method: str, status: int) -> None:
        """Count one HTTP request."""
        self._requests.labels(method, str(status)).inc()

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Around what must reach its visitor before the server ends."""
        with self._state:
            self._count += 1
        try:
            yield
        finally:
            with self._state:
                self._count -= 1
                self._state.notify_all()

    def count_waiting(self, waiting: Callable[[], int]) -> None:
        """Ask `waiting` for the length of the queues whenever the metrics are read."""
        self._waiting.set_function(waiting)

    def metrics(self) -> bytes:
        """Everything in Prometheus's text format."""
        return generate_latest(self.registry)

    def close(self, patience: float) -> bool:
        """Let no reading begin, and wait up to `patience` seconds for those under way and their answers; returns whether all came to their end."""
        with self._state:
            self._is_closing = True
            return self._state.wait_for(lambda: self._count == 0, patience)


class _Text(logging.Formatter):
    """`2026-11-24T19:30:00.123Z INFO reading kind=strokes verdict=character ms=3.1`"""

    def format(self, record: logging.LogRecord) -> str:
        fields = "".join(f" {name}={value}" for name, value in getattr(record, "fields", {}).items())
        text = f"{_moment(record)} {record.levelname} {record.getMessage()}{fields}"
        return f"{text}\n{self.formatException(record.exc_info)}" if record.exc_info else text


class _Json(logging.Formatter):
    """The same as one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        values = {"time": _moment(record), "level": record.levelname, "event": record.getMessage(), **getattr(record, "fields", {})}
        if record.exc_info:
            values["trace"] = self.formatException(record.exc_info)
        return json.dumps(values, ensure_ascii=False)


def _moment(record: logging.LogRecord) -> str:
    moment = datetime.datetime.fromtimestamp(record.created, datetime.UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def start_log(level: str, form: str) -> None:
    """Write the log to stderr from `level` on, as "text" or "json", a line for each event."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Json() if form == "json" else _Text())
    for name in ("kuzushiji", "server", "ui"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(level.upper())
