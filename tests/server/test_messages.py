"""The wire format: what is accepted, what is refused, and that it survives JSON both ways."""

from __future__ import annotations

import io
import json
import math
import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from kmnist_model import KMNIST, Recognizer, data_url
from server.messages import (
    MAX_DRAWING,
    SHOWN_CANDIDATES,
    AnswerMessage,
    CorrectionAnswer,
    CorrectionMessage,
    DrawingMessage,
    FormMessage,
    Message,
    MessageError,
    PictureMessage,
    Request,
)
from server.page_messages import PageAnswer, PageFailed, PageMessage, PageProgress
from train.data.drawing.strokes import load

REQUESTS: list[type[Request]] = [DrawingMessage, PictureMessage, PageMessage, CorrectionMessage]
INK = data_url.from_image(Image.fromarray(np.eye(28, dtype=np.uint8) * 255))
LINE = [[[0, 0], [1, 1]]]

numbers = st.floats(allow_nan=False, allow_infinity=False)
points = st.lists(numbers, min_size=2, max_size=3)
strokes = st.lists(st.lists(points, max_size=5), max_size=5)
wild = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["seq", "strokes", "picture", "example", "cancel", "direction", "size", "key", "character"]) | st.text(),
            inner,
            max_size=8,
        )
    ),
    max_leaves=20,
)


def again(message: Message) -> Message:
    return type(message).model_validate_json(message.to_json())


@pytest.mark.parametrize("kind", REQUESTS)
def test_the_declared_example_is_valid(kind: type[Request]) -> None:
    message = kind.parse(kind.example_json())
    assert again(message) == message
    assert json.loads(kind.example_json()).keys() <= kind.model_json_schema()["properties"].keys()


@pytest.mark.parametrize("kind", REQUESTS)
def test_the_api_info_holds_the_schema(kind: type[Request]) -> None:
    info = kind.api_info()
    assert info["type"] == "string"
    assert info["contentMediaType"] == "application/json"
    assert "seq" in info["contentSchema"]["properties"]


@settings(deadline=None)
@given(numbers, strokes)
def test_a_drawing_round_trips(seq: float, drawn: list[Any]) -> None:
    message = DrawingMessage(seq=seq, strokes=drawn)
    assert again(message) == message
    assert DrawingMessage.parse(json.dumps({"seq": seq, "strokes": drawn})) == message


@settings(deadline=None)
@given(st.binary(max_size=100))
def test_a_picture_round_trips(data: bytes) -> None:
    message = PictureMessage(seq=1.5, picture=data)
    assert again(message) == message
    assert PictureMessage.parse(json.dumps({"seq": 1.5, "picture": data_url.from_bytes(data, "png")})) == message


@settings(deadline=None)
@given(st.binary(max_size=20), st.sampled_from(["auto", "vertical", "horizontal"]), st.tuples(*[st.integers(1, 99_999)] * 2))
def test_a_page_round_trips(data: bytes, direction: Any, size: tuple[int, int]) -> None:
    message = PageMessage(seq=2, picture=data, direction=direction, size=size)
    assert again(message) == message


@pytest.mark.parametrize(
    "message",
    [
        PageMessage(seq=3, example=1),
        PageMessage(seq=3, picture=b"%PDF", page=2),
        PageMessage(seq=3, cancel=True),
        CorrectionMessage(seq=4, key="a-b_1", character="お", strokes=LINE),
        CorrectionMessage(seq=4, character="お", picture=data_url.to_bytes(INK)),
        AnswerMessage.empty(),
        AnswerMessage.failed("No.", 5),
        AnswerMessage(seq=6, state="unknown", message="Marks were found."),
        AnswerMessage(seq=6, state="character", form=FormMessage(letter="𛂞", codepoint="U+1B0A5", parent="者"), meaning="end, tip"),
        DrawingMessage(seq=8, strokes=LINE, model="kana"),
        PageProgress(seq=6, share=0.5, message="Reading"),
        PageAnswer(seq=7, page={"text": "お", "size": {"width": 1, "height": 2}}, preview=INK),
        PageFailed(seq=8, message="No."),
        CorrectionAnswer(seq=9, kept=False, message="No."),
    ],
    ids=lambda message: type(message).__name__,
)
def test_messages_round_trip(message: Message) -> None:
    assert again(message) == message
    with pytest.raises(ValueError, match="frozen"):
        message.seq = 1.0


