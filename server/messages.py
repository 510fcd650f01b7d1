"""The wire format: every JSON message between the web page and the server, declared once; those of pages are in page_messages.py.

The browser sends a `Request` (a drawing, a picture, a page, a correction) as a JSON string, and gets an `Answer` in the same way. `seq` is the
time at which the browser sent a request; its answer carries the same number, so that the browser can drop an answer that comes too late.
"""

from __future__ import annotations

import copy
import json
import math
import unicodedata
from functools import cache
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np
from PIL import Image
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    FiniteFloat,
    PlainSerializer,
    ValidationError,
    WithJsonSchema,
    computed_field,
    field_validator,
    model_validator,
)

from kmnist_model import KmnistError, Reading, Recognizer, data_url, open_image
from kmnist_model.characters import kanji
from kmnist_model.explain import sets
from kmnist_model.image import full_size
from kmnist_model.preprocess import SIZE, InkImage
from kmnist_model.types import DROPPED
from server.languages.catalogue import Phrase, english, recognise

MAX_DRAWING = 4_000_000  # characters of JSON; 100,000 points need half of them
MAX_PICTURE_BYTES = 8 * 2**20
SHOWN_CANDIDATES = 10
BASE64 = 1.4  # characters of base64 for each byte, rounded up
_MAX_INK = 48  # px, the side of the largest ink that a released model reads
_MAX_NAME = 64  # characters

Stroke = list[list[float]]  # points [x, y] or [x, y, milliseconds]


class MessageError(KmnistError):
    """A request is not of the form that its model declares."""


def _to_bytes(value: object) -> bytes:
    if isinstance(value, bytes):
        return value
    if not isinstance(value, str):
        raise ValueError("not a data URL")
    return data_url.to_bytes(value)


def _finite(value: object) -> float:
    try:
        return float(value) if isinstance(value, int | float) and math.isfinite(value) else 0.0
    except OverflowError:  # an integer of hundreds of digits
        return 0.0


def strokes_schema() -> WithJsonSchema:
    """How an endpoint's description says what strokes are; `kmnist_model.from_strokes` checks them."""
    point = {"type": "array", "items": {"type": "number"}, "description": "x, y, milliseconds"}
    return WithJsonSchema({"type": "array", "items": {"type": "array", "items": point}})


PictureBytes = Annotated[
    bytes,
    BeforeValidator(_to_bytes),
    PlainSerializer(lambda data: data_url.from_bytes(data, "*"), return_type=str),
    WithJsonSchema({"type": "string", "description": "the file as a data URL (base64)"}),
]


class Message(BaseModel):
    """Base of all messages. Unknown fields are ignored."""

    model_config = ConfigDict(frozen=True)

    seq: FiniteFloat

    def to_json(self) -> str:
        """The message as JSON."""
        return self.model_dump_json(exclude_none=True)


class Report(Message):
    """Base of the messages that may say a sentence: the `message` in English, and the `phrase` with which the page says it in any language."""

    message: str | None = None

    @computed_field  # type: ignore[prop-decorator]
    @property
    def phrase(self) -> Phrase | None:
        """The key of the sentence and its values."""
        return None if self.message is None else recognise(self.message)


class Request(Message):
    """Base of the messages that the browser sends. Each class declares an example."""

    max_length: ClassVar[int]  # characters of JSON
    rejection: ClassVar[str]  # the sentence for a visitor whose browser sent something else

    @classmethod
    def parse(cls, payload: object) -> Self:
        """Read a request from JSON. Raises `MessageError` if `payload` is not a string, is too long, or is not such a request."""
        if not isinstance(payload, str) or len(payload) > cls.max_length:
            raise MessageError(cls.rejection)
        try:
            return cls.model_validate_json(payload)
        except (ValidationError, UnicodeError):
            raise MessageError(cls.rejection) from None

    @classmethod
    @cache
    def example_json(cls) -> str:
        """A valid request as JSON, for the description of an endpoint."""
        return json.dumps(cls._schema()["example"], ensure_ascii=False)

    @classmethod
    def api_info(cls) -> dict[str, Any]:
        """The JSON schema of a string that holds such a request."""
        schema = copy.deepcopy(cls._schema())
        return {"type": "string", "description": schema["description"], "contentMediaType": "application/json", "contentSchema": schema}

    @classmethod
    @cache
    def _schema(cls) -> dict[str, Any]:
        """The schema of the class, which Gradio asks for a hundred times as the page starts."""
        return cls.model_json_schema()


class ReadingRequest(Request):
    """Base of the requests that one of the page's models answers, the first one if `model` names none."""

    model: Annotated[str, Field(max_length=_MAX_NAME)] | None = None


class DrawingMessage(ReadingRequest):
    """The strokes on a pad.

    A point is [x, y, milliseconds since the first contact]; x and y are thousandths of the pad's side, y downwards. Only the outer list is
    checked here, which keeps the parsing of 1,000 points at 0.3 ms: `kmnist_model.from_strokes` checks the strokes and their points.
    """

    model_config = ConfigDict(json_schema_extra={"example": {"seq": 1, "strokes": [[[300, 300, 0], [700, 700, 120]]]}})
    max_length = MAX_DRAWING
    rejection = english("error.not_a_drawing")

    seq: Annotated[float, BeforeValidator(_finite)] = 0.0
    strokes: Annotated[list[Any], strokes_schema()]

    @classmethod
    def parse(cls, payload: object) -> Self:
        """Like `Request.parse`; an empty payload is an empty drawing."""
        return super().parse(payload) if payload else cls(strokes=[])


