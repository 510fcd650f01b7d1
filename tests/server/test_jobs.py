from __future__ import annotations

import threading

import pytest

from server.jobs import Abandoned, Desk, Tell


def test_work_tells_how_far_it_is_and_gives_its_result() -> None:
    def job(tell: Tell) -> str:
        tell(0.0, "beginning")
        tell(0.5, "half")
        return "done"

    work = Desk(2).begin("a", job)
    assert list(work) == [(0.0, "beginning"), (0.5, "half")]
    assert work.result() == "done"


def test_what_goes_wrong_is_raised_where_the_result_is_asked_for() -> None:
    def job(_: Tell) -> str:
        raise ValueError("no")

    work = Desk(2).begin("a", job)
    assert list(work) == []
    with pytest.raises(ValueError, match="no"):
        work.result()


def _untouched(tell: Tell) -> str:
    tell(1.0, "done")
    return "untouched"


def _endless(steps: list[int], go: threading.Event) -> object:
    def job(tell: Tell) -> None:
        for step in range(1000):
            tell(step / 1000, "working")
            steps.append(step)
            go.wait(0.01)

    return job


@pytest.mark.parametrize("how", ["newer", "leave"])
def test_work_stops_when_the_visitor_leaves_or_asks_for_something_newer(how: str) -> None:
    desk, steps, go = Desk(2), [], threading.Event()
    work = desk.begin("a", _endless(steps, go))  # type: ignore[arg-type]
    other = desk.begin("b", _untouched)
    news = iter(work)
    next(news)
    if how == "newer":
        desk.begin("a", lambda tell: tell(1.0, "done"))
    else:
        desk.leave("a")
    list(news)
    with pytest.raises(Abandoned):
        work.result()
    assert len(steps) < 900
    list(other)
    assert other.result() == "untouched"


def test_work_stops_when_no_one_listens_any_more() -> None:
    steps: list[int] = []
    work = Desk(2).begin("a", _endless(steps, threading.Event()))  # type: ignore[arg-type]
    news = iter(work)
    next(news)
    news.close()  # type: ignore[attr-defined]
    for _ in work:
        pass
    with pytest.raises(Abandoned):
        work.result()


def test_who_waits_for_a_turn_is_told_and_may_leave() -> None:
    desk, go = Desk(1), threading.Event()
    first = desk.begin("a", lambda _: go.wait(20))
    waiting = desk.begin("b", _untouched)
    news = iter(waiting)
    assert next(news) == (0.0, "Waiting until other pages are read")
    desk.leave("b")
    list(news)
    with pytest.raises(Abandoned):
        waiting.result()
    go.set()
    list(first)
    assert first.result()
    after = desk.begin("c", _untouched)
    assert list(after) == [(1.0, "done")]


def test_what_comes_late_does_not_take_the_place_of_what_is_newer() -> None:
    desk = Desk(2)
    newer = desk.begin("a", _untouched, turn=2.0)
    with pytest.raises(Abandoned):
        desk.begin("a", _untouched, turn=1.0)
    desk.leave("a", turn=1.0)
    other = desk.begin("b", _untouched, turn=1.0)
    assert [list(newer), list(other)] == [[(1.0, "done")]] * 2
    assert newer.result() == "untouched"


def test_a_cancelled_page_that_comes_late_is_not_read() -> None:
    desk = Desk(2)
    desk.leave("a", turn=2.0)
    with pytest.raises(Abandoned):
        desk.begin("a", _untouched, turn=1.0)
    list(desk.begin("a", _untouched, turn=3.0))


def test_a_visitor_who_was_taken_for_gone_may_come_back() -> None:
    desk = Desk(2)
    list(desk.begin("a", _untouched, turn=1.0))
    desk.leave("a")
    list(desk.begin("a", _untouched, turn=2.0))
