"""The Scan tab: takes a picture of a page, shows its characters in their boxes, in reading order."""

# No `from __future__ import annotations` here: `gr.api` documents an endpoint by its annotations, and they must not be strings.
import logging
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr

from kmnist_model import Alphabet, KmnistError, PictureError
from server.details.nearest import NearestService
from server.jobs import Cancelled, JobQueue, ReportProgress
from server.languages.catalogue import english
from server.messages import Message
from server.metrics import Metrics
from server.page_messages import PAGE_CANDIDATES, PageAnswer, PageFailed, PageMessage, PageProgress
from server.pages.readers import PageReaders
from server.pages.task import PageError, PageResult, PageTask
from ui.components.page_reader import PageReader
from ui.components.real_ones import RealOnes
from ui.examples import Example, examples

MAX_JOBS = 32  # pages in progress, most of them waiting
INTERRUPTED = english("error.interrupted")
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
    readers: PageReaders, alphabet: Alphabet, demo: gr.Blocks, metrics: Metrics, nearest_service: NearestService | None
) -> None:
    """Build the tab, and the endpoint `/read_page`, inside `demo`; `readers` read characters of this `alphabet`.

    Without a `nearest_service`, no real characters are shown beside a page's.
    """
    offered = examples()
    jobs = JobQueue(readers.at_once)

    def observed(task: PageTask) -> Callable[[ReportProgress], PageResult]:
        def run(report_progress: ReportProgress) -> PageResult:
            with metrics.reading("page") as observation:
                result = readers.read(task, report_progress)
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
            job = jobs.start(visitor, observed(_task(message, offered)), message.seq)
        except (Cancelled, PictureError) as error:
            yield PageFailed(seq=message.seq, message=str(error) or INTERRUPTED)
            return
        try:
            for share, doing in job:
                yield PageProgress(seq=message.seq, share=share, message=doing)
            read = job.result()
            shown = read.preview if message.example is None else offered[message.example].picture
            yield PageAnswer(seq=message.seq, page=read.page, inks=tuple(read.inks), preview=shown, number=message.page, pages=read.pages)
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
        number, caller = 1 if page is None else page, uuid.uuid4().hex
        try:
            job = jobs.start(caller, observed(PageTask(picture, number, direction, turned)))
            for _ in job:
                pass
            read = job.result()
            return read.page | ({"page": number, "pages": read.pages} if read.pages > 1 else {})
        except KmnistError as error:
            raise gr.Error(str(error), print_exception=False) from None
        finally:
            jobs.leave(caller)  # else the page would be kept for ever

    with gr.Row(elem_classes="scan-room"):
        reader = PageReader(alphabet, offered, elem_classes="scan")
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


def _task(message: PageMessage, offered: list[Example]) -> PageTask:
    """What a visitor asks for. Raises `PictureError` for an example that there is not."""
    asked: dict[str, Any] = {"direction": message.direction, "turned": message.turned, "candidates": PAGE_CANDIDATES, "inks": True}
    if message.example is None:
        return PageTask(message.picture or b"", message.page, seen=message.size, preview=True, **asked)
    if not 0 <= message.example < len(offered):
        raise PictureError(english("error.no_example"))
    return PageTask(offered[message.example].path, **asked)
