"""Work spread over processes comes back in order, from other processes with one thread each; a single process works here."""

from __future__ import annotations

import os

import cv2
import pytest

from bench.pages.processes import spread


def _where(number: int) -> tuple[int, int, str | None, int]:
    return number, os.getpid(), os.environ.get("OMP_NUM_THREADS"), cv2.getNumThreads()


def test_other_processes_work_with_one_thread_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    done = spread(_where, range(6), 2)
    assert [number for number, *_ in done] == list(range(6))
    assert os.getpid() not in {process for _, process, *_ in done}
    assert {(threads, own) for *_, threads, own in done} == {("1", 1)}
    assert os.environ["OMP_NUM_THREADS"] == "7"


def test_one_process_is_this_one() -> None:
    assert {process for _, process, *_ in spread(_where, range(3), 1)} == {os.getpid()}
    assert spread(_where, [], 2) == []
