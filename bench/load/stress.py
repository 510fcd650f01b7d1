"""The server under load: latency and correctness with many visitors at once, a soak of ten minutes, restarts after kill -9. `make load`."""

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
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np
import psutil

from bench.load.visitors import Sketch, Tally, sketches, visit
from bench.section import LONG_RUN, Figures, Row, Section, pick
from bench.server_process import Server, serving
from kmnist_model import Recognizer, read_page
from synthetic_pages import glyphs
from synthetic_pages.maker import make_page


@dataclass(frozen=True)
class Sizes:
    """How many `visitors` by their label in the figures, for how many seconds, and how large the page beside them is."""

    visitors: dict[str, int]
    stages: int  # alternating without and with a page beside
    stage: float  # seconds
    megapixels: float
    sketches: int
    soaking: int  # visitors of the soak
    soak: float  # seconds
    stay: float  # seconds, of each visitor of the soak
    pause: float  # seconds between the pages of the soak
    keep_uploads: int  # seconds
    settle: float  # seconds until kept uploads are surely deleted
    sampling: float  # seconds between two looks at the memory
    restarts: int


FULL = Sizes({str(n): n for n in (1, 10, 50, 200)}, 4, 20, 39.9, 100, 20, 600, 20, 5, 30, 70, 2, 5)
SMOKE = Sizes({"1": 1, "10": 2, "50": 3, "200": 4}, 2, 1, 0.5, 5, 2, 3, 1, 0.5, 5, 0, 0.2, 1)


def measure(smoke: bool = False) -> Figures:
    """Times to the answer in ms and outcomes by number of visitors, without and with a 40-megapixel page read beside; the soak; the restarts."""
    sizes = SMOKE if smoke else FULL
    recognizer = Recognizer.load("kmnist", "cpu")
    offered, page = sketches(recognizer, sizes.sketches), _page(sizes.megapixels)
    figures: Figures = {"megapixels": round(sizes.megapixels), "stage_s": sizes.stage}
    with serving("app.py", sign="/readyz") as server:
        for label, visitors in sizes.visitors.items():
            stages = [_stage(server, offered, visitors, sizes.stage, page if number % 2 else None) for number in range(sizes.stages)]
            alone, beside = _together(stages[::2], sizes.stage), _together(stages[1::2], sizes.stage)
            figures[label] = {
                "alone": alone,
                "beside a page": beside,
                "ratio": beside["answered_ms"]["p95"] / alone["answered_ms"]["p95"],
            }
            print(f"{label}: {figures[label]}", file=sys.stderr, flush=True)
    with serving("-m", "bench.load.gradio_batching") as server:
        queued = _stage(server, offered, sizes.visitors["50"], sizes.stage, None, queued=True)
        figures["50, gradio's batch"] = _together([queued], sizes.stage)
    figures["soak"] = _soak(offered, page, sizes)
    figures["restart_s"] = _restarts(offered, sizes.restarts)
    return figures


def _page(megapixels: float) -> tuple[bytes, str]:
    """A JPEG file of that size with 200 characters, and its text as the library reads it."""
    made = make_page(3, glyphs.drawn(), hard=False, characters=200, megapixels=max(1, round(1.25 * megapixels)))
    picture = made.picture
    scale = np.sqrt(megapixels * 1e6 / (picture.width * picture.height))
    file = io.BytesIO()
    picture.resize((int(picture.width * scale), int(picture.height * scale))).save(file, "JPEG", quality=85)
    return file.getvalue(), read_page(file.getvalue()).text


def _stage(
    server: Server, offered: list[Sketch], visitors: int, seconds: float, page: tuple[bytes, str] | None, queued: bool = False
) -> Tally:
    asyncio.run(visit(server.url, offered, min(visitors, 5), 1, queued=queued))  # warm-up
    return asyncio.run(visit(server.url, offered, visitors, seconds, page, queued=queued))


def _together(tallies: list[Tally], seconds: float) -> Figures:
    """The figures of stages of equal length taken as one."""
    outcomes = sum((tally.outcomes for tally in tallies), start=Counter())
    answered = [ms for tally in tallies for ms in tally.answered]
    return {
        "n": len(answered),
        "per_s": len(answered) / (seconds * len(tallies)),
        "answered_ms": _percentiles(answered),
        "waited_ms": _percentiles([ms for tally in tallies for ms in tally.waited]),
        "page_s": float(np.median(pages)) if (pages := [s for tally in tallies for s in tally.pages]) else None,
        "outcomes": dict(outcomes),
        "failed": sum(count for outcome, count in outcomes.items() if outcome not in ("right", "overtaken", "pages", "busy", "page busy")),
        "wrong": [line for tally in tallies for line in tally.wrong][:5],
    }


def _percentiles(values: list[float]) -> dict[str, float]:
    return dict(zip(("p50", "p95", "p99"), map(float, np.percentile(values, (50, 95, 99))), strict=True))


