"""Real processes read pages: the same answers, a new process in place of one that is killed, too slow or has read enough, and cancelling."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import psutil
import pytest
from PIL import Image

from bench.server_process import ROOT
from kmnist_model import PictureError, Recognizer
from kmnist_model.recognizer import weights_path
from server import models
from server.jobs import Cancelled, Job
from server.pages import process
from server.pages.readers import InProcesses, InThisProcess, PageReaders, choose
from server.pages.task import PageError, PageResult, PageTask
from server.settings import Settings
from synthetic_pages import glyphs
from synthetic_pages.maker import make_page
from tests.support.files import saved, several

BOOK = ROOT / "assets" / "pages" / "book.jpg"
STOPPED = "The reading of this page was stopped on the server: give the page again, or a smaller picture."
SLOW = "This page takes too long to read: crop it to the writing, or give a smaller picture."


def workers(weights: str = "kuzushiji") -> list[psutil.Process]:
    """The processes that read pages for this one with the weights of that name."""
    found = [child for child in psutil.Process(os.getpid()).children() if child.status() != psutil.STATUS_ZOMBIE]
    lines = [(child, child.cmdline()) for child in found]
    return [child for child, line in lines if "server.pages.worker" in line and f"{weights}.safetensors" in " ".join(line)]


def has_ended(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def start(readers: PageReaders, task: PageTask) -> Job[PageResult]:
    return Job(lambda report_progress: readers.read(task, report_progress))


def finish(job: Job[PageResult]) -> PageResult:
    for _ in job:
        pass
    return job.result()


def read(readers: PageReaders, task: PageTask) -> PageResult:
    """What a job reads; raises what it raises."""
    return finish(start(readers, task))


@pytest.fixture(scope="module")
def here() -> InThisProcess:
    return InThisProcess(Recognizer.load("kuzushiji", "cpu"), 2)


@pytest.fixture(scope="module")
def readers() -> Iterator[InProcesses]:
    found = InProcesses(weights_path("kuzushiji"), "auto", 1, 60)
    found.warm_up()
    yield found
    found.close()
    assert workers() == []


TASKS: dict[str, dict[str, Any]] = {
    "an example": {"picture": BOOK, "candidates": 5},
    "turned": {"picture": BOOK.with_name("letter.jpg"), "turned": 0},
    "bytes": {"picture": BOOK.with_name("scroll.jpg").read_bytes(), "direction": "vertical"},
    "seen smaller": {"picture": BOOK.read_bytes(), "seen": (500, 375), "preview": True},
    "with a preview": {"picture": BOOK.read_bytes(), "preview": True, "candidates": 5},
}


@pytest.mark.parametrize("name", TASKS)
def test_a_process_gives_the_same_answer_to_the_byte(readers: InProcesses, here: InThisProcess, name: str) -> None:
    task = PageTask(**TASKS[name])
    there = read(readers, task)
    assert there.page["characters"]
    assert json.dumps(vars(there)) == json.dumps(vars(read(here, task)))


def test_pages_of_a_file_and_errors_are_the_same(readers: InProcesses, here: InThisProcess) -> None:
    made = make_page(22, glyphs.drawn(), hard=False, characters=20, direction="vertical").picture
    document = several("TIFF", [Image.new("RGB", made.size, "white"), made])
    last = PageTask(document, 2, preview=True)
    assert json.dumps(vars(read(readers, last))) == json.dumps(vars(read(here, last)))
    for reader in (readers, here):
        with pytest.raises(PageError, match="This file has no page 3") as error:
            read(reader, PageTask(document, 3))
        assert error.value.pages == 2
        with pytest.raises(PictureError, match="This is not a picture") as other:
            read(reader, PageTask(b"no picture"))
        assert not isinstance(other.value, PageError)


def test_progress_is_reported(readers: InProcesses) -> None:
    progress = list(start(readers, PageTask(BOOK)))
    assert progress[0] == (0.0, "Opening the picture")
    assert progress[-1][0] == 1.0
    assert len(progress) > 3
    assert [share for share, _ in progress] == sorted(share for share, _ in progress)


def test_a_process_that_is_killed_is_one_sentence_and_the_next_page_is_read(readers: InProcesses) -> None:
    read(readers, PageTask(BOOK))
    (worker,) = workers()
    job = start(readers, PageTask(BOOK))
    for _ in job:
        if not has_ended(worker):
            worker.kill()
    with pytest.raises(PictureError) as error:
        job.result()
    assert str(error.value) == STOPPED
    assert read(readers, PageTask(BOOK)).page["characters"]
    assert worker.pid not in [each.pid for each in workers()]


def test_a_process_that_dies_between_two_pages_is_not_noticed(readers: InProcesses) -> None:
    read(readers, PageTask(BOOK))
    (worker,) = workers()
    worker.kill()  # the next page may be sent before the system has done so
    assert read(readers, PageTask(BOOK)).page["characters"]


def test_a_cancelled_page_frees_the_process(readers: InProcesses) -> None:
    read(readers, PageTask(BOOK))
    (before,) = workers()
    job = start(readers, PageTask(BOOK))
    next(iter(job))
    job.cancel()
    with pytest.raises(Cancelled):
        finish(job)
    assert read(readers, PageTask(BOOK)).page["characters"]


def test_a_cancelled_page_that_goes_on_ends_the_process(readers: InProcesses) -> None:
    read(readers, PageTask(BOOK))
    (worker,) = workers()
    worker.suspend()
    job = start(readers, PageTask(BOOK))
    job.cancel()
    began = time.monotonic()
    with pytest.raises(Cancelled):
        finish(job)
    assert time.monotonic() - began < 10
    assert has_ended(worker)
    assert read(readers, PageTask(BOOK)).page["characters"]


@pytest.mark.parametrize("how", ["computes", "hangs"])
def test_a_page_that_takes_too_long_ends_the_process(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    readers = InProcesses(weights_path("kmnist"), "auto", 1, timeout=5 if how == "hangs" else 0.5)
    readers.warm_up()
    task = PageTask(BOOK)
    (worker,) = workers("kmnist")
    if how == "hangs":
        assert read(readers, task).page["characters"]
        worker.suspend()
        monkeypatch.setattr(process, "_WALL_TIME", 0.1)
    else:
        task = PageTask(saved(Image.effect_noise((5000, 5000), 100), "PNG"))  # seconds
    with pytest.raises(PictureError) as error:
        read(readers, task)
    assert str(error.value) == SLOW
    assert has_ended(worker)
    assert len(workers("kmnist")) == 1
    readers.close()
    assert workers("kmnist") == []


def test_a_process_is_replaced_after_its_pages() -> None:
    readers = InProcesses(weights_path("kmnist"), "auto", 1, 60, max_pages=2)
    after = []
    for _ in range(4):
        assert read(readers, PageTask(BOOK)).page["characters"]
        after += [worker.pid for worker in workers("kmnist")]
    assert len(after) == 4
    assert [one == other for one, other in pairwise(after)] == [False, True, False]
    readers.close()


def test_two_pages_are_read_by_two_processes() -> None:
    readers = InProcesses(weights_path("kmnist"), "auto", 2, 60)
    jobs = [start(readers, PageTask(BOOK)) for _ in range(2)]
    assert len({json.dumps(finish(job).page) for job in jobs}) == 1
    assert len(workers("kmnist")) == 2
    readers.close()


@pytest.mark.parametrize(("processes", "kind"), [("0", InThisProcess), ("1", InProcesses), ("3", InProcesses)])
def test_the_setting_chooses(processes: str, kind: type) -> None:
    loaded = models.load("kmnist", "cpu")
    chosen = choose(loaded, Settings(page_processes=processes, pages_at_once="2"))  # type: ignore[arg-type]
    assert type(chosen) is kind
    assert chosen.at_once == (int(processes) or 2)
    assert loaded.page_weights == weights_path("kmnist")
