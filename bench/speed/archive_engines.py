"""Archives: pages a second and memory of both engines with one and two workers, whether they write the same bytes, and a killed worker."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import psutil
import torch

from archive import weights
from archive.reader import PageReader
from archive.types import Item, Options, Where
from bench.report.stamp import ROOT
from bench.section import LONG_RUN, Figures, Row, Section, pick
from synthetic_pages import glyphs
from synthetic_pages.maker import make_page

_FORMATS = ("page", "parquet")
_DAY = 86_400  # seconds
_SAMPLES = 1.0  # seconds between two looks at the memory


@dataclass(frozen=True)
class Sizes:
    """How many small pages an engine reads, in a plain loop and with a killed worker, and large pages of so many characters and megapixels."""

    pages: int
    loop: int
    killed: int
    large: int
    characters: int
    megapixels: float


FULL, SMOKE = Sizes(60, 12, 10, 2, 300, 8), Sizes(6, 2, 4, 1, 20, 0.3)


def measure(smoke: bool = False) -> Figures:
    """Pages per second, peak memory (bytes), written files that differ, pages lost with a killed worker; a folder of made pages is read."""
    sizes = SMOKE if smoke else FULL
    with tempfile.TemporaryDirectory() as folder:
        scans, out = Path(folder, "scans"), Path(folder, "out")
        scans.mkdir()
        for seed in range(sizes.pages):
            page = make_page(seed, glyphs.drawn(), False, characters=12, megapixels=0.25)
            page.picture.convert("L").save(scans / f"{seed:04d}.png")
        for seed in range(sizes.large):
            page = make_page(seed, glyphs.drawn(), False, characters=sizes.characters, megapixels=sizes.megapixels)
            page.picture.save(Path(folder, f"{seed}.jpg"), quality=90)
        names = sorted(map(str, scans.iterdir()))
        figures: Figures = {"n": sizes.pages}
        figures["loop"] = {"n": sizes.loop, "pages_s": _loop(names[: sizes.loop], out / "loop")}
        large = sorted(map(str, Path(folder).glob("*.jpg")))
        figures["large"] = {"n": len(large), "pages_s": _loop(large, out / "large")}
        written = {}
        for engine in ("local", "ray"):
            for workers in (1, 2):
                run = _run([str(scans)], out / f"{engine}-{workers}", engine, workers)
                rate = sizes.pages / run.seconds
                overhead = 1 - rate / (workers * figures["loop"]["pages_s"])
                figures[f"{engine} {workers}"] = {"pages_s": rate, "seconds": run.seconds, "peak": run.peak, "overhead": overhead}
                written[f"{engine} {workers}"] = _hashes(out / f"{engine}-{workers}")
                print(f"{engine}, {workers}: {figures[f'{engine} {workers}']}", file=sys.stderr, flush=True)
        first = written["local 1"]
        figures["files"] = len(first)
        figures["different"] = sum(first.get(name) != each.get(name) for each in written.values() for name in first.keys() | each.keys())
        for engine in ("local", "ray"):
            killed = out / f"{engine}-killed"
            run = _run(names[: sizes.killed], killed, engine, 2, partial(_kill_a_worker, killed))
            kept = {name: digest for name, digest in _hashes(killed).items() if name.startswith("page/")}
            figures[f"{engine} killed"] = {
                "n": sizes.killed,
                "killed": run.killed,
                "lost": sizes.killed - sum(first.get(name) == digest for name, digest in kept.items()),
            }
    return figures


@dataclass
class _Run:
    """A run of the command: its time, the most memory of all its processes together, in bytes, and how many workers were killed."""

    seconds: float
    peak: int
    killed: int


def _loop(names: list[str], out: Path) -> float:
    """Pages per second of a reader alone, its weights loaded, on one thread."""
    threads = torch.get_num_threads(), cv2.getNumThreads()
    try:
        reader = PageReader(Options(_FORMATS, "kuzushiji", weights.version("kuzushiji")), Where(out))
        reader.read(Item(names[0], names[0]))
        began = time.perf_counter()
        outcomes = [reader.read(Item(name, name)) for name in names]
        seconds = time.perf_counter() - began
    finally:
        torch.set_num_threads(threads[0])
        cv2.setNumThreads(threads[1])
    assert not any(outcome.error for outcome in outcomes)
    return len(names) / seconds


def _run(sources: list[str], out: Path, engine: str, workers: int, kill: Callable[[int], bool] | None = None) -> _Run:
    """Run the command, and look at its processes while it runs; `kill` is tried with its process id until it returns true."""
    words = ["read", *sources, "--out", str(out), "--engine", engine, "--workers", str(workers), "--device", "cpu"]
    began = time.perf_counter()
    command = [sys.executable, "-m", "archive", *words, "--format", ",".join(_FORMATS)]
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "OMP_NUM_THREADS": "1"}, stderr=errors)
        run = _Run(0.0, 0, 0)
        watching = threading.Thread(target=_watch, args=(process, run))
        watching.start()
        while process.poll() is None:
            if kill is not None and not run.killed:
                run.killed = int(kill(process.pid))
            time.sleep(0.02)
        run.seconds = time.perf_counter() - began
        watching.join()
        errors.seek(0)
        if process.returncode:
            raise RuntimeError(f"{engine} with {workers} workers ended with {process.returncode}: {errors.read()[-2000:]}")
    return run


def _watch(process: subprocess.Popen[bytes], run: _Run) -> None:
    """Note the most memory of a process and those that it has started; what they share is counted once."""
    while process.poll() is None:
        total = 0
        for each in _family(process.pid):
            with suppress(psutil.Error):
                total += each.memory_full_info().pss
        run.peak = max(run.peak, total)
        time.sleep(_SAMPLES)


def _family(pid: int) -> Iterator[psutil.Process]:
    with suppress(psutil.NoSuchProcess):
        parent = psutil.Process(pid)
        yield parent
        yield from parent.children(recursive=True)


def _kill_a_worker(out: Path, pid: int) -> bool:
    """Kill a process that reads pages, while one is read; returns whether there was one."""
    if not any((out / ".work" / "begun").glob("*")):
        return False
    for each in _family(pid):
        with suppress(psutil.Error):
            words = " ".join(each.cmdline())
            if "_Read" in words or "spawn_main" in words:
                each.kill()
                return True
    return False


def _hashes(out: Path) -> dict[str, str]:
    """The hash of each written file, by its path."""
    files = [path for folder in _FORMATS for path in (out / folder).rglob("*") if path.is_file()]
    return {str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def _rows(engine: str, title: str) -> list[Row]:
    """What is said of an engine."""
    return [
        *(
            Row(f"archive of small pages, {title}, {workers} worker{'s' * (workers > 1)}", pick(f"{engine} {workers}", "pages_s"), pick("n"), unit="pages / s")
            for workers in (1, 2)
        ),
        *(
            Row(f"the same: time beyond reading alone, {workers} worker{'s' * (workers > 1)}", pick(f"{engine} {workers}", "overhead"), pick("n"))
            for workers in (1, 2)
        ),
        Row(
            "the same: peak memory of all processes, 2 workers",
            lambda figures: figures[f"{engine} 2"]["peak"] / 1e6,
            pick("n"),
            unit="MB",
        ),
        Row("the same: pages lost where a worker is killed", pick(f"{engine} killed", "lost"), pick(f"{engine} killed", "n"), 0, True, ""),
    ]  # fmt: skip


SECTION = Section(
    name="archive",
    group="Speed",
    measure=measure,
    rows=(
        Row("small page in a plain loop, one thread", pick("loop", "pages_s"), pick("loop", "n"), unit="pages / s"),
        *_rows("local", "local engine"),
        *_rows("ray", "Ray Data"),
        Row("files that differ between engines and numbers of workers", pick("different"), pick("files"), 0, True, ""),
        Row("page of 300 characters at 8 megapixels, one thread", pick("large", "pages_s"), pick("large", "n"), unit="pages / s"),
        Row(
            "a million pages of 300 characters on one core, by the line above",
            lambda figures: 1e6 / figures["large"]["pages_s"] / _DAY,
            pick("large", "n"),
            unit="days",
        ),
    ),
    code=("archive/**/*.py", "kmnist_model/page/*.py", "kmnist_model/page/*.safetensors", "bench/speed/archive_engines.py"),
    allowed_stale=LONG_RUN,
)
