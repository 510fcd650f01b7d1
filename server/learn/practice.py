"""How near a drawing came to the letter that was to be written, as the Learn tab says it."""

from __future__ import annotations

import logging
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from kmnist_model import KmnistError, Recognizer, from_strokes
from kmnist_model.characters import historical_forms
from kmnist_model.characters.historical_forms import HistoricalForms
from kmnist_model.characters.likeness import likeness
from server.batcher import Batcher
from server.languages.catalogue import Phrase, english, recognise
from server.messages import MAX_DRAWING, Message, Request, strokes_schema

_LOG = logging.getLogger(__name__)

Character = Annotated[str, Field(min_length=1, max_length=1)]


class PracticeRequest(Request):
    """The strokes of a visitor who was asked to write a `letter` of a `kana`: today's, or one of its historical forms."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"seq": 1, "kana": "は", "letter": "は", "strokes": [[[300, 300, 0], [700, 700, 120]]]}}
    )
    max_length = MAX_DRAWING
    rejection = english("error.not_practice")

    kana: Character
    letter: Character
    strokes: Annotated[list[Any], Field(min_length=1), strokes_schema()]


class PracticeAnswer(Message):
    """How near the drawing came: `score` 0 to 100 and `grade`; the `nearest` letter of the kana with its `parent`; what is `read` without
    knowing what was asked. Or a `message` that says why there is no comparison.
    """

    score: int = 0
    grade: Literal["close", "fair", "far", "other"] = "far"
    nearest: str = ""
    parent: str = ""
    read: str = ""
    message: Phrase | None = None


class PracticeService:
    """Compares drawings with letters, by `recognizer` and the prototypes that were made with its network."""

    def __init__(self, batcher: Batcher, recognizer: Recognizer, forms: HistoricalForms) -> None:
        self._batcher, self._recognizer, self._forms = batcher, recognizer, forms

    async def answer(self, request: PracticeRequest) -> PracticeAnswer:
        """The comparison, or one sentence where there is none."""
        try:
            return await self._batcher.run_slow(lambda: self._compare(request))
        except KmnistError as error:
            return PracticeAnswer(seq=request.seq, message=recognise(str(error)))

    def _compare(self, request: PracticeRequest) -> PracticeAnswer:
        ink = from_strokes(request.strokes, self._recognizer.size)
        found = likeness(self._recognizer.features(ink[None])[0], request.kana, request.letter, self._forms)
        reading = self._recognizer.read_ink(ink[None])[0]
        return PracticeAnswer(
            seq=request.seq,
            score=found.score,
            grade=found.grade,
            nearest=found.nearest.letter,
            parent=found.nearest.parent,
            read=reading.candidates[0].character if reading.is_read else "",
        )


def start(batcher: Batcher) -> PracticeService | None:
    """The service, or None where the historical forms fit none of the page's models, which is logged."""
    forms = historical_forms.released()
    for recognizer in batcher.models.recognizers.values():
        if forms and forms.belong_to(recognizer):
            return PracticeService(batcher, recognizer, forms)
    _LOG.warning("The historical forms were not made with these weights: the page has no Learn tab.")
    return None
