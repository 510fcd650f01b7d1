"""The Draw tab: a pad, a picture input, and the answer to the newest of both."""

# No `from __future__ import annotations` here: `gr.api` documents an endpoint by its annotations, and they must not be strings.
from typing import Any, TypedDict, cast

import gradio as gr
from gradio.events import api

from kmnist_model import Alphabet, KmnistError, Reading
from server.batcher import MAX_BATCH, Batcher
from server.corrections import CorrectionService
from server.http.draw_route import AnswerDrawing
from server.messages import AnswerMessage, DrawingMessage, PictureMessage, Stroke
from server.metrics import Metrics
from ui.components.answer import Answer
from ui.components.correction import CorrectionInput
from ui.components.picture_input import PictureInput
from ui.components.sketchpad import Sketchpad

CONCURRENCY = MAX_BATCH  # requests at a time through Gradio's queue, so that they can be read in one batch

STROKES = (
    "Read a drawing of one character. `strokes` is a list of strokes in writing order, each a list of points [x, y] or"
    " [x, y, milliseconds], in any unit, y downwards. Returns {verdict, candidates}: verdict is 'character', 'perhaps' (the best candidate, but not quite like it), 'unknown' (none of"
    " the recogniser's characters; the candidates are only the nearest shapes) or 'blank'; candidates are {character, romaji,"
    " probability}, best first, all of them, probabilities summing to 1."
)
IMAGE = (
    "Read a picture of one character: a PNG, JPEG, WebP, GIF, BMP or TIFF file, dark on light or light on dark."
    " Returns {verdict, candidates} like /read_strokes."
)


class CandidateJson(TypedDict):
    character: str
    romaji: str
    probability: float


class ReadingJson(TypedDict):
    """The answer of the public endpoints."""

    verdict: str
    candidates: list[CandidateJson]


async def read_drawing(strokes: list[Stroke], batcher: Batcher, metrics: Metrics) -> Reading:
    """The reading of a drawing, observed by `metrics`. Raises `InkError`, `Busy` or `Closing`."""
    with metrics.reading("strokes") as observation:
        reading = await batcher.read_strokes(strokes)
        observation.verdict = reading.verdict
    return reading


def answer_with(alphabet: Alphabet, batcher: Batcher, metrics: Metrics) -> AnswerDrawing:
    """The function that answers a drawing."""

    async def answer_drawing(drawing: DrawingMessage) -> AnswerMessage:
        if not drawing.strokes:
            return AnswerMessage.empty(drawing.seq)
        try:
            return AnswerMessage.of(await read_drawing(drawing.strokes, batcher, metrics), alphabet, drawing.seq)
        except KmnistError as error:
            return AnswerMessage.failed(str(error), drawing.seq)

    return answer_drawing


def build_draw_tab(alphabet: Alphabet, batcher: Batcher, metrics: Metrics, correction_service: CorrectionService | None) -> None:
    """Build the tab, and the endpoints `/read_strokes` and `/read_image`, inside the current `gr.Blocks`.

    Without a `correction_service`, visitors are not asked for corrections.
    """

    async def read_picture(data: bytes) -> Reading:
        with metrics.reading("picture") as observation:
            reading = await batcher.read(data)
            observation.verdict = reading.verdict
        return reading

    async def answer_picture(message: PictureMessage) -> AnswerMessage:
        try:
            return AnswerMessage.of(await read_picture(message.picture), alphabet, message.seq)
        except KmnistError as error:
            return AnswerMessage.failed(str(error), message.seq)

    async def read_strokes(strokes: list[list[list[float]]]) -> ReadingJson:
        try:
            return _as_json(await read_drawing(strokes, batcher, metrics))
        except KmnistError as error:
            raise gr.Error(str(error), print_exception=False) from None

    async def read_image(picture: bytes | None) -> ReadingJson:
        if picture is None:
            raise gr.Error("There is no picture: send one.", print_exception=False)
        try:
            return _as_json(await read_picture(picture))
        except KmnistError as error:
            raise gr.Error(str(error), print_exception=False) from None

    with gr.Row(elem_classes="reader"):
        pad = Sketchpad(elem_classes="reader-pad")
        answer = Answer(alphabet, elem_classes="reader-answer")
        picture = PictureInput(elem_classes="reader-picture")
        correction = CorrectionInput(alphabet, elem_classes="reader-correction") if correction_service else None

    # `queue=False` takes one request and 17 ms, where the queue takes two and 28 ms (medians of 40, two busy cores). With
    # "always_last" the browser has one request in flight for each input, and then sends the newest; `Answer` orders those of both inputs.
    direct: dict[str, Any] = {"queue": False, "trigger_mode": "always_last", "show_progress": "hidden", "api_visibility": "private"}
    pad.input(answer_with(alphabet, batcher, metrics), pad, answer, api_name="draw", **direct)
    picture.input(answer_picture, picture, answer, api_name="picture", **direct)

    if correction_service and correction:
        every = direct | {"trigger_mode": "multiple"}
        correction.input(correction_service.store, correction, correction, api_name="correct", **every)

    api(read_strokes, api_name="read_strokes", api_description=STROKES, concurrency_limit=CONCURRENCY)
    file = gr.File(label="Picture of one character", type="binary", visible=False)
    result = gr.JSON(label="Reading", visible=False)
    gr.on([file.upload], read_image, file, result, api_name="read_image", api_description=IMAGE, concurrency_limit=CONCURRENCY)


def _as_json(reading: Reading) -> ReadingJson:
    return cast(ReadingJson, reading.as_dict())
