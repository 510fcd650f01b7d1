"""What each engine that could run the released weights on this processor costs and loses, beside PyTorch in float32: the parity table."""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.datasets import datasets
from bench.section import LONG_RUN, Figures, Row, Section, pick
from kmnist_model.engines.onnx_engine import INPUT, LOGITS, has_int8, int8_path, onnx_path, threads
from kmnist_model.recognizer import RELEASED, Recognizer, weights_path
from train.data import kuzushiji
from train.data.data_folder import DataFolder
from train.data.splits import Examples, join, kmnist_t10k
from train.evaluation.calibrate import calibration_error

Run = Callable[[NDArray[np.uint8]], NDArray[np.float32]]  # inks (N, size, size) -> logits (N, characters + 1)

TORCH, SHIPPED = "PyTorch", "ONNX Runtime, int8, close decisions again in float32"
ONNX, INT8 = "ONNX Runtime, float32", "ONNX Runtime, int8"
OPENVINO = {"OpenVINO, float32": "f32", "OpenVINO, bfloat16": "bf16", "OpenVINO, int8": "f32"}  # its precision of what is not in int8
ENGINES = (TORCH, ONNX, INT8, SHIPPED, *OPENVINO)
_INT8_ONLY, _OPTIONAL = (INT8, SHIPPED, "OpenVINO, int8"), (INT8, SHIPPED, *OPENVINO)
_BATCH = 32
_TRAINING = 2000  # images
_MAX_LOSS = 0.0005


@dataclass(frozen=True)
class _Sizes:
    """The most held-out and training images, and the rounds of the times."""

    images: int
    rounds: int


_FULL, _SMOKE = _Sizes(2_000, 20), _Sizes(40, 2)


def measure(smoke: bool = False) -> Figures:
    """For each weights file and engine: accuracy, calibration error, share refused, answers that differ from PyTorch's, ms and MB."""
    sizes = _SMOKE if smoke else _FULL
    with datasets(smoke) as data:
        return {name: _measure(name, *_images(name, data, sizes.images), sizes.rounds) for name in RELEASED}


def _images(name: str, data: DataFolder, most: int) -> tuple[Examples, Examples]:
    """Held-out and training images."""
    alphabet = Recognizer.load(name, "cpu").alphabet
    if name == "kmnist":
        split = kmnist_t10k(data)
        training, test = join(split.train, split.validation), split.test
    else:
        training, _, test = kuzushiji.old_kanji(data, alphabet)
    rng = np.random.default_rng(0)
    return test.take(np.arange(len(test))[:most]), training.take(rng.permutation(len(training))[: min(most, _TRAINING)])


def _measure(name: str, test: Examples, training: Examples, rounds: int) -> Figures:
    recognizer, path = Recognizer.load(name, "cpu", engine="onnx"), weights_path(name)
    inks = np.concatenate([test.inks, training.inks])
    figures: Figures = {}
    runs = dict(_engines(name, recognizer, path))
    times = _times(runs, inks[:_BATCH], rounds)
    reference: list[tuple[str, str]] = []  # PyTorch's verdicts and best characters
    for engine, run in runs.items():
        logits = np.concatenate([run(inks[start : start + _BATCH]) for start in range(0, len(inks), _BATCH)])
        readings = recognizer.readings(inks, logits)
        answers: list[tuple[str, str]] = [(each.verdict, each.candidates[0].character) for each in readings]
        reference = reference or answers
        probabilities = recognizer.probabilities(logits[: len(test)])
        figures[engine] = {
            "n": len(test),
            "accuracy": float((probabilities.argmax(1) == test.labels).mean()),
            "ece": calibration_error(probabilities, test.labels),
            "refused": float(np.mean([each.verdict == "unknown" for each in readings[: len(test)]])),
            "compared": len(inks),
            "differ": sum(ours != theirs for ours, theirs in zip(answers, reference, strict=True)),
            **times[engine],
            "mb": sum(file.stat().st_size for file in _files(engine, path)) / 1e6,
        }
        figures[engine]["loss"] = figures[TORCH]["accuracy"] - figures[engine]["accuracy"]
    return figures