@pytest.mark.parametrize("kind", REQUESTS)
@settings(deadline=None)
@given(wild)
def test_wild_json_is_a_message_or_an_error_of_one_sentence(kind: type[Request], value: Any) -> None:
    sentence = kind.rejection
    try:
        assert math.isfinite(kind.parse(json.dumps(value)).seq)
    except MessageError as error:
        sentence = str(error)
    assert sentence == kind.rejection


@pytest.mark.parametrize("kind", REQUESTS)
@pytest.mark.parametrize(
    "payload",
    [
        "{",
        "[]",
        "3",
        "null",
        '{"seq": 1}',
        "[" * 100_000,
        "\ud800",
        5,
        {"strokes": []},
        ["x"],
        b"{}",
        '{"seq": 1, "strokes": 5, "picture": 5}',
    ],
    ids=repr,
)
def test_what_is_no_message_is_refused(kind: type[Request], payload: object) -> None:
    with pytest.raises(MessageError):
        kind.parse(payload)


@pytest.mark.parametrize("kind", REQUESTS)
def test_a_message_that_is_too_long_is_refused(kind: type[Request]) -> None:
    valid = kind.example_json()
    assert kind.parse(valid.ljust(kind.max_length))
    with pytest.raises(MessageError):
        kind.parse(valid.ljust(kind.max_length + 1))


@pytest.mark.parametrize("empty", ["", None])
def test_an_empty_payload_is_an_empty_drawing_and_nothing_else(empty: str | None) -> None:
    assert DrawingMessage.parse(empty) == DrawingMessage(seq=0.0, strokes=[])
    for kind in (PictureMessage, PageMessage, CorrectionMessage):
        with pytest.raises(MessageError):
            kind.parse(empty)


@pytest.mark.parametrize("seq", ["NaN", "1e999", "-Infinity", "[1]", '"x"', "null", "1" + "0" * 400])
def test_a_wild_seq_is_0_for_a_drawing_and_refused_for_a_correction_and_a_page(seq: str) -> None:
    assert DrawingMessage.parse(f'{{"seq": {seq}, "strokes": []}}').seq == 0.0
    assert PictureMessage.parse(f'{{"seq": {seq}, "picture": "data:,"}}').seq == 0.0
    with pytest.raises(MessageError):
        PageMessage.parse(f'{{"seq": {seq}, "example": 0}}')
    with pytest.raises(MessageError):
        CorrectionMessage.parse(f'{{"seq": {seq}, "character": "お", "strokes": {LINE}}}')


@pytest.mark.parametrize("picture", ["data:image/png;base64,???", "data:image/png;base64,AAA", "data:image/png;base64,お", 5, None, ["a"]])
def test_a_picture_is_base64(picture: object) -> None:
    with pytest.raises(MessageError):
        PictureMessage.parse(json.dumps({"seq": 1, "picture": picture}))


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"direction": "auto"},
        {"example": "first"},
        {"example": 0, "direction": "sideways"},
        {"example": 0, "size": [1, 2, 3]},
        {"cancel": False},
    ],
    ids=str,
)
def test_wrong_pages_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(MessageError):
        PageMessage.parse(json.dumps({"seq": 1, **wrong}))


@pytest.mark.parametrize(("size", "kept"), [([3, 4], (3, 4)), ([0, 4], None), ([-1, 4], None), ([100_000, 4], None), (None, None)])
def test_an_implausible_size_is_dropped(size: list[int] | None, kept: tuple[int, int] | None) -> None:
    assert PageMessage.parse(json.dumps({"seq": 1, "example": 0, "size": size})).size == kept


def picture_of(*size: int) -> str:
    return data_url.from_image(Image.new("L", size))


