"""The Draw tab: a pad, a picture input, the answer to the newest of both, and the line of text that it is written into."""

# No `from __future__ import annotations` here: `gr.api` documents an endpoint by its annotations, and they must not be strings.
import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypedDict, cast

import gradio as gr
from gradio.events import api

from kmnist_model import KmnistError, PictureError, Reading
from server.batcher import MAX_BATCH, Batcher
from server.corrections import CorrectionService
from server.details.nearest import NearestService
from server.details.why import WhyService
from server.http.draw_route import AnswerDrawing
from server.languages.catalogue import english
from server.messages import AnswerMessage, DrawingMessage, PictureMessage, Stroke
from server.metrics import Metrics
from ui.components.answer import Answer
from ui.components.correction import CorrectionInput
from ui.components.model_switch import ModelSwitch
from ui.components.picture_input import PictureInput
from ui.components.real_ones import RealOnes
from ui.components.sketchpad import Sketchpad
from ui.components.text_line import TextLine
from ui.components.why import Why

UNREADABLE = english("error.picture_unreadable")
_LOG = logging.getLogger(__name__)
CONCURRENCY = MAX_BATCH  # requests at a time through Gradio's queue, so that they can be read in one batch

_MODEL = (
    " `model` is one of {names}; by default {default}. Returns {{verdict, candidates}}: verdict is 'character', 'perhaps' (the best candidate,"
    " but not quite like it), 'unknown' (none of the model's characters; the candidates are only the nearest shapes) or 'blank'; candidates are"
    " {{character, romaji, probability}}, best first, at most 100; the probabilities of all the model's characters sum to 1."
)
STROKES = (
    "Read a drawing of one character. `strokes` is a list of strokes in writing order, each a list of points [x, y] or"
    " [x, y, milliseconds], in any unit, y downwards."
)
IMAGE = "Read a picture of one character: a PNG, JPEG, WebP, GIF, BMP, TIFF, JPEG 2000, AVIF, HEIC or PDF file (its first page), dark on light or light on dark."


class CandidateJson(TypedDict):
    character: str
    romaji: str
    probability: float


class ReadingJson(TypedDict):
    """The answer of the public endpoints."""

    verdict: str
    candidates: list[CandidateJson]


async def read_drawing(strokes: list[Stroke], model: str | None, batcher: Batcher, metrics: Metrics) -> Reading:
    """The reading of a drawing, observed by `metrics`. Raises `InkError`, `UnknownModel`, `Busy` or `Closing`."""
    with metrics.reading("strokes", batcher.models.name(model)) as observation:
        reading = await batcher.read_strokes(strokes, model)
        observation.verdict = reading.verdict
    return reading


def answer_with(batcher: Batcher, metrics: Metrics) -> AnswerDrawing:
    """The function that answers a drawing."""

    async def answer_drawing(drawing: DrawingMessage) -> AnswerMessage:
        if not drawing.strokes:
            return AnswerMessage.empty(drawing.seq)
        try:
            reading = await read_drawing(drawing.strokes, drawing.model, batcher, metrics)
            return AnswerMessage.of(reading, batcher.models.recognizer(drawing.model), drawing.seq)
        except KmnistError as error:
            return AnswerMessage.failed(str(error), drawing.seq)

    return answer_drawing


async def read_picture(data: bytes, model: str | None, batcher: Batcher, metrics: Metrics) -> Reading:
    """The reading of a picture, observed by `metrics`. Raises `PictureError`, `UnknownModel`, `Busy` or `Closing`, and nothing else."""
    try:
        with metrics.reading("picture", batcher.models.name(model)) as observation:
            reading = await batcher.read(data, model)
            observation.verdict = reading.verdict
        return reading
    except KmnistError:
        raise
    except Exception:  # noqa: BLE001 - it is logged, and the visitor gets a sentence
        _LOG.exception("A picture could not be read")
        raise PictureError(UNREADABLE) from None


def answer_picture_with(batcher: Batcher, metrics: Metrics) -> Callable[[PictureMessage], Awaitable[AnswerMessage]]:
    """The function that answers a picture."""

    async def answer_picture(message: PictureMessage) -> AnswerMessage:
        try:
            reading = await read_picture(message.picture, message.model, batcher, metrics)
            return AnswerMessage.of(reading, batcher.models.recognizer(message.model), message.seq)
        except KmnistError as error:
            return AnswerMessage.failed(str(error), message.seq)

    return answer_picture


def build_draw_tab(
    batcher: Batcher, metrics: Metrics, correction_service: CorrectionService | None, nearest_service: NearestService | None
) -> None:
    """Build the tab, and the endpoints `/read_strokes` and `/read_image`, inside the current `gr.Blocks`.

    Without a `correction_service`, visitors are not asked for corrections, without a `nearest_service` they see no real characters; with one
    model, they have nothing to choose from.
    """
    models = batcher.models
    describe = _MODEL.format(names=", ".join(models.names), default=models.names[0])

    async def read_strokes(strokes: list[list[list[float]]], model: str | None = None) -> ReadingJson:
        try:
            return _as_json(await read_drawing(strokes, model, batcher, metrics))
        except KmnistError as error:
            raise gr.Error(str(error), print_exception=False) from None

    async def read_image(picture: bytes | None, model: str | None = None) -> ReadingJson:
        if picture is None:
            raise gr.Error("There is no picture: send one.", print_exception=False)
        try:
            return _as_json(await read_picture(picture, model, batcher, metrics))
        except KmnistError as error:
            raise gr.Error(str(error), print_exception=False) from None

    with gr.Row(elem_classes="reader"):
        if len(models.names) > 1:
            ModelSwitch(models.names, elem_classes="reader-switch")
        pad = Sketchpad(elem_classes="reader-pad")
        answer = Answer(models, elem_classes="reader-answer")
        why = Why(elem_classes="reader-why")
        TextLine(elem_classes="reader-line")
        real = RealOnes("real.title", elem_classes="reader-real") if nearest_service else None
        picture = PictureInput(elem_classes="reader-picture")
        correction = CorrectionInput(elem_classes="reader-correction") if correction_service else None

    # `queue=False` takes one request and 17 ms, where the queue takes two and 28 ms (medians of 40, two busy cores). With
    # "always_last" the browser has one request in flight for each input, and then sends the newest; `Answer` orders those of both inputs.
    direct: dict[str, Any] = {"queue": False, "trigger_mode": "always_last", "show_progress": "hidden", "api_visibility": "private"}
    pad.input(answer_with(batcher, metrics), pad, answer, api_name="draw", **direct)
    picture.input(answer_picture_with(batcher, metrics), picture, answer, api_name="picture", **direct)

    every = direct | {"trigger_mode": "multiple"}  # the value is the answer too: a request that waited would be sent as that
    why.input(WhyService(batcher).answer, why, why, api_name="why", **every)
    if nearest_service and real:
        real.input(nearest_service.answer, real, real, api_name="nearest", **every)
    if correction_service and correction:
        correction.input(correction_service.store, correction, correction, api_name="correct", **every)

    api(read_strokes, api_name="read_strokes", api_description=STROKES + describe, concurrency_limit=CONCURRENCY)
    file = gr.File(label="Picture of one character", type="binary", visible=False)
    model = gr.Textbox(None, label="Model", visible=False)
    result = gr.JSON(label="Reading", visible=False)
    gr.on(
        [file.upload],
        read_image,
        [file, model],
        result,
        api_name="read_image",
        api_description=IMAGE + describe,
        concurrency_limit=CONCURRENCY,
    )


def _as_json(reading: Reading) -> ReadingJson:
    return cast(ReadingJson, reading.as_dict())
