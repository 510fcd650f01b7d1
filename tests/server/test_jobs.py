from __future__ import annotations

import threading

import pytest

from server.jobs import Cancelled, JobQueue, ReportProgress


def test_a_job_reports_its_progress_and_gives_its_result() -> None:
    def function(report_progress: ReportProgress) -> str:
        report_progress(0.0, "beginning")
        report_progress(0.5, "half")
        return "done"

    job = JobQueue(2).start("a", function)
    assert list(job) == [(0.0, "beginning"), (0.5, "half")]
    assert job.result() == "done"


def test_result_raises_the_functions_error() -> None:
    def function(_: ReportProgress) -> str:
        raise ValueError("no")

    job = JobQueue(2).start("a", function)
    assert list(job) == []
    with pytest.raises(ValueError, match="no"):
        job.result()


def _untouched(report_progress: ReportProgress) -> str:
    report_progress(1.0, "done")
    return "untouched"


def _endless(steps: list[int], go: threading.Event) -> object:
    def function(report_progress: ReportProgress) -> None:
        for step in range(1000):
            report_progress(step / 1000, "working")
            steps.append(step)
            go.wait(0.01)

    return function


@pytest.mark.parametrize("how", ["newer", "leave"])
def test_a_job_stops_when_the_visitor_leaves_or_sends_a_newer_request(how: str) -> None:
    jobs, steps, go = JobQueue(2), [], threading.Event()
    job = jobs.start("a", _endless(steps, go))  # type: ignore[arg-type]
    other = jobs.start("b", _untouched)
    progress = iter(job)
    next(progress)
    if how == "newer":
        jobs.start("a", lambda report_progress: report_progress(1.0, "done"))
    else:
        jobs.leave("a")
    list(progress)
    with pytest.raises(Cancelled):
        job.result()
    assert len(steps) < 900
    list(other)
    assert other.result() == "untouched"


def test_a_job_stops_when_nobody_iterates_any_more() -> None:
    steps: list[int] = []
    job = JobQueue(2).start("a", _endless(steps, threading.Event()))  # type: ignore[arg-type]
    progress = iter(job)
    next(progress)
    progress.close()  # type: ignore[attr-defined]
    for _ in job:
        pass
    with pytest.raises(Cancelled):
        job.result()


def test_a_waiting_visitor_is_informed_and_may_leave() -> None:
    jobs, go = JobQueue(1), threading.Event()
    first = jobs.start("a", lambda _: go.wait(20))
    waiting = jobs.start("b", _untouched)
    progress = iter(waiting)
    assert next(progress) == (0.0, "Waiting until other pages are read")
    jobs.leave("b")
    list(progress)
    with pytest.raises(Cancelled):
        waiting.result()
    go.set()
    list(first)
    assert first.result()
    after = jobs.start("c", _untouched)
    assert list(after) == [(1.0, "done")]


def test_a_late_request_does_not_replace_a_newer_one() -> None:
    jobs = JobQueue(2)
    newer = jobs.start("a", _untouched, seq=2.0)
    with pytest.raises(Cancelled):
        jobs.start("a", _untouched, seq=1.0)
    jobs.cancel("a", seq=1.0)
    other = jobs.start("b", _untouched, seq=1.0)
    assert [list(newer), list(other)] == [[(1.0, "done")]] * 2
    assert newer.result() == "untouched"


def test_a_request_that_was_cancelled_before_it_came_is_not_started() -> None:
    jobs = JobQueue(2)
    jobs.cancel("a", seq=2.0)
    with pytest.raises(Cancelled):
        jobs.start("a", _untouched, seq=1.0)
    list(jobs.start("a", _untouched, seq=3.0))


def test_a_visitor_who_has_left_may_come_back() -> None:
    jobs = JobQueue(2)
    list(jobs.start("a", _untouched, seq=1.0))
    jobs.leave("a")
    list(jobs.start("a", _untouched, seq=2.0))