def _soak(offered: list[Sketch], page: tuple[bytes, str], sizes: Sizes) -> Figures:
    """Visitors come and go, and pages are read: memory, open files and temporary files before and after."""
    with (
        tempfile.TemporaryDirectory() as folder,
        serving("app.py", sign="/readyz", GRADIO_TEMP_DIR=folder, KUZUSHIJI_KEEP_UPLOADS=str(sizes.keep_uploads)) as server,
    ):
        process = psutil.Process(server.pid)
        asyncio.run(visit(server.url, offered, sizes.soaking, min(5, sizes.soak), page))
        memory: list[float] = []
        beside: list[float] = []  # of the processes that read pages
        done = threading.Event()

        def sample() -> None:
            while not done.wait(sizes.sampling):
                memory.append(process.memory_info().rss / 1e6)
                beside.append(sum(_resident(number) for number in server.children()) / 1e6)

        watcher = threading.Thread(target=sample)
        files_before = process.num_fds()
        watcher.start()
        tally = asyncio.run(visit(server.url, offered, sizes.soaking, sizes.soak, page, sizes.pause, sizes.stay))
        done.set()
        watcher.join()
        time.sleep(sizes.settle)
        tenth = max(1, len(memory) // 10)
        early, late = np.median(memory[2 * tenth : 3 * tenth]), np.median(memory[-tenth:])
        return {
            **_together([tally], sizes.soak),
            "seconds": sizes.soak,
            "memory_mb": {"start": memory[0], "after a fifth": float(early), "end": float(late)},
            "growth": float(late / early - 1),
            "page_process_mb": {"p50": float(np.median(beside)), "max": max(beside)},
            "open_files": {"start": files_before, "end": process.num_fds()},
            "files_left": sum(path.is_file() for path in Path(folder).rglob("*")),
        }


def _resident(process: int) -> int:
    """The bytes that a process holds resident; 0 if it has just ended."""
    try:
        return psutil.Process(process).memory_info().rss
    except psutil.NoSuchProcess:
        return 0


def _restarts(offered: list[Sketch], restarts: int) -> Figures:
    """Seconds from a start after kill -9 under load to the first correct answer."""
    seconds = []
    server = Server("app.py", sign="/healthz")
    for _ in range(restarts):
        server.start(log=subprocess.DEVNULL)
        load = threading.Thread(target=lambda: asyncio.run(visit(server.url, offered, 5, 3)))
        load.start()
        time.sleep(1)
        server.stop()
        load.join()
        began = time.perf_counter()
        server.start(log=subprocess.DEVNULL)
        lines, (state, _) = offered[0].stages[-1]
        reply = httpx.post(
            f"{server.url}/gradio_api/run/draw", json={"data": [json.dumps({"seq": 1, "strokes": lines, "model": "kmnist"})]}
        )
        seconds.append(time.perf_counter() - began)
        if json.loads(reply.json()["data"][0])["state"] != state:
            raise RuntimeError(f"The server did not read after its restart: {reply.text[:200]}")
        server.stop()
    return {"n": len(seconds), "p50": float(np.median(seconds)), "max": max(seconds)}


def _drawing(visitors: str, goal: float | None = None) -> Row:
    """The 95th percentile from sending a drawing to its answer; after it the other percentiles, the rate, and the p95 with a page beside."""

    def also(f: Figures) -> str:
        alone, beside = (f[visitors][how] for how in ("alone", "beside a page"))
        return (
            f" (p50 {alone['answered_ms']['p50']:.0f}, p99 {alone['answered_ms']['p99']:.0f}), {alone['per_s']:.0f} readings / s; "
            f"with a page beside {beside['answered_ms']['p95']:.0f} ms"
        )

    who = "visitor" if visitors == "1" else "visitors"
    what = f"{visitors} {who} drawing, a stroke every 300 ms: sent -> answered, p95"
    return Row(what, pick(visitors, "alone", "answered_ms", "p95"), pick(visitors, "alone", "n"), goal, True, "ms", also)


_RATIOS = ("1", "10", "50")
_GOALS = {"50": 150, "200": 400}  # ms
SECTION = Section(
    name="load",
    group="Load",
    measure=measure,
    rows=(
        *(_drawing(visitors, _GOALS.get(visitors)) for visitors in FULL.visitors),
        Row(
            "50 visitors, Gradio's own batching instead of ours: p95",
            pick("50, gradio's batch", "answered_ms", "p95"),
            pick("50, gradio's batch", "n"),
            unit="ms",
        ),
        Row(
            "50 visitors: answers that are not correct",
            lambda f: sum(n for outcome, n in f["50"]["alone"]["outcomes"].items() if outcome not in ("right", "overtaken")),
            pick("50", "alone", "n"),
            0,
            True,
            "",
        ),
        Row(
            '200 visitors: answers neither correct nor "busy"',
            lambda f: f["200"]["alone"]["failed"] + f["200"]["beside a page"]["failed"],
            lambda f: f["200"]["alone"]["n"] + f["200"]["beside a page"]["n"],
            0,
            True,
            "",
        ),
        Row(
            "strokes' p95 while a 40-megapixel page is read, against without; the worst of 1, 10 and 50 visitors",
            lambda f: max(f[visitors]["ratio"] for visitors in _RATIOS),
            lambda f: sum(f[visitors]["beside a page"]["n"] for visitors in _RATIOS),
            1.5,
            True,
            "x",
        ),
        Row("soak, 10 minutes: growth of memory over the last 80 %", pick("soak", "growth"), pick("soak", "n"), 0.02, True),
        Row('soak: answers neither correct nor "busy"', pick("soak", "failed"), pick("soak", "n"), 0, True, ""),
        Row("soak: temporary files left after the clean-up", pick("soak", "files_left"), lambda _: 1, 0, True, ""),
        Row("restart after kill -9 -> first answer, the longest", pick("restart_s", "max"), pick("restart_s", "n"), 6, True, "s"),
    ),
    code=(
        "kmnist_model/*.py",
        "kmnist_model/page/**/*.py",
        "kmnist_model/weights/kmnist.safetensors",
        "app.py",
        "server/*.py",
        "server/http/*.py",
        "server/pages/*.py",
        "ui/**/*.py",
    ),
    allowed_stale=LONG_RUN,
)
