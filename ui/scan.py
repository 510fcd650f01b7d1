"""The Scan tab: takes a picture of a page, shows its characters in their boxes, in reading order."""

# No `from __future__ import annotations` here: `gr.api` documents an endpoint by its annotations, and they must not be strings.
import logging
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast

import gradio as gr
from PIL import Image

from kmnist_model import KmnistError, Page, PictureError, Recognizer, data_url, read_page
from kmnist_model.image import Document, colours, full_size
from kmnist_model.page.types import Direction
from server.details.nearest import NearestService
from server.jobs import Cancelled, JobQueue, ReportProgress, T
from server.languages.catalogue import english
from server.messages import Message
from server.metrics import Metrics
from server.page_messages import PageAnswer, PageFailed, PageMessage, PageProgress
from ui.components.page_reader import PageReader
from ui.components.real_ones import RealOnes
from ui.examples import Example, examples

MAX_JOBS = 32  # pages in progress, most of them waiting
INTERRUPTED = english("error.interrupted")
_PREVIEW = 1600  # px
_LOG = logging.getLogger(__name__)

READ_PAGE = (
    "Read a page of writing: a PNG, JPEG, WebP, TIFF, GIF, BMP, JPEG 2000, AVIF, HEIC or PDF file of at most 40 megapixels (JPEG 160) and 30 MB. `direction` is auto, vertical"
    " (columns from right to left) or horizontal (lines from left to right). `page` is the number of a page, from 1, of a PDF, TIFF or GIF of"
    " several; the answer then has {page, pages} too. `turned` is 0, 90, 180 or 270, the degrees, clockwise, by which the page lies turned in the"
    " picture; without it this is found out. Returns what `python -m kmnist_model read-page --json` prints, without the path: {text, size,"
    " direction, skew, turned, columns, kinds, characters, ruby}; each of characters has {character, column, box: {x, y, width, height} in pixels"
    " of the picture, verdict, candidates}, in reading order; 〓 stands for an unknown character. `turned` in the answer is how the page lay:"
    " boxes are not turned with it. kinds names each column 'main', or 'note' for a line of a note in two narrow lines (warichu). ruby"
    " (furigana) is no part of the text: it lists {text, characters}, whose `column` is that of the characters it stands beside."
)


