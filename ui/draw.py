"""The Draw tab: a pad and a picture, and the answer to whichever came last."""

# No `from __future__ import annotations` here: `gr.api` documents an endpoint by its annotations, and they must not be strings.
from typing import Any, TypedDict

import gradio as gr

from kmnist_model import Alphabet, KmnistError, Reading
from server.batcher import MOST, Batcher
from server.corrections import Keep
from server.draw_route import AnswerDrawing
from server.metrics import Watch
from ui.components.answer import Answer, answered, failed, nothing_yet
from ui.components.correction import CorrectionInput
from ui.components.picture_input import PictureInput, Upload
from ui.components.sketchpad import Drawing, Sketchpad, Stroke

AT_ONCE = MOST  # readings at a time through the queue, so that they can be read together

STROKES = (
    "Read a drawing of one character. `strokes` is a list of strokes in writing order, each a list of points [x, y] or"
    " [x, y, milliseconds], in any unit, y downwards. Returns {verdict, candidates}: verdict is 'character', 'unknown' (none of"
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
    """What the public endpoints answer."""

    verdict: str
    candidates: list[CandidateJson]


async def drawn(strokes: list[Stroke], batcher: Batcher, watch: Watch) -> Reading:
    """The reading of a drawing; `watch` is told of it. Raises `InkError`, `Busy` or `Closing`."""
    with watch.reading("strokes") as seen:
        reading = await batcher.read_strokes(strokes)
        seen.verdict = reading.verdict
    return reading


def answerer(alphabet: Alphabet, batcher: Batcher, watch: Watch) -> AnswerDrawing:
    """What answers a drawing with the HTML to show."""

    async def answer_drawing(drawing: Drawing) -> str:
        if not drawing.strokes:
            return nothing_yet(alphabet, drawing.turn)
        try:
            return answered(await drawn(drawing.strokes, batcher, watch), alphabet, drawing.turn)
        except KmnistError as error:
            return failed(str(error), drawing.turn)

    return answer_drawing


def build_draw_tab(alphabet: Alphabet, batcher: Batcher, watch: Watch, keep: Keep | None) -> None:
    """Build the tab, and the endpoints `/read_strokes` and `/read_image`, inside the current `gr.Blocks`; `watch` is told of each reading.

    Corrections are asked for where there is something to `keep` them.
    """

    async def pictured(data: bytes) -> Reading:
        with watch.reading("picture") as seen:
            reading = await batcher.read(data)
            seen.verdict = reading.verdict
        return reading

    async def answer_picture(upload: Upload) -> str:
        try:
            return answered(await pictured(upload.data), alphabet, upload.turn)
        except KmnistError as error:
            return failed(str(error), upload.turn)

    async def read_strokes(strokes: list[list[list[float]]]) -> ReadingJson:
        try:
            return _as_json(await drawn(strokes, batcher, watch))
        except KmnistError as error:
            raise gr.Error(str(error), print_exception=False) from None

    async def read_image(picture: bytes | None) -> ReadingJson:
        if picture is None:
            raise gr.Error("There is no picture: send one.", print_exception=False)
        try:
            return _as_json(await pictured(picture))
        except KmnistError as error:
            raise gr.Error(str(error), print_exception=False) from None

    with gr.Row(elem_classes="reader"):
        pad = Sketchpad(elem_classes="reader-pad")
        answer = Answer(alphabet, elem_classes="reader-answer")
        picture = PictureInput(elem_classes="reader-picture")
        correction = CorrectionInput(alphabet, elem_classes="reader-correction") if keep else None

    # Straight to the function: one request and 17 ms, where the queue takes two and 28 (medians of 40, two busy cores). The
    # browser keeps one message under way per source, and the last of those that came meanwhile; `Answer` orders the sources.
    direct: dict[str, Any] = {"queue": False, "trigger_mode": "always_last", "show_progress": "hidden", "api_visibility": "private"}
    pad.input(answerer(alphabet, batcher, watch), pad, answer, api_name="draw", **direct)
    picture.input(answer_picture, picture, answer, api_name="picture", **direct)

    if keep:
        correction.input(keep, correction, correction, api_name="correct", **direct | {"trigger_mode": "multiple"})

    gr.api(read_strokes, api_name="read_strokes", api_description=STROKES, concurrency_limit=AT_ONCE)
    file = gr.File(label="Picture of one character", type="binary", visible=False)
    result = gr.JSON(label="Reading", visible=False)
    gr.on([file.upload], read_image, file, result, api_name="read_image", api_description=IMAGE, concurrency_limit=AT_ONCE)


def _as_json(reading: Reading) -> ReadingJson:
    return ReadingJson(**reading.as_dict())
