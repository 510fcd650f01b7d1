"""How fast the recogniser reads, and how long the library's import and the app's start take."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.report.stamp import ROOT, spread
from bench.section import Figures, Row, Section, pick
from kmnist_model.recognizer import Recognizer
from train.data.drawing import strokes


@dataclass(frozen=True)
class Sizes:
    """How often each is done, and of how many inks."""

    inks: int
    batches: int
    readings: int
    starts: int


FULL, SMOKE = Sizes(2048, 9, 300, 5), Sizes(64, 2, 3, 1)


def measure(smoke: bool = False) -> Figures:
    """Throughput (inks per second), batch-1 latency (ms), import and start-up times (s)."""
    sizes = SMOKE if smoke else FULL
    drawing = [stroke.tolist() for stroke in strokes.load("お")]
    command = [sys.executable, "-c", "import kmnist_model"]
    imports = [_seconds(lambda: subprocess.run(command, cwd=ROOT, check=True)) for _ in range(sizes.starts)]
    return {
        **read_rates(Recognizer.load("kmnist", "cpu"), sizes),
        "import_s": spread(imports),
        "start_s": spread([_start_to_answer(drawing) for _ in range(sizes.starts)]),
    }


def read_rates(recognizer: Recognizer, sizes: Sizes) -> Figures:
    """Throughput (inks per second) and the times (ms) of one ink and of one drawing, by drawn characters that the recogniser knows."""
    rng, known = np.random.default_rng(0), [entry.character for entry in recognizer.alphabet if strokes.has(entry.character)]
    drawn = [strokes.jitter(strokes.load(str(rng.choice(known))), rng) for _ in range(sizes.inks)]
    inks = np.stack([strokes.to_ink(lines, recognizer.size) for lines in drawn])
    recognizer.read_ink(inks[:64])
    throughput = [len(inks) / _seconds(lambda: recognizer.read_ink(inks)) for _ in range(sizes.batches)]
    latency = [1000 * _seconds(lambda n=n: recognizer.read_ink(inks[n : n + 1])) for n in range(sizes.readings)]
    drawing = [line.tolist() for line in drawn[0]]
    reading = [1000 * _seconds(lambda: recognizer.read_strokes(drawing)) for _ in range(sizes.readings)]
    return {"throughput": spread(throughput), "latency_ms": spread(latency), "read_strokes_ms": spread(reading)}


def _seconds(action: Any) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def free_port() -> int:
    """A free port of the loopback interface."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _start_to_answer(drawing: list[list[list[float]]]) -> float:
    """Seconds from the start of app.py's process to its first answer through the public endpoint."""
    port = free_port()
    began = time.perf_counter()
    app = subprocess.Popen(
        [sys.executable, "app.py"], cwd=ROOT, env={**os.environ, "PORT": str(port)}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        while app.poll() is None:
            try:
                return _ask(f"http://127.0.0.1:{port}", drawing) - began
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.02)
        raise RuntimeError(f"app.py exited with code {app.returncode} before it answered.")
    finally:
        app.terminate()
        app.wait(10)


def _ask(address: str, drawing: list[list[list[float]]]) -> float:
    """Read a drawing through the public endpoint, and return the time of the answer."""
    request = urllib.request.Request(
        f"{address}/gradio_api/call/read_strokes",
        json.dumps({"data": [drawing]}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as response:
        event = json.load(response)["event_id"]
    with urllib.request.urlopen(f"{address}/gradio_api/call/read_strokes/{event}", timeout=10) as answer:
        text = answer.read().decode()
    if "お" not in text and "\\u304a" not in text:
        raise RuntimeError(f"app.py did not read お: {text[:200]}")
    return time.perf_counter()


SECTION = Section(
    name="speed",
    group="Speed",
    measure=measure,
    rows=(
        Row("read_ink throughput, median", pick("throughput", "p50"), pick("throughput", "n"), 1500, unit="/ s"),
        Row("batch-1 latency, p50", pick("latency_ms", "p50"), pick("latency_ms", "n"), 4, True, "ms"),
        Row("read_strokes, p50", pick("read_strokes_ms", "p50"), pick("read_strokes_ms", "n"), unit="ms"),
        Row("import of kmnist_model, median", pick("import_s", "p50"), pick("import_s", "n"), 2.5, True, "s"),
        Row("process start -> first answer, median", pick("start_s", "p50"), pick("start_s", "n"), 6, True, "s"),
    ),
    code=("kmnist_model/*.py", "kmnist_model/characters/*.py", "kmnist_model/weights/*.safetensors", "app.py", "server/*.py", "ui/**/*"),
)
