"""A Page -> a IIIF Presentation 3 AnnotationPage: an annotation for each line and each character, on the page's canvas.

https://iiif.io/api/presentation/3.0/, https://iiif.io/api/extension/text-granularity/
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from kmnist_model.formats.layout import geometry
from kmnist_model.formats.source import Source
from kmnist_model.formats.strings import clean
from kmnist_model.page.types import Box, Page

_CONTEXTS = ["http://iiif.io/api/extension/text-granularity/context.json", "http://iiif.io/api/presentation/3/context.json"]
_PLACEHOLDER = "https://example.org/iiif"  # a manifest's own address is not known here


def write(page: Page, source: Source, top: int | None = None) -> bytes:  # noqa: ARG001 - an annotation has one text
    """The annotations of `page` with the motivation "supplementing", in reading order, as JSON.

    They lie on `source.canvas`, whose size must be the picture's; without one, on a canvas of https://example.org, to be replaced.
    """
    canvas = source.canvas or f"{_PLACEHOLDER}/{quote(source.file_name, safe='')}/canvas/{source.number}"
    base = f"{canvas}/annotations"
    items = []
    for number, line in enumerate(page.lines):
        items.append(_annotation(f"{base}/line-{number}", canvas, line.text, geometry.line_box(line), "line", line.kind))
        items += [
            _annotation(f"{base}/character-{number}-{place}", canvas, character.text, character.box, "glyph", line.kind)
            for place, character in enumerate(line.characters)
        ]
    said = {"@context": _CONTEXTS, "id": base, "type": "AnnotationPage", "label": {"none": [clean(source.page_name)]}, "items": items}
    return (json.dumps(said, ensure_ascii=False, indent=1) + "\n").encode()


def _annotation(name: str, canvas: str, text: str, box: Box, granularity: str, kind: str) -> dict[str, Any]:
    body = {"type": "TextualBody", "value": clean(text), "language": "ja", "format": "text/plain"}
    label = {} if kind == "main" else {"label": {"en": [kind]}}
    target = f"{canvas}#xywh={box.x},{box.y},{box.width},{box.height}"
    said = {"id": name, "type": "Annotation", **label, "motivation": "supplementing", "textGranularity": granularity}
    return {**said, "body": body, "target": target}
