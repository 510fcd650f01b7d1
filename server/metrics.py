"""Monitoring for operators: a log line for each reading, Prometheus metrics, graceful shutdown.

Drawings, uploads and visitors' identities are never recorded.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, PlatformCollector, ProcessCollector, generate_latest

from kmnist_model import KmnistError
from server.languages.catalogue import english

_LOG = logging.getLogger("kuzushiji")
_BUCKETS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)  # seconds


class Closing(KmnistError):
    """The server is shutting down and accepts no new readings."""


@dataclass
class Observation:
    """One reading in progress.

    Set its `verdict`: "character", "perhaps", "unknown" or "blank"; "page" for a page; "kept" or "blank" for a correction.
    """

    verdict: str = ""


class Metrics:
    """Counts readings of `kind` "strokes", "picture", "page" or "correction", and requests. After `close`, no reading may begin."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self._readings = Counter("kuzushiji_readings", "Readings, by kind and verdict", ["kind", "verdict"], registry=registry)
        self._seconds = Histogram("kuzushiji_reading_seconds", "Duration of a reading", ["kind"], buckets=_BUCKETS, registry=registry)
        self._errors = Counter("kuzushiji_errors", "Failed readings, by class of error", ["kind", "error"], registry=registry)
        self._requests = Counter("kuzushiji_requests", "HTTP requests, by method and status", ["method", "status"], registry=registry)
        self._running = Gauge("kuzushiji_readings_running", "Readings in progress", registry=registry)
        self._queued = Gauge("kuzushiji_queue_length", "Requests waiting in a queue", registry=registry)
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        self._in_flight, self._changed = 0, threading.Condition()
        self._is_closing = False

    @property
    def is_closing(self) -> bool:
        """Whether the server is shutting down."""
        return self._is_closing

    @contextmanager
    def reading(self, kind: str, model: str = "") -> Iterator[Observation]:
        """Observe one reading; the log names the `model` if given. Raises `Closing` if the server is shutting down."""
        with self._changed:
            if self._is_closing:
                self._errors.labels(kind, Closing.__name__).inc()
                raise Closing(english("error.restarting"))
            self._in_flight += 1
        self._running.inc()
        observation, began, failure = Observation(), time.perf_counter(), ""
        try:
            yield observation
        except BaseException as error:
            failure = type(error).__name__
            raise
        finally:
            seconds = time.perf_counter() - began
            self._running.dec()
            self._finish()
            if failure:
                self._errors.labels(kind, failure).inc()
            else:
                self._readings.labels(kind, observation.verdict).inc()
                self._seconds.labels(kind).observe(seconds)
            fields = {
                "kind": kind,
                **({"model": model} if model else {}),
                "verdict": observation.verdict or failure,
                "ms": round(1000 * seconds, 1),
            }
            _LOG.info("reading", extra={"fields": fields})

    @contextmanager
    def in_flight(self) -> Iterator[None]:
        """Mark a request whose answer must be sent before the server ends."""
        with self._changed:
            self._in_flight += 1
        try:
            yield
        finally:
            self._finish()

    def _finish(self) -> None:
        with self._changed:
            self._in_flight -= 1
            self._changed.notify_all()

    def count_request(self, method: str, status: int) -> None:
        """Count one HTTP request."""
        self._requests.labels(method, str(status)).inc()

    def observe_queue(self, length: Callable[[], int]) -> None:
        """Call `length` for the length of the queues each time the metrics are read."""
        self._queued.set_function(length)

    def exposition(self) -> bytes:
        """All metrics in Prometheus's text format."""
        return generate_latest(self.registry)

    def close(self, timeout: float) -> bool:
        """Accept no new readings, and wait up to `timeout` seconds for those in flight. Returns whether all have finished."""
        with self._changed:
            self._is_closing = True
            return self._changed.wait_for(lambda: self._in_flight == 0, timeout)
