"""The shipped weights in ONNX Runtime and in torch, the same batches on the same cores, by turns."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from bench.report.stamp import spread
from kmnist_model.preprocess import to_tensor
from kmnist_model.recognizer import Recognizer, weights_path
from train.data import sources
from train.publishing import onnx_file

_ROUNDS = {1: 300, 256: 15}


def measure() -> dict[str, Any]:
    """Milliseconds for a batch of 1 and of 256 inks, normalisation included."""
    recognizer = Recognizer.load("kmnist", "cpu")
    drawn = sources.drawn(recognizer.alphabet, 26, np.random.default_rng(0))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "kmnist.onnx"
        onnx_file.write(weights_path("kmnist"), path, drawn)
        session = onnx_file.session(path, torch.get_num_threads())

    def with_onnx(inks: np.ndarray) -> None:
        onnx_file.logits(session, inks)

    found: dict[str, Any] = {}
    for size, rounds in _ROUNDS.items():
        inks = drawn.inks[:size]
        eager = _eager(recognizer)
        times: dict[str, list[float]] = {"onnx_ms": [], "torch_ms": []}
        for _ in range(rounds):
            times["onnx_ms"].append(_milliseconds(with_onnx, inks))
            times["torch_ms"].append(_milliseconds(eager, inks))
        found[str(size)] = {name: spread(values) for name, values in times.items()}
    return found


def _eager(recognizer: Recognizer) -> Callable[[np.ndarray], None]:
    """One forward pass for the whole batch, as torch does it without our splitting."""
    network, card = recognizer.network, recognizer.card

    def run(inks: np.ndarray) -> None:
        with torch.inference_mode():
            network(to_tensor(torch.from_numpy(inks), card.mean, card.std).contiguous(memory_format=torch.channels_last))

    return run


def _milliseconds(run: Callable[[np.ndarray], None], inks: np.ndarray) -> float:
    began = time.perf_counter()
    run(inks)
    return 1000 * (time.perf_counter() - began)
