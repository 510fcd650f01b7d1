"""The real brushed characters that an ink is nearest to, as the page shows them."""

from __future__ import annotations

import logging
from typing import Annotated, Any, Self

import numpy as np
from PIL import Image
from pydantic import BaseModel, BeforeValidator, ConfigDict, WithJsonSchema

from kmnist_model import KmnistError, Recognizer, data_url
from kmnist_model.gallery import gallery
from kmnist_model.gallery.gallery import Neighbour
from kmnist_model.preprocess import InkImage
from server.batcher import Batcher
from server.languages.catalogue import english
from server.messages import Message, ReadingRequest, ink_of

SHOWN = 8
EXAMPLE = data_url.from_image(Image.new("L", (28, 28)))
_LOG = logging.getLogger(__name__)


def _to_ink(value: object) -> InkImage:
    if not isinstance(value, str):
        raise ValueError("not a data URL")
    return ink_of(data_url.to_bytes(value))


InkPicture = Annotated[Any, BeforeValidator(_to_ink), WithJsonSchema({"type": "string", "description": "a PNG as a data URL (base64)"})]


class NearestRequest(ReadingRequest):
    """An `ink` to find real characters for: the square of 28 or 48 pixels that a model saw, as the data URL of a PNG."""

    model_config = ConfigDict(json_schema_extra={"example": {"seq": 1, "ink": EXAMPLE}}, arbitrary_types_allowed=True)
    max_length = 40_000
    rejection = english("error.not_an_ink")

    ink: InkPicture


class NeighbourMessage(BaseModel):
    """A real `character` of the dataset `source`, with its `picture`, white ink, as the data URL of a PNG."""

    model_config = ConfigDict(frozen=True)

    character: str
    source: str
    picture: str

    @classmethod
    def of(cls, neighbour: Neighbour) -> Self:
        """The message that shows a neighbour."""
        return cls(character=neighbour.character, source=neighbour.source, picture=data_url.from_image(Image.fromarray(neighbour.picture)))


class NearestAnswer(Message):
    """The neighbours of an ink, the nearest first; none where the server is too busy to look for them."""

    neighbours: tuple[NeighbourMessage, ...] = ()


class NearestService:
    """Finds the neighbours of inks with `finder`, a recogniser whose weights the gallery was made with."""

    def __init__(self, batcher: Batcher, finder: Recognizer) -> None:
        self._batcher, self._finder = batcher, finder

    async def answer(self, request: NearestRequest) -> NearestAnswer:
        """The neighbours among the characters of the model that read the ink."""
        try:
            among = self._batcher.models.recognizer(request.model).alphabet.characters
            found = await self._batcher.run_slow(lambda: self._nearest(request.ink, among))
        except KmnistError as error:  # the answer itself is on show: this is a detail
            _LOG.info("no neighbours: %s", error)
            return NearestAnswer(seq=request.seq)
        return NearestAnswer(seq=request.seq, neighbours=tuple(found))

    def _nearest(self, ink: InkImage, among: str) -> list[NeighbourMessage]:
        size = self._finder.size
        if ink.shape != (size, size):  # of the model of KMNIST's ten
            ink = np.asarray(Image.fromarray(ink).resize((size, size), Image.Resampling.BILINEAR))
        return [NeighbourMessage.of(neighbour) for neighbour in gallery.released().nearest(ink, self._finder, SHOWN, among)]


def start(batcher: Batcher) -> NearestService | None:
    """The service, or None where the gallery fits none of the page's models, which is logged."""
    for recognizer in batcher.models.recognizers.values():
        if gallery.fits(recognizer):
            return NearestService(batcher, recognizer)
    _LOG.warning("The gallery was not made with these weights: answers are shown without real characters like the ink.")
    return None
