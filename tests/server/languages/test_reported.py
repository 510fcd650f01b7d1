"""What the library and the server report in English is recognised: each has a sentence in the catalogues."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from kmnist_model.pictures.conversion import SAVE_AGAIN
from kmnist_model.pictures.pdf import _SENTENCES
from kmnist_model.types import DROPPED
from server.batcher import Busy
from server.languages.catalogue import OTHER, catalogue, english, forms, recognise
from server.messages import AnswerMessage

ROOT = Path(__file__).resolve().parents[3]
MODULES = ("pictures/*.py", "photo/*.py", "page/reader.py", "explain/evidence.py", "formats/page_json.py", "formats/searchable_pdf.py")
ERRORS = {"PictureError", "InkError", "FormatError"}
PROGRAMS_ALONE = (
    r"There is no such file|This file cannot be opened|A page is not (written|turned)"  # of arguments that the page never sends
)


def _text(node: ast.expr) -> str | None:
    """The sentence with 7 for each value; None for what is no literal."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        known = {"SAVE_AGAIN": SAVE_AGAIN, "what": "This picture is cut off: get the file again, or"}
        parts = [part.value if isinstance(part, ast.Constant) else known.get(ast.unparse(part.value), "7") for part in node.values]
        return "".join(map(str, parts))
    return None


def sentences() -> Iterator[str]:
    """The sentences of the errors that the modules behind the page make."""
    for path in (path for pattern in MODULES for path in (ROOT / "kmnist_model").glob(pattern)):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ERRORS and node.args and (text := _text(node.args[0])):
                yield text
    yield from _SENTENCES.values()
    yield DROPPED


@pytest.mark.parametrize("sentence", sorted(set(sentences())))
def test_an_error_of_the_library_is_recognised(sentence: str) -> None:
    assert re.match(PROGRAMS_ALONE, sentence) or recognise(sentence.replace("choose 7", "choose one from 1 to 7")).key != OTHER


@pytest.mark.parametrize("key", [key for key in catalogue("en") if key.startswith(("error.", "doing."))])
def test_each_is_recognised_as_itself(key: str) -> None:
    """By no other sentence's pattern."""
    for form in forms(catalogue("en")[key]):
        assert recognise(re.sub(r"\{\w+\}", "7", form)).key == key


def test_a_message_carries_its_phrase() -> None:
    message = AnswerMessage.failed(str(Busy()))
    assert message.phrase is not None
    assert message.phrase.key == "error.busy"
    assert '"phrase":{"key":"error.busy","values":{}}' in message.to_json()
    assert "phrase" not in AnswerMessage.empty().to_json()


def test_values_are_found() -> None:
    phrase = recognise("This file has no page 3: choose one from 1 to 2.")
    assert (phrase.key, phrase.values) == ("error.no_page", {"page": 3, "last": 2})
    assert english("doing.reading", count=1) == "Reading 1 character"
    assert recognise("Reading 312 characters").values == {"count": 312}
