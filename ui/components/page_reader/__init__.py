"""PageReader: a Gradio component that takes a scan of a page and shows its characters in their boxes, to correct and download."""

from __future__ import annotations

from typing import Any

from kmnist_model import Alphabet
from kmnist_model.formats import FORMATS
from kmnist_model.image import MAX_BYTES, MAX_PIXELS
from kmnist_model.page.annotate import SURE
from kmnist_model.page.reader import WORKING_PIXELS
from server.page_files import page_file
from server.page_messages import PageMessage
from ui.components.component import Component, constants, read_files
from ui.examples import Example

_SCRIPTS = (
    "../picture_source/picture_source.js",
    "../percent.js",
    "page_reader.js",
    "view.js",
    "pager.js",
    "coverage.js",
    "overlay.js",
    "real.js",
    "order.js",
    "transcript.js",
    "downloads.js",
)
_FORMAT_KEYS = {  # of the menu; JSON and CSV have buttons of their own
    "text": "format.text",
    "page": "format.page",
    "alto": "format.alto",
    "hocr": "format.hocr",
    "tei": "format.tei",
    "iiif": "format.iiif",
    "pdf": "format.pdf",
}


class PageReader(Component):
    """Takes one page. Event listeners get its `PageMessage` and yield `PageProgress`, then `PageAnswer` or `PageFailed`.

    `.input` fires for each page. The browser scales a large photo down before it sends it, and keeps the picture that it shows:
    the server sends a picture back only if the browser cannot show the visitor's own.
    """

    request = PageMessage

    def __init__(self, alphabet: Alphabet, examples: list[Example], **kwargs: Any) -> None:
        settings = constants(
            ROMAJI={entry.character: entry.romaji for entry in alphabet},
            EXAMPLES=[{"name": example.name, "key": example.key, "thumbnail": example.thumbnail} for example in examples],
            MAX_BYTES=MAX_BYTES,
            MAX_PIXELS=MAX_PIXELS,
            WORKING_PIXELS=WORKING_PIXELS,
            SURE=SURE,
            FORMATS={
                each.name: {"suffix": each.suffix, "type": each.media_type, "key": _FORMAT_KEYS.get(each.name)} for each in FORMATS.values()
            },
        )
        super().__init__(
            html=read_files("page_reader", "template.html", "../picture_source/template.html"),
            css=read_files("page_reader", "../picture_source/style.css", "style.css"),
            js=settings + read_files("page_reader", *_SCRIPTS),
            label="Page of writing",
            server_functions=[page_file],
            **kwargs,
        )
