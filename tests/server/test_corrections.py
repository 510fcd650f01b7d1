"""Corrections are kept beside the answer of the weights; an error is one sentence for the visitor."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from corrections.store import FeedbackError, FeedbackStore, stats
from kmnist_model import Recognizer, data_url, from_strokes
from server.batcher import Batcher
from server.corrections import CorrectionService, start
from server.messages import CorrectionAnswer, CorrectionMessage
from server.metrics import Metrics
from server.models import Models
from server.settings import Settings
from train.data.drawing.strokes import load

DRAWN = [stroke.tolist() for stroke in load("つ")]


def run(answer: Coroutine[Any, Any, CorrectionAnswer]) -> CorrectionAnswer:
    """In an event loop of its own: this thread may have the browser's."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, answer).result()


@pytest.fixture
def store(tmp_path: Path) -> FeedbackStore:
    return FeedbackStore(tmp_path)


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def service(store: FeedbackStore, metrics: Metrics, recognizer: Recognizer) -> CorrectionService:
    return CorrectionService(store, {"kmnist": "version"}, Batcher(Models.only(recognizer)), metrics)


def test_a_correction_is_kept_with_the_answer(service: CorrectionService, store: FeedbackStore, metrics: Metrics) -> None:
    answer = run(service.store(CorrectionMessage(seq=3, character="を", strokes=DRAWN)))
    assert answer == CorrectionAnswer(seq=3, kept=True, message="Thank you: kept as を.")
    ((_, kept),) = store.corrections()
    assert (kept.character, kept.answered, kept.verdict, kept.weights) == ("を", "つ", "character", "version")
    assert 'kuzushiji_readings_total{kind="correction",verdict="kept"} 1.0' in metrics.exposition().decode()


@pytest.mark.parametrize(
    ("strokes", "sentence"),
    [([], "There is nothing to correct on an empty sheet."), (5, "Strokes are a list of strokes"), ([[["a", 1]]], "Strokes are a list of")],
)
def test_what_is_no_drawing_is_not_kept(service: CorrectionService, store: FeedbackStore, strokes: Any, sentence: str) -> None:
    answer = run(service.store(CorrectionMessage(seq=3, character="を", strokes=strokes)))
    assert not answer.kept
    assert answer.message.startswith(sentence)
    assert list(store.folder.iterdir()) == [] or stats(store)["corrections"] == 0


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (FeedbackError("The disk is full: make room."), "The disk is full: make room."),
        (RuntimeError("/secret"), "This correction could not be kept because of an error on the server. Please try again."),
    ],
    ids=["known", "unknown"],
)
def test_a_failing_store_is_one_sentence_and_logged(
    service: CorrectionService,
    store: FeedbackStore,
    error: Exception,
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(_: object) -> None:
        raise error

    monkeypatch.setattr(store, "add", fail)
    with caplog.at_level(logging.ERROR, "server"):
        answer = run(service.store(CorrectionMessage(seq=3, character="を", strokes=DRAWN)))
    assert answer == CorrectionAnswer(seq=3, kept=False, message=sentence)
    assert len(caplog.records) == 1


def test_a_correction_is_read_again_with_its_model(
    store: FeedbackStore, metrics: Metrics, recognizer: Recognizer, wide: Recognizer
) -> None:
    """The version of that model's weights is kept, and a picture must have its size."""
    batcher = Batcher(Models({"ten": recognizer, "wide": wide}, {}, recognizer))
    service = CorrectionService(store, {"ten": "one", "wide": "other"}, batcher, metrics)
    picture = data_url.to_bytes(data_url.from_image(Image.fromarray(from_strokes(DRAWN, 48))))
    for model, what in (("wide", {"picture": picture}), ("wide", {"strokes": DRAWN}), (None, {"strokes": DRAWN})):
        assert run(service.store(CorrectionMessage(seq=3, character="を", model=model, **what))).kept
    kept = [each for _, each in store.corrections()]
    assert [each.weights for each in kept] == ["other", "other", "one"]
    assert (kept[0].ink == from_strokes(DRAWN, 48)).all()
    for model, sentence in (("ten", "This model reads 28 x 28 pixels"), ("none", "There is no model of this name")):
        answer = run(service.store(CorrectionMessage(seq=3, character="を", model=model, picture=picture)))
        assert (answer.kept, answer.message.startswith(sentence)) == (False, True)


def test_there_is_no_service_unless_the_settings_ask_for_it(recognizer: Recognizer, metrics: Metrics, tmp_path: Path) -> None:
    batcher = Batcher(Models.only(recognizer))
    assert start(Settings(feedback=None), batcher, metrics) is None
    assert isinstance(start(Settings(feedback=tmp_path), batcher, metrics), CorrectionService)