class PictureMessage(ReadingRequest):
    """A picture of one character: any bytes, the recogniser says whether they are a picture."""

    model_config = ConfigDict(json_schema_extra={"example": {"seq": 1, "picture": "data:image/png;base64,"}})
    max_length = int(MAX_PICTURE_BYTES * BASE64)
    rejection = english("error.not_a_picture")

    seq: Annotated[float, BeforeValidator(_finite)]
    picture: PictureBytes


class CorrectionMessage(ReadingRequest):
    """The right `character` of a drawing, or of the small square `picture` that the `model` saw. A message sent again has the same `key`.

    `kmnist_model.from_strokes` checks the strokes.
    """

    model_config = ConfigDict(json_schema_extra={"example": {"seq": 1, "character": "お", "strokes": [[[300, 300, 0], [700, 700, 120]]]}})
    max_length = MAX_DRAWING
    rejection = english("error.not_a_correction")

    key: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] | None = None
    character: str
    strokes: Annotated[Any, strokes_schema()] = None
    picture: PictureBytes | None = None

    @field_validator("character")
    @classmethod
    def _is_letter(cls, text: str) -> str:
        character = unicodedata.normalize("NFC", text.strip())
        if len(character) != 1 or not unicodedata.category(character).startswith("L"):
            raise ValueError("give one letter")
        return character

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if self.strokes is None:
            self.ink()
        return self

    def ink(self) -> InkImage:
        """The picture as an ink (size, size) uint8, 28 or 48 px. Raises `ValueError` if it is anything else."""
        if self.picture is None:
            raise ValueError("give strokes or a picture")
        return ink_of(self.picture)


def ink_of(picture: bytes) -> InkImage:
    """The small square picture that a model saw as an ink (size, size) uint8, 28 or 48 px. Raises `ValueError` if it is anything else."""
    try:
        image = open_image(picture, max_pixels=_MAX_INK**2)
    except KmnistError as error:
        raise ValueError(str(error)) from None
    if full_size(image) not in ((SIZE, SIZE), (_MAX_INK, _MAX_INK)):
        raise ValueError(f"give a picture of {SIZE} or {_MAX_INK} pixels square")
    return np.asarray(image.convert("L"))


class CandidateMessage(BaseModel):
    """One candidate with its calibrated probability, 0..1."""

    model_config = ConfigDict(frozen=True)

    character: str
    romaji: str
    probability: float


class FormMessage(BaseModel):
    """A historical form of a kana: the `letter` that Unicode has for it, its `codepoint`, and the `parent` kanji that it is a cursive form of."""

    model_config = ConfigDict(frozen=True)

    letter: str
    codepoint: str
    parent: str


class AnswerMessage(Report):
    """The answer to a drawing or a picture: a verdict as `state`, or "empty" for an empty sheet, or "error" with a `message`;
    "unknown" has one where a picture has marks, but none like one character.

    `parents` are the kanji that the best candidate was a cursive form of, `ink` is what the model saw, as the data URL of a PNG. `form` is the
    historical form that a kana is nearest to, `meaning` what a kanji means in English. `one_of` are the characters that hold the right one in 95
    of 100 readings, where they are more than one.
    """

    state: Literal["empty", "error", "blank", "unknown", "perhaps", "character"]
    candidates: tuple[CandidateMessage, ...] = ()
    parents: str = ""
    form: FormMessage | None = None
    meaning: str = ""
    ink: str | None = None
    one_of: tuple[str, ...] | None = None

    @classmethod
    def empty(cls, seq: float = 0.0) -> Self:
        """The answer to an empty sheet."""
        return cls(seq=seq, state="empty")

    @classmethod
    def failed(cls, message: str, seq: float = 0.0) -> Self:
        """An answer that says in one sentence why there is no reading."""
        return cls(seq=seq, state="error", message=message)

    @classmethod
    def of(cls, reading: Reading, recognizer: Recognizer, seq: float = 0.0) -> Self:
        """The answer that shows a reading by `recognizer`."""
        alphabet, one_of = recognizer.alphabet, sets.set_of(reading, recognizer)
        shown = () if reading.verdict == "blank" or reading.dropped else reading.candidates[:SHOWN_CANDIDATES]
        candidates = tuple(CandidateMessage(character=c.character, romaji=c.romaji, probability=c.probability) for c in shown)
        return cls(
            seq=seq,
            state=reading.verdict,
            candidates=candidates,
            parents=alphabet[alphabet.index(shown[0].character)].parents if reading.is_read else "",
            form=FormMessage(**reading.form.as_dict()) if reading.form else None,
            meaning=kanji.meaning(shown[0].character) if reading.is_read else "",
            ink=data_url.from_image(Image.fromarray(reading.ink)),
            message=DROPPED if reading.dropped else None,
            one_of=one_of if len(one_of) > 1 else None,
        )


class CorrectionAnswer(Report):
    """Whether a correction was kept, and the sentence that says so."""

    kept: bool
