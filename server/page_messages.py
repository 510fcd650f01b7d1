"""The messages of the Scan tab: a page to read, the progress of its reading, and the page as it was read."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, field_validator, model_validator

from kmnist_model.image import MAX_BYTES, MAX_PAGES
from server.languages.catalogue import english
from server.messages import BASE64, Message, PictureBytes, Report, Request

PAGE_CANDIDATES = 5  # of each character
_MAX_SIDE = 100_000  # px


class PageMessage(Request):
    """A page to read, or `cancel`, to stop the reading of the page before.

    It is the `page`, from 1, of the file `picture`, or the `example` of that index. `direction` and `turned`, degrees clockwise, say how it is
    written and how it lies in the picture, if the visitor does. `size` is the (width, height) in px of the picture as the visitor has it, if the browser knows it.
    """

    model_config = ConfigDict(json_schema_extra={"example": {"seq": 1, "example": 0, "direction": "auto"}})
    max_length = int(MAX_BYTES * BASE64)
    rejection = english("error.not_a_page")

    picture: PictureBytes | None = None
    page: Annotated[int, Field(ge=1, le=MAX_PAGES)] = 1
    example: int | None = None
    cancel: bool = False
    direction: Literal["auto", "vertical", "horizontal"] = "auto"
    turned: Literal[0, 90, 180, 270] | None = None
    size: tuple[int, int] | None = None

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if not self.cancel and self.example is None and self.picture is None:
            raise ValueError("give a picture, an example or cancel")
        return self

    @field_validator("size")
    @classmethod
    def _plausible(cls, size: tuple[int, int] | None) -> tuple[int, int] | None:
        return size if size and all(0 < side < _MAX_SIDE for side in size) else None


class PageProgress(Report):
    """The state of a page that is being read: `share` (0..1) is done, `message` says what is done now."""

    state: Literal["busy"] = "busy"
    share: float


class PageAnswer(Message):
    """A page that was read, as `kmnist_model.Page.as_dict` gives it; `preview` is its picture as a data URL, if the browser has none to show.

    `inks` are what the model saw of each character, of the text and then of the ruby, as data URLs of PNGs. It is the page `number`, from 1, of
    the file's `pages`.
    """

    state: Literal["done"] = "done"
    page: dict[str, Any]
    inks: tuple[str, ...] = ()
    preview: str | None = None
    number: int = 1
    pages: int = 1


class PageFailed(Report):
    """The page `number` of the file's `pages`, which could not be read, and why."""

    state: Literal["error"] = "error"
    number: int = 1
    pages: int = 1
