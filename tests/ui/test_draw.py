"""What the Draw tab answers to a drawing, without a browser."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from PIL import Image

from kmnist_model import Recognizer
from server.batcher import Batcher
from server.messages import AnswerMessage, DrawingMessage, PictureMessage
from server.metrics import Metrics
from server.models import Models
from train.data.drawing.strokes import load
from ui.draw import UNREADABLE, answer_picture_with, answer_with


def run(answer: Coroutine[Any, Any, AnswerMessage]) -> AnswerMessage:
    """In an event loop of its own: this thread may have the browser's."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, answer).result()


@pytest.mark.parametrize(
    ("strokes", "state"),
    [
        ([], "empty"),
        ([[]], "blank"),
        ([stroke.tolist() for stroke in load("つ")], "character"),
        ([[["a", 1]]], "error"),
    ],
    ids=["nothing", "no ink", "a character", "no strokes"],
)
def test_a_drawing_is_answered_with_its_own_seq(recognizer: Recognizer, strokes: Any, state: str) -> None:
    answer = answer_with(Batcher(Models.only(recognizer)), Metrics())
    message = run(answer(DrawingMessage(seq=12.5, strokes=strokes)))
    assert (message.state, message.seq) == (state, 12.5)
    assert (message.message or "").startswith("Strokes are a list of strokes" if state == "error" else "")


def test_readings_are_observed_but_an_empty_sheet_is_not(recognizer: Recognizer) -> None:
    metrics = Metrics()
    answer = answer_with(Batcher(Models.only(recognizer)), metrics)
    for strokes in ([], [[]]):
        run(answer(DrawingMessage(strokes=strokes)))
    text = metrics.exposition().decode()
    assert 'kuzushiji_readings_total{kind="strokes",verdict="blank"} 1.0' in text


def test_a_server_that_is_closing_says_so(recognizer: Recognizer) -> None:
    metrics = Metrics()
    metrics.close(0)
    answer = answer_with(Batcher(Models.only(recognizer)), metrics)
    message = run(answer(DrawingMessage(strokes=[[[0, 0], [1, 1]]])))
    assert (message.state, message.message) == ("error", "The server is restarting. Please try again in a moment.")


def test_a_picture_in_cielab_is_answered(recognizer: Recognizer) -> None:
    file = io.BytesIO()
    Image.new("LAB", (40, 40)).save(file, "TIFF")
    answer = answer_picture_with(Batcher(Models.only(recognizer)), Metrics())
    message = run(answer(PictureMessage(seq=3, picture=file.getvalue())))
    assert (message.state, message.seq) == ("blank", 3)


def test_a_fault_while_a_picture_is_read_is_answered_by_a_sentence(
    recognizer: Recognizer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def faulty(*_: object) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr("server.batcher.from_picture", faulty)
    answer = answer_picture_with(Batcher(Models.only(recognizer)), Metrics())
    message = run(answer(PictureMessage(seq=3, picture=b"")))
    assert (message.state, message.message) == ("error", "This file is empty: choose another one, or save it again.")
    file = io.BytesIO()
    Image.new("L", (40, 40)).save(file, "PNG")
    message = run(answer(PictureMessage(seq=4, picture=file.getvalue())))
    assert (message.state, message.seq, message.message) == ("error", 4, UNREADABLE)
    assert "a fault of ours" in caplog.text