def _engines(name: str, recognizer: Recognizer, path: Path) -> Iterator[tuple[str, Run]]:
    """Each engine that can be had here, PyTorch first."""
    torch = Recognizer.load(name, "cpu", engine="torch")
    yield TORCH, lambda inks: torch.engine.logits(torch.normalised(inks))
    yield ONNX, lambda inks: recognizer.engine.logits(recognizer.normalised(inks))
    if recognizer.engine.halves(fast=True):
        yield INT8, lambda inks: recognizer.engine.logits(recognizer.normalised(inks), half=True)
        yield SHIPPED, recognizer.logits
    else:
        print(f"{name} has no int8 file, or this processor no int8: those rows are left out.", file=sys.stderr)
    try:
        openvino = importlib.import_module("openvino")  # not among what is installed
    except ImportError:
        print("OpenVINO is not installed, so that its rows are left out: pip install openvino.", file=sys.stderr)
        return
    for engine, precision in OPENVINO.items():
        if engine not in _INT8_ONLY or (int8_path(path).is_file() and has_int8()):
            yield engine, _openvino(openvino, _files(engine, path)[0], precision, recognizer)


def _openvino(openvino: Any, file: Path, precision: str, recognizer: Recognizer) -> Run:
    core = openvino.Core()
    settings = {"INFERENCE_PRECISION_HINT": precision, "INFERENCE_NUM_THREADS": threads(), "NUM_STREAMS": 1}
    request = core.compile_model(core.read_model(file), "CPU", settings).create_infer_request()
    return lambda inks: request.infer({INPUT: recognizer.normalised(inks)})[LOGITS].copy()


def _files(engine: str, path: Path) -> list[Path]:
    """What an engine loads, the card aside."""
    if engine == SHIPPED:
        return [onnx_path(path), int8_path(path)]
    return [path if engine == TORCH else int8_path(path) if engine in _INT8_ONLY else onnx_path(path)]


def _times(runs: Mapping[str, Run], inks: NDArray[np.uint8], rounds: int) -> dict[str, dict[str, float]]:
    """The median ms of one ink, and for each ink of a batch; the engines take turns."""
    took: dict[str, dict[str, list[float]]] = {engine: {"one_ms": [], "batch_ms": []} for engine in runs}
    for _ in range(rounds + 1):
        for engine, run in runs.items():
            for kind, batch in (("one_ms", inks[:1]), ("batch_ms", inks)):
                began = time.perf_counter()
                run(batch)
                took[engine][kind].append(1000 * (time.perf_counter() - began) / len(batch))
    return {engine: {kind: float(np.median(values[1:])) for kind, values in kinds.items()} for engine, kinds in took.items()}


def _details(name: str, engine: str) -> Callable[[Figures], str]:
    def also(figures: Figures) -> str:
        found = figures[name][engine]
        return (
            f" (calibration error {100 * found['ece']:.2f} %, refused {100 * found['refused']:.2f} %; {found['differ']} of {found['compared']:,}"
            f" answers unlike PyTorch's; {found['one_ms']:.2f} ms for one, {found['batch_ms']:.2f} ms in a batch of {_BATCH}; {found['mb']:.1f} MB)"
        )

    return also


def _rows(name: str) -> Iterator[Row]:
    for engine in ENGINES:
        yield Row(
            f"{name} by {engine}",
            pick(name, engine, "accuracy"),
            pick(name, engine, "n"),
            also=_details(name, engine),
            optional=engine in _OPTIONAL,
        )
    yield Row(
        f"{name}, what the engine of CPUs loses", pick(name, SHIPPED, "loss"), pick(name, SHIPPED, "n"), _MAX_LOSS, True, optional=True
    )


SECTION = Section(
    name="engines",
    group="Speed",
    measure=measure,
    rows=tuple(row for name in RELEASED for row in _rows(name)),
    code=("kmnist_model/engines/*.py", "kmnist_model/network.py", "kmnist_model/recognizer.py", "kmnist_model/weights/*.onnx"),
    allowed_stale=LONG_RUN,
)
