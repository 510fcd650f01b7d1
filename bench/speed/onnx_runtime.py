"""The released weights in ONNX Runtime and in torch: the same batches on the same cores, alternating."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from bench.report.stamp import spread
from bench.section import LONG_RUN, Figures, Row, Section, pick
from kmnist_model.recognizer import Recognizer
from train.data import sources

FULL, SMOKE = {1: 300, 256: 15}, {1: 2, 256: 1}  # batch size: rounds


def measure(smoke: bool = False) -> Figures:
    """Milliseconds for a batch of 1 and of 256 inks, normalisation included."""
    engines = {name: Recognizer.load("kmnist", "cpu", engine=name) for name in ("onnx", "torch")}
    drawn = sources.drawn(engines["onnx"].alphabet, 26, np.random.default_rng(0))
    figures: Figures = {}
    for size, rounds in (SMOKE if smoke else FULL).items():
        inks = drawn.inks[:size]
        times: dict[str, list[float]] = {f"{name}_ms": [] for name in engines}
        for _ in range(rounds):
            for name, recognizer in engines.items():
                times[f"{name}_ms"].append(_milliseconds(recognizer.logits, inks))
        figures[str(size)] = {name: spread(values) for name, values in times.items()}
    return figures


def _milliseconds(run: Callable[[np.ndarray], Any], inks: np.ndarray) -> float:
    began = time.perf_counter()
    run(inks)
    return 1000 * (time.perf_counter() - began)


def _torch_ms(size: int) -> Callable[[dict[str, Any]], str]:
    return lambda metrics: f"; torch eager {metrics[str(size)]['torch_ms']['p50']:,.2f} ms"


SECTION = Section(
    name="onnx_runtime",
    group="Speed",
    measure=measure,
    rows=tuple(
        Row(
            f"ONNX Runtime, batch {size}, same cores",
            pick(str(size), "onnx_ms", "p50"),
            pick(str(size), "onnx_ms", "n"),
            unit="ms",
            also=_torch_ms(size),
        )
        for size in FULL
    ),
    code=(
        "kmnist_model/engines/*.py",
        "kmnist_model/network.py",
        "kmnist_model/recognizer.py",
        "kmnist_model/weights/kmnist.onnx",
    ),
    allowed_stale=LONG_RUN,
)
