"""The released weights in ONNX Runtime and in torch: the same batches on the same cores, alternating."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from bench.report.stamp import spread
from bench.section import LONG_RUN, Figures, Row, Section, pick
from kmnist_model.preprocess import to_tensor
from kmnist_model.recognizer import Recognizer, weights_path
from train.data import sources
from train.publishing import onnx_file

FULL, SMOKE = {1: 300, 256: 15}, {1: 2, 256: 1}  # batch size: rounds


def measure(smoke: bool = False) -> Figures:
    """Milliseconds for a batch of 1 and of 256 inks, normalisation included."""
    recognizer = Recognizer.load("kmnist", "cpu")
    drawn = sources.drawn(recognizer.alphabet, 26, np.random.default_rng(0))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "kmnist.onnx"
        onnx_file.write(weights_path("kmnist"), path, drawn)
        session = onnx_file.session(path, torch.get_num_threads())

    def with_onnx(inks: np.ndarray) -> None:
        onnx_file.logits(session, inks)

    figures: Figures = {}
    for size, rounds in (SMOKE if smoke else FULL).items():
        inks = drawn.inks[:size]
        eager = _eager(recognizer)
        times: dict[str, list[float]] = {"onnx_ms": [], "torch_ms": []}
        for _ in range(rounds):
            times["onnx_ms"].append(_milliseconds(with_onnx, inks))
            times["torch_ms"].append(_milliseconds(eager, inks))
        figures[str(size)] = {name: spread(values) for name, values in times.items()}
    return figures


def _eager(recognizer: Recognizer) -> Callable[[np.ndarray], None]:
    """One forward pass of the whole batch, without the splitting of `Recognizer`."""
    network, card = recognizer.network, recognizer.card

    def run(inks: np.ndarray) -> None:
        with torch.inference_mode():
            network(to_tensor(torch.from_numpy(inks), card.mean, card.std).contiguous(memory_format=torch.channels_last))

    return run


def _milliseconds(run: Callable[[np.ndarray], None], inks: np.ndarray) -> float:
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
        "kmnist_model/network.py",
        "kmnist_model/preprocess.py",
        "kmnist_model/recognizer.py",
        "kmnist_model/weights/kmnist.safetensors",
        "train/publishing/onnx_file.py",
    ),
    allowed_stale=LONG_RUN,
)
