"""A page as the visitor has it, corrections included, -> a file in one of the library's formats."""

from __future__ import annotations

import base64
import logging
from typing import Any

from pydantic import ConfigDict

from kmnist_model import KmnistError, open_image
from kmnist_model.formats import FORMATS, Source, page_json
from kmnist_model.image import MAX_BYTES
from server.languages.catalogue import english, recognise
from server.messages import BASE64, PictureBytes, Request

_MAX_NAME = 200  # characters
_LOG = logging.getLogger(__name__)


class PageFileMessage(Request):
    """A `page` as `PageAnswer` gave it, to be written in a `format`, one of `FORMATS`.

    A character with `corrected` is what its `character` says. `name` is that of the picture's file, in which it is the page `number` of `pages`;
    a PDF needs the `picture`, of any size.
    """

    model_config = ConfigDict(json_schema_extra={"example": {"seq": 1, "format": "page", "name": "scan.png", "page": {}}})
    max_length = int(MAX_BYTES * BASE64)
    rejection = english("error.no_page_file")

    page: dict[str, Any]
    format: str
    name: str = "page"
    number: int = 1
    pages: int = 1
    picture: PictureBytes | None = None


def page_file(payload: object) -> dict[str, Any]:
    """Write the page of a `PageFileMessage` in JSON: {"file": base64}, or {"message": a sentence, "phrase": {key, values}} where that fails."""
    try:
        message = PageFileMessage.parse(payload)
        if message.format not in FORMATS:
            return _failed(PageFileMessage.rejection)
        picture = open_image(message.picture) if message.picture else None
        source = Source(message.name[:_MAX_NAME], message.number, message.pages, picture)
        data = FORMATS[message.format].write(page_json.read(message.page), source, None)
        return {"file": base64.b64encode(data).decode()}
    except KmnistError as error:
        return _failed(str(error))
    except Exception:  # noqa: BLE001 - it is logged, and the visitor must not wait for ever
        _LOG.exception("A page could not be written")
        return _failed(english("error.page_unwritable"))


def _failed(sentence: str) -> dict[str, Any]:
    return {"message": sentence, "phrase": recognise(sentence).model_dump()}