def build_scan_tab(
    recognizer: Recognizer, demo: gr.Blocks, metrics: Metrics, max_running: int, nearest_service: NearestService | None
) -> None:
    """Build the tab, and the endpoint `/read_page`, inside `demo`; at most `max_running` pages are read at a time.

    Without a `nearest_service`, no real characters are shown beside a page's.
    """
    offered = examples()
    jobs = JobQueue(max_running)

    def observed(function: Callable[[ReportProgress], T]) -> Callable[[ReportProgress], T]:
        def run(report_progress: ReportProgress) -> T:
            with metrics.reading("page") as observation:
                result = function(report_progress)
                observation.verdict = "page"
            return result

        return run

    def answer(message: PageMessage, request: gr.Request) -> Iterator[Message]:
        """Yield the progress, then the page. A cancelled page is answered too; a browser that has sent a newer request ignores the answer."""
        visitor = request.session_hash or uuid.uuid4().hex
        if message.cancel:
            jobs.cancel(visitor, message.seq)
            return
        try:
            job = jobs.start(visitor, observed(lambda report_progress: _read(message, offered, recognizer, report_progress)), message.seq)
        except Cancelled:
            yield PageFailed(seq=message.seq, message=INTERRUPTED)
            return
        try:
            for share, doing in job:
                yield PageProgress(seq=message.seq, share=share, message=doing)
            read = job.result()
            place = {"number": message.page, "pages": read.pages}
            yield PageAnswer.of(read.page, seq=message.seq, preview=read.preview, **place)
        except Cancelled:
            yield PageFailed(seq=message.seq, message=INTERRUPTED)
        except PageError as error:
            yield PageFailed(seq=message.seq, message=str(error), number=message.page, pages=error.pages)
        except KmnistError as error:
            yield PageFailed(seq=message.seq, message=str(error))
        except Exception:  # noqa: BLE001 - it is logged, and the visitor must not wait for ever
            _LOG.exception("A page could not be read")
            yield PageFailed(seq=message.seq, message=english("error.page_unreadable"))
        finally:
            jobs.finish(visitor, job)

    def leave(request: gr.Request) -> None:
        jobs.leave(request.session_hash or "")

    def read_page_file(picture: bytes | None, direction: str = "auto", page: int = 1, turned: int | None = None) -> dict[str, Any]:
        if picture is None:
            raise gr.Error("There is no picture: send one.", print_exception=False)
        way = cast(Direction, direction)  # `read_page` rejects any other word

        def read(report_progress: ReportProgress) -> dict[str, Any]:
            document, number = Document(picture), 1 if page is None else page
            answer = read_page(document.page(number - 1), way, recognizer, report_progress, turned).as_dict()
            return answer | ({"page": number, "pages": len(document)} if len(document) > 1 else {})

        try:
            job = jobs.start(uuid.uuid4().hex, observed(read))
            for _ in job:
                pass
            return job.result()
        except KmnistError as error:
            raise gr.Error(str(error), print_exception=False) from None

    with gr.Row(elem_classes="scan-room"):
        reader = PageReader(recognizer.alphabet, offered, elem_classes="scan")
        real = RealOnes("real.like_this", elem_classes="scan-real") if nearest_service else None
    # All events start at once, so that a new page replaces the visitor's old one; `jobs` limits how many are read at a time.
    queue: dict[str, Any] = {"concurrency_limit": MAX_JOBS, "concurrency_id": "pages", "show_progress": "hidden"}
    reader.input(answer, reader, reader, api_name="scan", trigger_mode="multiple", api_visibility="private", **queue)
    demo.unload(leave)
    if nearest_service and real:
        direct: dict[str, Any] = {"queue": False, "trigger_mode": "multiple", "show_progress": "hidden", "api_visibility": "private"}
        real.input(nearest_service.answer, real, real, api_name="nearest_on_page", **direct)

    file = gr.File(label="Picture of a page", type="binary", visible=False)
    direction = gr.Textbox("auto", label="Direction: auto, vertical or horizontal", visible=False)
    page = gr.Number(1, precision=0, label="Number of the page in the file, from 1", visible=False)
    turned = gr.Number(None, precision=0, label="Degrees by which the page lies turned, clockwise: 0, 90, 180 or 270", visible=False)
    result = gr.JSON(label="Page", visible=False)
    gr.on([file.upload], read_page_file, [file, direction, page, turned], result, api_name="read_page", api_description=READ_PAGE, **queue)


@dataclass(frozen=True)
class _PageRead:
    """A visitor's page, with boxes in px of the visitor's picture.

    `preview` is that picture as a data URL, if the browser has none to show; its file has `pages` pages.
    """

    page: Page
    preview: str | None
    pages: int = 1


class PageError(PictureError):
    """One of the `pages` of a file could not be read."""

    def __init__(self, sentence: str, pages: int) -> None:
        super().__init__(sentence)
        self.pages = pages


def _read(message: PageMessage, offered: list[Example], recognizer: Recognizer, report_progress: ReportProgress) -> _PageRead:
    """Read a visitor's page. Raises `PictureError`."""
    if message.example is not None:
        if not 0 <= message.example < len(offered):
            raise PictureError(english("error.no_example"))
        example = offered[message.example]
        return _PageRead(read_page(example.path, message.direction, recognizer, report_progress, message.turned), example.picture)
    document = Document(message.picture or b"")
    pages = len(document)
    try:
        image = document.page(message.page - 1)
        fits = pages == 1 and message.size and _is_same_shape(message.size, full_size(image))
        size = message.size if fits else None
        preview = None if size else data_url.from_image(Image.fromarray(colours(image, _PREVIEW)), "jpeg")
        read = read_page(image, message.direction, recognizer, report_progress, message.turned)
        return _PageRead(scaled(read, size), preview, pages)
    except PictureError as error:
        if pages == 1:
            raise
        raise PageError(str(error), pages) from None


def _is_same_shape(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether two sizes have the same proportions, to a pixel: a browser may rotate a picture differently."""
    return abs(one[0] * other[1] - one[1] * other[0]) <= max(*one, *other)


def scaled(page: Page, size: tuple[int, int] | None) -> Page:
    """`page` with its boxes in px of the picture of that `size` (width, height) that it is a scaled copy of."""
    if size is None or size == page.size:
        return page
    return page.scaled(size)
