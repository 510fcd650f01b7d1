"""Log formats, as text or JSON, and the start of the log."""

from __future__ import annotations

import datetime
import json
import logging


class TextFormatter(logging.Formatter):
    """`2026-11-24T19:30:00.123Z INFO reading kind=strokes verdict=character ms=3.1`"""

    def format(self, record: logging.LogRecord) -> str:
        fields = "".join(f" {name}={value}" for name, value in getattr(record, "fields", {}).items())
        text = f"{_timestamp(record)} {record.levelname} {record.getMessage()}{fields}"
        return f"{text}\n{self.formatException(record.exc_info)}" if record.exc_info else text


class JsonFormatter(logging.Formatter):
    """The same fields as one JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        values = {"time": _timestamp(record), "level": record.levelname, "event": record.getMessage(), **getattr(record, "fields", {})}
        if record.exc_info:
            values["trace"] = self.formatException(record.exc_info)
        return json.dumps(values, ensure_ascii=False)


def start_log(level: str, log_format: str) -> None:
    """Write the log to stderr from `level` on, in the format "text" or "json", one line for each event."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter() if log_format == "json" else TextFormatter())
    for name in ("kuzushiji", "kmnist_model", "server", "ui"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(level.upper())


def _timestamp(record: logging.LogRecord) -> str:
    moment = datetime.datetime.fromtimestamp(record.created, datetime.UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
