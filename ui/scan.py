"""The Scan tab: a page goes in, its characters come out, boxed, read and in order."""

# No `from __future__ import annotations` here: `gr.api` documents an endpoint by its annotations, and they must not be strings.
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import gradio as gr
from PIL import Image

from kmnist_model import KmnistError, Page, Recognizer, open_image, read_page
from ui.examples import as_url, examples
from ui.pagereader import PageReader, Scan
from ui.work import Abandoned, Desk

AT_ONCE = 2  # pages read at a time: each keeps a processor busy for about a second
SHOWN = 5  # candidates of each character
_SEEN_BY_BROWSERS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")
_PREVIEW = 1600  # px

READ_PAGE = (
    "Read a page of writing: a PNG, JPEG, WebP, TIFF, GIF or BMP file of at most 40 megapixels and 30 MB. `direction` is auto, vertical"
    " (columns from right to left) or horizontal (lines from left to right). Returns what `python -m kmnist_model read-page --json`"
    " prints: {text, size, direction, skew, columns, characters}; each of characters has {character, column, box: {x, y, width,"
    " height} in pixels of the upright picture, verdict, candidates}, in reading order; 〓 stands for an unknown character."
)


def build_scan_tab(recognizer: Recognizer, page: gr.Blocks) -> None:
    """Build the tab, and the endpoint `/read_page`, inside `page`."""
    offered = examples()
    desk = Desk()

    def answer(scan: Scan, request: gr.Request) -> Iterator[str]:
        """Progress, then the page, as JSON; nothing more once the visitor has gone or given another page."""
        preview = None
        try:
            if scan.example is not None:
                if not 0 <= scan.example < len(offered):
                    raise gr.Error("There is no such example: choose another one.", print_exception=False)
                source: bytes | Image.Image = offered[scan.example].path.read_bytes()
                preview = offered[scan.example].picture
            else:
                image = open_image(scan.data or b"")
                source, preview = image, _preview(image, scan.data or b"")
            work = desk.begin(request.session_hash or "", lambda tell: read_page(source, scan.direction, recognizer, tell))
            for share, doing in work:
                yield _message(scan, "busy", share=share, doing=doing)
            desk.end(request.session_hash or "", work)
            read = scaled(work.result(), scan.size)
            yield _message(scan, "done", page=read.as_dict(SHOWN), preview=preview)
        except Abandoned:
            return
        except KmnistError as error:
            yield _message(scan, "error", message=str(error))

    def leave(request: gr.Request) -> None:
        desk.leave(request.session_hash or "")

    def read_page_file(picture: bytes | None, direction: str = "auto") -> dict[str, Any]:
        if picture is None:
            raise gr.Error("There is no picture: send one.", print_exception=False)
        try:
            return read_page(picture, direction, recognizer).as_dict()  # type: ignore[arg-type]
        except KmnistError as error:
            raise gr.Error(str(error), print_exception=False) from None

    reader = PageReader(recognizer.alphabet, offered, elem_classes="scan")
    queue: dict[str, Any] = {"concurrency_limit": AT_ONCE, "concurrency_id": "pages", "show_progress": "hidden"}
    reader.input(answer, reader, reader, api_name="scan", trigger_mode="multiple", api_visibility="private", **queue)
    page.unload(leave)

    file = gr.File(label="Picture of a page", type="binary", visible=False)
    way = gr.Textbox("auto", label="Direction: auto, vertical or horizontal", visible=False)
    result = gr.JSON(label="Page", visible=False)
    gr.on([file.upload], read_page_file, [file, way], result, api_name="read_page", api_description=READ_PAGE, **queue)


def scaled(page: Page, size: tuple[int, int] | None) -> Page:
    """`page` with its boxes in px of a picture of that `size`, of which the one that was read is a smaller copy."""
    if size is None or size == page.size:
        return page
    across, down = size[0] / page.size[0], size[1] / page.size[1]
    boxes = ((c.box[0] * across, c.box[1] * down, c.box[2] * across, c.box[3] * down) for c in page.characters)
    characters = tuple(replace(c, box=tuple(map(round, box))) for c, box in zip(page.characters, boxes, strict=True))
    return replace(page, characters=characters, size=size)


def _message(scan: Scan, state: str, **more: Any) -> str:
    return json.dumps({"turn": scan.turn, "state": state, **more}, ensure_ascii=False)


def _preview(image: Image.Image, data: bytes) -> str | None:
    """The picture as a data URL, for a file that browsers cannot show; None for the others."""
    with Image.open(io.BytesIO(data)) as file:
        if file.format in _SEEN_BY_BROWSERS:
            return None
    small, out = image.copy(), io.BytesIO()
    small.thumbnail((_PREVIEW, _PREVIEW))
    small.convert("RGB").save(out, "JPEG", quality=85)
    return as_url(out.getvalue(), "jpeg")
