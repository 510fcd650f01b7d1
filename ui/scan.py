"""The Scan tab: a page goes in, its characters come out, boxed, read and in order."""

# No `from __future__ import annotations` here: `gr.api` documents an endpoint by its annotations, and they must not be strings.
import io
import json
import logging
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr
from PIL import Image

from kmnist_model import KmnistError, Page, PictureError, Recognizer, open_image, read_page
from kmnist_model.image import colours
from server.jobs import Abandoned, Desk, T, Tell
from server.metrics import Watch
from ui.components.page_reader import PageReader, Scan
from ui.examples import Example, as_url, examples

BEGUN = 32  # pages that may wait for their turn, those that are read among them
SHOWN = 5  # candidates of each character
INTERRUPTED = "The reading of this page was interrupted: give the page again."
_PREVIEW = 1600  # px
_LOG = logging.getLogger(__name__)

READ_PAGE = (
    "Read a page of writing: a PNG, JPEG, WebP, TIFF, GIF or BMP file of at most 40 megapixels and 30 MB. `direction` is auto, vertical"
    " (columns from right to left) or horizontal (lines from left to right). Returns what `python -m kmnist_model read-page --json`"
    " prints, without the path: {text, size, direction, skew, columns, characters}; each of characters has {character, column, box: {x, y, width,"
    " height} in pixels of the upright picture, verdict, candidates}, in reading order; 〓 stands for an unknown character."
)


def build_scan_tab(recognizer: Recognizer, page: gr.Blocks, watch: Watch, at_once: int) -> None:
    """Build the tab, and the endpoint `/read_page`, inside `page`; `at_once` pages are read at a time, and `watch` is told of each."""
    offered = examples()
    desk = Desk(at_once)

    def watched(job: Callable[[Tell], T], tell: Tell) -> T:
        with watch.reading("page") as seen:
            result = job(tell)
            seen.verdict = "page"
        return result

    def answer(scan: Scan, request: gr.Request) -> Iterator[str]:
        """Progress, then the page, as JSON; what is given up is answered too, and a browser that has asked for something newer does not listen."""
        visitor = request.session_hash or uuid.uuid4().hex
        if scan.is_cancelled:
            desk.leave(visitor, scan.turn)
            return
        try:
            work = desk.begin(visitor, lambda tell: watched(lambda tell: _read(scan, offered, recognizer, tell), tell), scan.turn)
        except Abandoned:
            yield _message(scan, "error", message=INTERRUPTED)
            return
        try:
            for share, doing in work:
                yield _message(scan, "busy", share=share, doing=doing)
            page, preview = work.result()
            yield _message(scan, "done", page=page.as_dict(SHOWN), preview=preview)
        except Abandoned:
            yield _message(scan, "error", message=INTERRUPTED)
        except KmnistError as error:
            yield _message(scan, "error", message=str(error))
        except Exception:  # noqa: BLE001 - it is logged, and the visitor's page must not wait for ever
            _LOG.exception("A page could not be read")
            yield _message(scan, "error", message="Something went wrong here while this page was read: try again, or another picture.")
        finally:
            desk.end(visitor, work)

    def leave(request: gr.Request) -> None:
        desk.leave(request.session_hash or "")

    def read_page_file(picture: bytes | None, direction: str = "auto") -> dict[str, Any]:
        if picture is None:
            raise gr.Error("There is no picture: send one.", print_exception=False)
        try:
            work = desk.begin(uuid.uuid4().hex, lambda tell: watched(lambda tell: read_page(picture, direction, recognizer, tell), tell))  # type: ignore[arg-type]
            for _ in work:
                pass
            return work.result().as_dict()
        except KmnistError as error:
            raise gr.Error(str(error), print_exception=False) from None

    reader = PageReader(recognizer.alphabet, offered, elem_classes="scan")
    # All begin at once, so that a new page takes the place of the visitor's old one; the desk keeps the turns.
    queue: dict[str, Any] = {"concurrency_limit": BEGUN, "concurrency_id": "pages", "show_progress": "hidden"}
    reader.input(answer, reader, reader, api_name="scan", trigger_mode="multiple", api_visibility="private", **queue)
    page.unload(leave)

    file = gr.File(label="Picture of a page", type="binary", visible=False)
    way = gr.Textbox("auto", label="Direction: auto, vertical or horizontal", visible=False)
    result = gr.JSON(label="Page", visible=False)
    gr.on([file.upload], read_page_file, [file, way], result, api_name="read_page", api_description=READ_PAGE, **queue)


def _read(scan: Scan, offered: list[Example], recognizer: Recognizer, tell: Tell) -> tuple[Page, str | None]:
    """What stands on a visitor's page, its boxes in px of the picture that they have, and that picture as a data URL where they have none to show."""
    if scan.example is not None:
        if not 0 <= scan.example < len(offered):
            raise PictureError("There is no such example: choose another one.")
        example = offered[scan.example]
        return read_page(example.path, scan.direction, recognizer, tell), example.picture  # type: ignore[arg-type]
    image = open_image(scan.data or b"")
    size = scan.size if scan.size and _is_same_shape(scan.size, image.size) else None
    preview = None if size else _preview(image)
    return scaled(read_page(image, scan.direction, recognizer, tell), size), preview  # type: ignore[arg-type]


def _is_same_shape(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether two sizes have the same proportions, to a pixel: a browser may turn a picture otherwise."""
    return abs(one[0] * other[1] - one[1] * other[0]) <= max(*one, *other)


def scaled(page: Page, size: tuple[int, int] | None) -> Page:
    """`page` with its boxes in px of a picture of that `size`, of which the one that was read is a smaller copy."""
    if size is None or size == page.size:
        return page
    return page.scaled(size)


def _message(scan: Scan, state: str, **more: Any) -> str:
    return json.dumps({"turn": scan.turn, "state": state, **more}, ensure_ascii=False)


def _preview(image: Image.Image) -> str:
    """The picture as a data URL, small enough for a screen."""
    out = io.BytesIO()
    Image.fromarray(colours(image, _PREVIEW)).save(out, "JPEG", quality=85)
    return as_url(out.getvalue(), "jpeg")
