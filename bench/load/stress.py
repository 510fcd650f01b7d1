"""Many visitors at once: how soon each is answered, whether rightly, and what ten minutes of them leave behind. `make load`."""

from __future__ import annotations

import asyncio
import io
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psutil

from bench.load.visitors import Sketch, Tally, sketches, visit
from bench.server_process import Server, serving
from kmnist_model import Recognizer, read_page
from synthetic_pages import glyphs
from synthetic_pages.maker import make_page

VISITORS = (1, 10, 50, 200)
STAGE = 20.0  # seconds
SOAK = 600.0
_SOAKING, _STAY, _PAUSE, _KEEP = 20, 20.0, 5.0, 30  # visitors, seconds each stays, seconds between pages, seconds uploads are kept
_RESTARTS = 5


def measure() -> dict[str, Any]:
    """Times to the answer in ms and outcomes by number of visitors, with and without a page of 40 megapixels read beside; the soak; the restarts."""
    recognizer = Recognizer.load("kmnist", "cpu")
    offered, page = sketches(recognizer, 100), _page(recognizer)
    found: dict[str, Any] = {"megapixels": 40, "stage_s": STAGE}
    with serving("app.py", sign="/readyz") as server:
        for visitors in VISITORS:
            turns = [_stage(server, offered, visitors, beside) for beside in (None, page, None, page)]
            alone, beside = _together(turns[::2]), _together(turns[1::2])
            found[str(visitors)] = {
                "alone": alone,
                "beside a page": beside,
                "ratio": beside["answered_ms"]["p95"] / alone["answered_ms"]["p95"],
            }
            print(f"{visitors}: {found[str(visitors)]}", file=sys.stderr, flush=True)
    with serving("-m", "bench.load.gradio_batching") as server:
        found["50, gradio's batch"] = _together([_stage(server, offered, 50, None, queued=True)])
    found["soak"] = _soak(offered, page)
    found["restart_s"] = _restarts(offered)
    return found


def _page(recognizer: Recognizer) -> tuple[bytes, str]:
    """A file of just under 40 megapixels with 200 characters, and its text as it is read here."""
    made = make_page(3, glyphs.drawn(), hard=False, characters=200, megapixels=50)
    picture = made.picture
    scale = np.sqrt(39.9e6 / (picture.width * picture.height))
    file = io.BytesIO()
    picture.resize((int(picture.width * scale), int(picture.height * scale))).save(file, "JPEG", quality=85)
    return file.getvalue(), read_page(file.getvalue(), recognizer=recognizer).text


def _stage(server: Server, offered: list[Sketch], visitors: int, page: tuple[bytes, str] | None, queued: bool = False) -> Tally:
    asyncio.run(visit(server.url, offered, min(visitors, 5), 1, queued=queued))
    return asyncio.run(visit(server.url, offered, visitors, STAGE, page, queued=queued))


def _together(tallies: list[Tally]) -> dict[str, Any]:
    """The figures of equal stages taken as one."""
    outcomes = sum((tally.outcomes for tally in tallies), start=Counter())
    answered = [ms for tally in tallies for ms in tally.answered]
    return {
        "n": len(answered),
        "per_s": len(answered) / (STAGE * len(tallies)),
        "answered_ms": _percentiles(answered),
        "waited_ms": _percentiles([ms for tally in tallies for ms in tally.waited]),
        "page_s": float(np.median(pages)) if (pages := [s for tally in tallies for s in tally.pages]) else None,
        "outcomes": dict(outcomes),
        "failed": sum(count for outcome, count in outcomes.items() if outcome not in ("right", "overtaken", "pages", "busy", "page busy")),
        "wrong": [line for tally in tallies for line in tally.wrong][:5],
    }


def _percentiles(values: list[float]) -> dict[str, float]:
    return dict(zip(("p50", "p95", "p99"), map(float, np.percentile(values, (50, 95, 99))), strict=True))


def _soak(offered: list[Sketch], page: tuple[bytes, str]) -> dict[str, Any]:
    """Visitors come and go for ten minutes, and pages are read; what of memory, open files and temporary files is there before and after."""
    with (
        tempfile.TemporaryDirectory() as folder,
        serving("app.py", sign="/readyz", GRADIO_TEMP_DIR=folder, KUZUSHIJI_KEEP_UPLOADS=str(_KEEP)) as server,
    ):
        process = psutil.Process(server.pid)
        asyncio.run(visit(server.url, offered, _SOAKING, 5, page))
        memory: list[float] = []
        done = threading.Event()

        def look() -> None:
            while not done.wait(2):
                memory.append(process.memory_info().rss / 1e6)

        watcher = threading.Thread(target=look)
        files_before = process.num_fds()
        watcher.start()
        tally = asyncio.run(visit(server.url, offered, _SOAKING, SOAK, page, _PAUSE, _STAY))
        done.set()
        watcher.join()
        time.sleep(2 * _KEEP + 10)
        tenth = max(1, len(memory) // 10)
        early, late = np.median(memory[2 * tenth : 3 * tenth]), np.median(memory[-tenth:])
        return {
            **_together([tally]),
            "per_s": len(tally.answered) / SOAK,
            "seconds": SOAK,
            "memory_mb": {"start": memory[0], "after a fifth": float(early), "end": float(late)},
            "growth": float(late / early - 1),
            "open_files": {"start": files_before, "end": process.num_fds()},
            "files_left": sum(path.is_file() for path in Path(folder).rglob("*")),
        }


def _restarts(offered: list[Sketch]) -> dict[str, Any]:
    """Seconds from the start after a kill -9 under load to the first right answer."""
    found = []
    server = Server("app.py", sign="/healthz")
    for _ in range(_RESTARTS):
        server.start(log=subprocess.DEVNULL)
        load = threading.Thread(target=lambda: asyncio.run(visit(server.url, offered, 5, 3)))
        load.start()
        time.sleep(1)
        server.stop()
        load.join()
        began = time.perf_counter()
        server.start(log=subprocess.DEVNULL)
        lines, (state, _) = offered[0].stages[-1]
        reply = httpx.post(f"{server.url}/gradio_api/run/draw", json={"data": [json.dumps({"turn": 1, "strokes": lines})]})
        found.append(time.perf_counter() - began)
        if f'data-state="{state}"' not in reply.json()["data"][0]:
            raise RuntimeError(f"The server did not read after its restart: {reply.text[:200]}")
        server.stop()
    return {"n": len(found), "p50": float(np.median(found)), "max": max(found)}
