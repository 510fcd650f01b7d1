"""The log: one line for each event, as text or JSON, and never what visitors send."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.server_process import Server
from server.logs import JsonFormatter, TextFormatter, start_log
from tests.server.endpoints import STROKES, call, upload


def record(error: bool = False) -> logging.LogRecord:
    try:
        raise ValueError("no")
    except ValueError:
        trace = sys.exc_info() if error else None
    made = logging.LogRecord("server", logging.INFO, "file.py", 1, "reading %s", ("お",), trace)
    made.fields = {"kind": "strokes", "ms": 3.1}
    return made


def test_text_is_one_line() -> None:
    line = TextFormatter().format(record())
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z INFO reading お kind=strokes ms=3\.1", line)


def test_json_is_one_object() -> None:
    fields = json.loads(JsonFormatter().format(record()))
    assert fields.pop("time").endswith("Z")
    assert fields == {"level": "INFO", "event": "reading お", "kind": "strokes", "ms": 3.1}


@pytest.mark.parametrize("formatter", [TextFormatter(), JsonFormatter()], ids=["text", "json"])
def test_an_error_has_its_trace(formatter: logging.Formatter) -> None:
    assert "ValueError: no" in formatter.format(record(error=True))


@pytest.fixture
def loggers() -> Iterator[None]:
    named = [logging.getLogger(name) for name in ("kuzushiji", "kmnist_model", "server", "ui")]
    before = [(logger.handlers, logger.propagate, logger.level) for logger in named]
    yield
    for logger, (handlers, propagate, level) in zip(named, before, strict=True):
        logger.handlers, logger.propagate = handlers, propagate
        logger.setLevel(level)


@pytest.mark.usefixtures("loggers")
def test_the_log_starts_at_its_level(capsys: pytest.CaptureFixture[str]) -> None:
    start_log("warning", "json")
    logging.getLogger("server.jobs").info("hidden")
    logging.getLogger("server.jobs").warning("shown")
    logging.getLogger("kmnist_model.characters").warning("of the library")
    assert [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()] == ["shown", "of the library"]


def test_the_log_has_a_line_for_each_reading_and_nothing_of_the_picture(server: Server, log: Path) -> None:
    call(server.url, "read_strokes", [STROKES])
    call(server.url, "read_page", [upload(server.url, b"no picture"), "auto"])
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    readings = [line for line in lines if line["event"] == "reading"]
    for line in readings:
        assert line.keys() - {"model"} == {"time", "level", "event", "kind", "verdict", "ms"}
        assert ("model" in line) == (line["kind"] != "page")
    assert {(line["kind"], line["verdict"]) for line in readings[-2:]} <= {
        ("strokes", "character"),
        ("strokes", "perhaps"),
        ("strokes", "unknown"),
        ("page", "PictureError"),
    }
    assert readings[-1]["verdict"] == "PictureError"
