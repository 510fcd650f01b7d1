"""The base of the components: requests in, messages out, and a valid description of both."""

from __future__ import annotations

import json
import re
from pathlib import Path

import gradio as gr
import pytest

from kmnist_model import KMNIST, Recognizer
from server.messages import AnswerMessage, CorrectionMessage, DrawingMessage, PictureMessage
from server.models import Models
from server.page_messages import PageMessage
from ui.components.answer import Answer
from ui.components.component import Component, constants
from ui.components.correction import CorrectionInput
from ui.components.page_reader import PageReader
from ui.components.picture_input import PictureInput
from ui.components.sketchpad import Sketchpad
from ui.examples import examples

UI = Path(__file__).resolve().parents[2] / "ui"
INPUTS = {
    DrawingMessage: Sketchpad,
    PictureMessage: PictureInput,
    PageMessage: lambda: PageReader(KMNIST, examples()),
    CorrectionMessage: CorrectionInput,
}


@pytest.fixture(params=INPUTS, ids=lambda kind: kind.__name__)
def component(request: pytest.FixtureRequest) -> Component:
    with gr.Blocks():
        return INPUTS[request.param]()


def test_the_example_of_a_component_is_read(component: Component) -> None:
    message = component.preprocess(component.example_payload())
    assert isinstance(message, component.request)
    assert message.seq == 1


def test_what_is_no_request_is_one_sentence(component: Component) -> None:
    with pytest.raises(gr.Error) as caught:
        component.preprocess("{")
    assert caught.value.message == component.request.rejection
    assert not caught.value.print_exception


def test_the_description_is_the_requests_schema(component: Component) -> None:
    assert component.api_info() == component.request.api_info()
    json.dumps(component.api_info())


def test_an_answer_is_json_in_the_browser(recognizer: Recognizer) -> None:
    with gr.Blocks():
        answer = Answer(Models.only(recognizer))
    assert json.loads(answer.value) == {"seq": 0.0, "state": "empty", "candidates": [], "parents": "", "meaning": ""}
    assert json.loads(answer.postprocess(AnswerMessage.failed("No.", 3)))["message"] == "No."
    assert answer.postprocess(None) is None
    assert answer.api_info() == {"type": "string"}


def test_a_pad_shows_a_drawing() -> None:
    with gr.Blocks():
        pad = Sketchpad()
    shown = pad.postprocess(DrawingMessage(strokes=[[[1, 2, 3]]]))
    assert json.loads(shown or "") == {"seq": 0.0, "strokes": [[[1, 2, 3]]]}


def test_constants_are_javascript() -> None:
    assert constants(A=["お", '"'], B=0.5) == 'const A = ["お", "\\""];\nconst B = 0.5;\n'


@pytest.mark.parametrize("path", sorted(UI.rglob("*.js")), ids=lambda path: path.name)
def test_no_script_writes_html(path: Path) -> None:
    """Data reaches the page as text, never as markup."""
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write", path.read_text("utf-8"))
