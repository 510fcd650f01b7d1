"""Which ink spoke for a character and which against it, as the page shows it."""

from __future__ import annotations

from typing import Annotated, Any, Self

import numpy as np
from pydantic import ConfigDict, Field, model_validator

from kmnist_model import InkError, KmnistError
from kmnist_model.explain.evidence import ink_evidence, stroke_evidence
from server.batcher import Batcher
from server.details.nearest import InkPicture
from server.languages.catalogue import english
from server.messages import MAX_DRAWING, ReadingRequest, Report, strokes_schema

MAX_STROKES = 40  # kanji in use have at most 29; each costs one more ink to read
TOO_MANY = english("error.too_many_strokes", count=MAX_STROKES)
_FULL = 100  # the strongest pixel, as the browser gets it

Character = Annotated[str, Field(min_length=1, max_length=1)]


class WhyRequest(ReadingRequest):
    """Why a drawing (`strokes`) or the picture that the model saw (`ink`) is `character`, rather than any other or than the one `against`."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"seq": 1, "character": "お", "strokes": [[[300, 300, 0], [700, 700, 120]]]}},
        arbitrary_types_allowed=True,
    )
    max_length = MAX_DRAWING
    rejection = english("error.not_a_reading")

    character: Character
    against: Character | None = None
    strokes: Annotated[Any, strokes_schema()] = None
    ink: InkPicture | None = None

    @model_validator(mode="after")
    def _has_ink(self) -> Self:
        if (self.strokes is None) == (self.ink is None):
            raise ValueError("give strokes or an ink")
        return self


class WhyAnswer(Report):
    """What each stroke or pixel says for the character, or why there is no answer.

    Strokes are in nats; pixels in hundredths of the strongest, row by row.
    """

    character: str
    against: str | None = None
    strokes: tuple[float, ...] | None = None
    pixels: tuple[int, ...] | None = None


class WhyService:
    """Weighs ink with the models of the page, beside the answers, which never wait for it."""

    def __init__(self, batcher: Batcher) -> None:
        self._batcher = batcher

    async def answer(self, request: WhyRequest) -> WhyAnswer:
        """What the strokes or pixels say, or one sentence where that cannot be said."""
        asked = {"seq": request.seq, "character": request.character, "against": request.against}
        try:
            return WhyAnswer.model_validate(asked | await self._batcher.run_slow(lambda: self._weigh(request)))
        except KmnistError as error:
            return WhyAnswer.model_validate(asked | {"message": str(error)})

    def _weigh(self, request: WhyRequest) -> dict[str, Any]:
        recognizer = self._batcher.models.recognizer(request.model)
        about = (request.character, request.against or "")
        if request.ink is None:
            if isinstance(request.strokes, list) and len(request.strokes) > MAX_STROKES:
                raise InkError(TOO_MANY)
            return {"strokes": [round(nats, 4) for nats in stroke_evidence(recognizer, request.strokes, *about)]}
        weights = ink_evidence(recognizer, request.ink, *about)
        return {"pixels": np.round(weights * (_FULL / max(float(np.abs(weights).max()), 1e-9))).astype(int).ravel().tolist()}
