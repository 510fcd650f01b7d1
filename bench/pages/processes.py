"""Work on all cores: processes of their own, each with one thread for OpenCV, PyTorch and ONNX Runtime."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

import cv2

Item = TypeVar("Item")
Result = TypeVar("Result")

_THREADS = "OMP_NUM_THREADS"  # PyTorch and our ONNX Runtime sessions heed it


def spread(work: Callable[[Item], Result], items: Sequence[Item], processes: int | None = None) -> list[Result]:
    """`work` done on each of the `items`, in their order; by one of as many `processes` as there are cores, or here by a single one.

    `work` is a function of a module, as spawned processes import it.
    """
    count = min(processes or len(os.sched_getaffinity(0)), len(items))
    if count <= 1:
        return [work(item) for item in items]
    with (
        _one_thread_each(),
        ProcessPoolExecutor(count, multiprocessing.get_context("spawn"), initializer=cv2.setNumThreads, initargs=(1,)) as pool,
    ):
        return list(pool.map(work, items))


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Have processes that start meanwhile take one thread."""
    before = os.environ.get(_THREADS)
    os.environ[_THREADS] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[_THREADS]
        else:
            os.environ[_THREADS] = before
