"""How near a drawing came, with the released weights and forms, and drawings of KanjiVG's strokes."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from kmnist_model import Recognizer
from server.batcher import Batcher
from server.learn import practice
from server.learn.practice import PracticeAnswer, PracticeRequest, PracticeService
from server.messages import MessageError
from server.models import Models
from train.data.drawing import strokes


@pytest.fixture(scope="module")
def service() -> PracticeService:
    found = practice.start(Batcher(Models.only(Recognizer.load("kuzushiji", "cpu"))))
    assert found is not None
    return found


def _answer(service: PracticeService, kana: str, letter: str, drawn: str) -> PracticeAnswer:
    drawing = [[[x, y, 0.0] for x, y in stroke] for stroke in strokes.load(drawn)]
    answer = service.answer(PracticeRequest(seq=7, kana=kana, letter=letter, strokes=drawing))
    # Playwright's session holds a running event loop in this thread.
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(asyncio.run, answer).result()


def test_todays_letter_is_near_to_itself_and_read(service: PracticeService) -> None:
    found = _answer(service, "は", "は", "は")
    assert (found.seq, found.grade, found.nearest, found.read, found.message) == (7, "close", "は", "は", None)
    assert found.score > 80


def test_another_form_of_the_kana_is_named(service: PracticeService) -> None:
    found = _answer(service, "は", "\U0001b0a5", "は")
    assert (found.grade, found.parent) == ("other", "波")
    assert found.score < 40


def test_another_kana_is_far(service: PracticeService) -> None:
    found = _answer(service, "は", "は", "き")
    assert found.grade in {"far", "other"}
    assert found.read == "き"


def test_a_letter_of_another_kana_has_a_sentence(service: PracticeService) -> None:
    found = _answer(service, "は", "あ", "は")
    assert found.message is not None
    assert "table of forms" in str(found.message.values)


@pytest.mark.parametrize(
    "payload", [None, "{}", '{"seq":1,"kana":"は","letter":"は","strokes":[]}', '{"seq":1,"kana":"はは","letter":"は","strokes":[]}', "[1"]
)
def test_anything_else_is_refused(payload: str | None) -> None:
    with pytest.raises(MessageError, match="reload the page"):
        PracticeRequest.parse(payload)


def test_weights_without_forms_have_no_practice(recognizer: Recognizer) -> None:
    assert practice.start(Batcher(Models.only(recognizer))) is None
