"""What the Draw tab answers to a drawing, without a browser."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from kmnist_model import Recognizer
from server.batcher import Batcher
from server.messages import AnswerMessage, DrawingMessage
from server.metrics import Metrics
from server.models import Models
from train.data.drawing.strokes import load
from ui.draw import answer_with


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
