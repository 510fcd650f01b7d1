"""A IIIF manifest of Presentation API 2 or 3 -> its canvases and their pictures, by piffle's classes."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from piffle.iiif_dataclasses import Manifest2, Manifest3
from piffle.utils import format_manifest

from archive.errors import ArchiveError
from archive.iiif.image_api import RemoteImage, remote_image

logging.getLogger("piffle").setLevel(logging.ERROR)  # it warns of inner objects without a @context, which the standard wants so

_NOT_ONE = "This is not a IIIF manifest of version 2 or 3: give the URL of one."


@dataclass(frozen=True)
class Canvas:
    """A canvas: its `id` (a URL), its `size` (width, height) in its own units, and the picture painted on it, if there is one."""

    id: str
    size: tuple[int, int] | None
    image: RemoteImage | None


def canvases(data: bytes) -> Iterator[Canvas]:
    """The canvases of a manifest (JSON), in its order. Raises `ArchiveError` for anything else."""
    try:
        said = json.loads(data, object_hook=format_manifest)  # piffle's form: @id and @type without their @
    except ValueError:
        raise ArchiveError(_NOT_ONE) from None
    kind = said.get("type") if isinstance(said, dict) else None
    if kind in ("Collection", "sc:Collection"):
        raise ArchiveError("This is a IIIF collection: give the URLs of its manifests.")
    if kind not in ("Manifest", "sc:Manifest"):
        raise ArchiveError(_NOT_ONE)
    try:
        if kind == "Manifest":
            found = [Canvas(str(each.id), _size(each.height, each.width), _painted3(each)) for each in Manifest3(**said).items]
        else:
            sequences = Manifest2(**said).sequences[:1]  # the first is the one to show, others are other orders
            found = [
                Canvas(str(each.id), _size(each.other_metadata.get("height"), each.other_metadata.get("width")), _painted2(each))
                for sequence in sequences
                for each in sequence.canvases
            ]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ArchiveError(
            f"This IIIF manifest is damaged ({type(error).__name__}: {error}): tell the library that publishes it."
        ) from None
    yield from found


def _size(height: Any, width: Any) -> tuple[int, int] | None:
    return (round(width), round(height)) if height and width else None


def _painted2(canvas: Any) -> RemoteImage | None:
    """The first picture of a canvas of version 2; of a choice, the default."""
    for annotation in canvas.images:
        resource = annotation.resource
        if resource.get("type") == "oa:Choice":
            resource = resource["default"]
        if isinstance(resource.get("full"), dict):  # a region of a picture
            resource = resource["full"]
        if resource.get("id"):
            return remote_image(resource)
    return None


def _painted3(canvas: Any) -> RemoteImage | None:
    """The first picture of a canvas of version 3; of a choice, the first."""
    for page in canvas.items:
        for annotation in page.items:
            body = annotation.body
            while not (isinstance(body, dict) and body.get("type") == "Image"):
                if isinstance(body, list) and body:
                    body = body[0]
                elif isinstance(body, dict) and body.get("type") == "Choice":
                    body = body["items"]
                elif isinstance(body, dict) and body.get("type") == "SpecificResource":
                    body = body["source"]
                else:
                    break
            if isinstance(body, dict) and body.get("type") == "Image" and body.get("id"):
                return remote_image(body)
    return None