@pytest.mark.parametrize(
    "wrong",
    [
        {"character": "おき", "strokes": LINE},
        {"character": "", "strokes": LINE},
        {"character": "1", "strokes": LINE},
        {"character": "<", "strokes": LINE},
        {"character": 5, "strokes": LINE},
        {"strokes": LINE},
        {"character": "お"},
        {"character": "お", "strokes": None},
        {"character": "お", "strokes": LINE, "key": "a b"},
        {"character": "お", "strokes": LINE, "key": "a\n"},
        {"character": "お", "strokes": LINE, "key": "a" * 65},
        {"character": "お", "strokes": LINE, "key": 5},
        {"character": "お", "picture": "data:image/png;base64,AAAA"},
        {"character": "お", "picture": picture_of(28, 29)},
        {"character": "お", "picture": picture_of(28, 48)},
        {"character": "お", "picture": picture_of(40, 40)},
        {"character": "お", "strokes": LINE, "model": 5},
        {"character": "お", "strokes": LINE, "model": "k" * 65},
        {"character": "お", "picture": picture_of(600, 600)},
    ],
    ids=lambda wrong: str(wrong)[:60],
)
def test_wrong_corrections_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(MessageError):
        CorrectionMessage.parse(json.dumps({"seq": 1, **wrong}))


def test_a_correction_is_normalised() -> None:
    assert CorrectionMessage.parse(json.dumps({"seq": 1, "character": " か\u3099 ", "strokes": LINE})).character == "が"


@pytest.mark.parametrize("size", [28, 48])
def test_a_corrections_picture_has_the_size_of_its_model(size: int) -> None:
    message = CorrectionMessage.parse(json.dumps({"seq": 1, "character": "お", "picture": picture_of(size, size), "model": "kana"}))
    assert message.ink().shape == (size, size)
    assert message.model == "kana"


def test_a_corrections_picture_is_an_ink() -> None:
    message = CorrectionMessage.parse(json.dumps({"seq": 1, "character": "お", "picture": INK}))
    assert (message.ink() == np.eye(28, dtype=np.uint8) * 255).all()


def test_an_answer_shows_a_reading(recognizer: Recognizer) -> None:
    reading = recognizer.read_strokes([stroke.tolist() for stroke in load("お")])
    message = AnswerMessage.of(reading, recognizer, 7.25)
    assert (message.state, message.seq, message.candidates[0].character) == ("character", 7.25, "お")
    assert len(message.candidates) == SHOWN_CANDIDATES
    assert message.parents == KMNIST[KMNIST.index("お")].parents
    assert message.ink is not None
    with Image.open(io.BytesIO(data_url.to_bytes(message.ink))) as seen:
        assert (np.asarray(seen) == reading.ink).all()
    assert again(message) == message


def test_an_answer_to_no_ink_has_no_candidates(recognizer: Recognizer) -> None:
    message = AnswerMessage.of(recognizer.read_strokes([]), recognizer)
    assert (message.state, message.candidates, message.parents) == ("blank", (), "")
    assert message.ink


@pytest.mark.alone
def test_parsing_a_drawing_is_as_fast_as_json() -> None:
    """1,000 points: at most a millisecond more than `json.loads`, best of 20."""
    payload = json.dumps({"seq": 1, "strokes": [[[n % 997 + 0.5, n % 991 + 0.5, 16 * n] for n in range(1_000)]]})
    assert len(payload) < MAX_DRAWING

    def best(function: Any) -> float:
        times = []
        for _ in range(20):
            began = time.perf_counter()
            function(payload)
            times.append(time.perf_counter() - began)
        return min(times)

    assert best(DrawingMessage.parse) < best(json.loads) + 0.001


def test_a_reading_whose_marks_were_dropped_has_a_sentence_and_no_candidates(recognizer: Recognizer) -> None:
    message = AnswerMessage.of(recognizer.read_strokes([]).without_marks(), recognizer)
    assert (message.state, message.candidates) == ("unknown", ())
    assert message.message == "Marks were found, but nothing that looks like one character."
