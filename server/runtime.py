"""Settings of the Python interpreter and the process that keep readings fast and memory low."""

from __future__ import annotations

import ctypes
import gc
import os
import sys
import threading

_SWITCH_INTERVAL = 0.001  # seconds
NICENESS = 19  # the lowest priority


def freeze_gc() -> None:
    """Exempt everything loaded so far from garbage collection, which is enabled, and shorten the thread switch interval. Call it once everything is loaded.

    A full collection over all loaded objects would stop every reading. And a stroke's reading passes between threads several times, each
    time waiting for a page that is read in Python: with this interval one visitor's p95 beside a page was 22 ms, with the default of 5 ms
    it was 30 ms (medians of three alternating runs each, two cores, November 2026).
    """
    gc.collect()
    gc.freeze()
    gc.enable()
    sys.setswitchinterval(_SWITCH_INTERVAL)


def lower_thread_priority() -> None:
    """Let threads that answer strokes run before this thread and those it starts (on Linux, where a priority belongs to a thread)."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


def trim_memory() -> None:
    """Return freed memory to the operating system: glibc would keep about 150 MB after large pages."""
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (AttributeError, OSError, TypeError):  # another C library
        return
