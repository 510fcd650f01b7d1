"""ONNX Runtime as the engine of CPUs: the files NAME.onnx and NAME.int8.onnx beside NAME.safetensors, made from it by `python -m train onnx`."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Self

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from kmnist_model.engines.engine import Batch, Direction, Rows
from kmnist_model.engines.gradient import STEM_STRIDES, InputGradient
from kmnist_model.errors import WeightsError
from kmnist_model.weights_file import float_tensors, tensors_sha256

INPUT, LOGITS, FEATURES = "ink", "logits", "features"
SHA256, FINGERPRINT = "weights_sha256", "fingerprint"  # in the file's metadata
_AVX512_VNNI = 23  # OpenCV's CV_CPU_AVX_512VNNI
_BATCH = 32  # 48 and more fall out of the processor's cache
_INT8_MARGIN = (
    0.3  # logits: closer decisions by int8 are repeated in float32, 2 % of the held-out images; it differs by 0.2 at most in 999 of 1,000
)


def onnx_path(weights: Path) -> Path:
    """Where the ONNX file of a weights file is."""
    return weights.with_suffix(".onnx")


def int8_path(weights: Path) -> Path:
    """Where the ONNX file of a weights file is whose convolutions are in int8."""
    return weights.with_suffix(".int8.onnx")


def has_int8() -> bool:
    """Whether the processor multiplies int8 without loss (AVX-512 VNNI): others saturate, or gain nothing."""
    return bool(cv2.checkHardwareSupport(_AVX512_VNNI))


def threads() -> int:
    """The threads of one session: as many as PyTorch would take, by OMP_NUM_THREADS or the processors that the process may use."""
    asked = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0]
    if asked.isdigit() and int(asked):
        return int(asked)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def open_session(path: Path, arena: bool = True) -> onnxruntime.InferenceSession:
    """ONNX Runtime's session of a file on the CPU; `arena` keeps memory for the next run. Raises `WeightsError` where it is damaged."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads()
    options.enable_cpu_mem_arena = arena
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # the other sessions and requests need the processor
    try:
        return onnxruntime.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # noqa: BLE001 - ONNX Runtime's errors share no class below it
        raise WeightsError(
            f"{path.name} is no usable ONNX file ({type(error).__name__}): make it again with python -m train onnx."
        ) from None


def checked_session(weights: Path, arena: bool = True, path: Path | None = None) -> onnxruntime.InferenceSession:
    """The session of the ONNX file beside a weights file, by default the one in float32.

    Raises `WeightsError` if it is missing, damaged or made of other weights.
    """
    path = path or onnx_path(weights)
    if not path.is_file():
        raise WeightsError(f"{weights.name} has no {path.name} beside it: make it with python -m train onnx, or install torch.")
    session = open_session(path, arena)
    if session.get_modelmeta().custom_metadata_map.get(SHA256) != tensors_sha256(weights):
        raise WeightsError(f"{path.name} was made of other weights than {weights.name}: make it again with python -m train onnx.")
    return session


@dataclass(frozen=True)
class _Sessions:
    """Those of one weights file; of int8 only where there is such a file, and a processor for it."""

    whole: onnxruntime.InferenceSession
    int8: onnxruntime.InferenceSession | None

    @classmethod
    def of(cls, weights: Path) -> Self:
        whole, path = checked_session(weights), int8_path(weights)
        return cls(whole, checked_session(weights, path=path) if path.is_file() and has_int8() else None)


@cache
def _shared(weights: Path, written: int) -> _Sessions:  # noqa: ARG001 - a part of the cache's key
    """One for all recognisers of a weights file, as it was `written`: all characters and kana alone are the same network."""
    return _Sessions.of(weights)


@cache
def _gradient(weights: Path, written: int, stem_stride: int) -> InputGradient:  # noqa: ARG001 - as above
    """Made when it is first asked for: it holds the weights in float32."""
    return InputGradient(float_tensors(weights), stem_stride)


class OnnxEngine:
    """The network of the weights file at `weights`; of its outputs only `outputs`, in this order, if given."""

    device = "cpu"
    batch = _BATCH
    margin = _INT8_MARGIN

    def __init__(self, weights: Path, architecture: str, outputs: list[int] | None = None) -> None:
        """Raises `WeightsError` if the ONNX file beside the weights is missing, or one of both damaged, or made of other weights."""
        self._weights, self._architecture = weights, architecture
        self._outputs: NDArray[np.int64] | None = None if outputs is None else np.array(outputs, np.int64)
        sessions = _shared(weights.resolve(), weights.stat().st_mtime_ns) if weights.is_file() else _Sessions.of(weights)
        self._session, self._int8 = sessions.whole, sessions.int8

    @cached_property
    def fingerprint(self) -> str:
        """What tells the weights under the head from others."""
        return str(self._session.get_modelmeta().custom_metadata_map.get(FINGERPRINT, ""))

    def halves(self, fast: bool) -> bool:  # noqa: ARG002 - the sums of int8 are exact, so that no answer depends on its batch
        """Wherever int8 can be had."""
        return self._int8 is not None

    def logits(self, batch: Batch, half: bool = False) -> Rows:
        """See `Engine.logits`; `half` computes the convolutions in int8."""
        session = self._int8 if half and self._int8 is not None else self._session
        rows: Rows = session.run([LOGITS], {INPUT: batch})[0]
        return rows if self._outputs is None else rows[:, self._outputs]

    def features(self, batch: Batch) -> Rows:
        """See `Engine.features`."""
        shapes = {output.name: output.shape for output in self._session.get_outputs()}
        if FEATURES not in shapes:
            raise WeightsError("This architecture gives no features: use weights of a preact_resnet.")
        if not len(batch):
            return np.zeros((0, int(shapes[FEATURES][1])), np.float32)
        found: Rows = self._session.run([FEATURES], {INPUT: batch})[0]
        return found

    def gradient(self, batch: Batch, direction: Direction) -> Batch:
        """See `Engine.gradient`."""
        if self._architecture not in STEM_STRIDES:
            raise WeightsError("This architecture's evidence needs PyTorch: install torch and choose its engine.")
        gradient = _gradient(self._weights.resolve(), self._weights.stat().st_mtime_ns, STEM_STRIDES[self._architecture])
        return gradient(batch, direction if self._outputs is None else partial(self._of_all, direction))

    def _of_all(self, direction: Direction, logits: Rows) -> Rows:
        """The direction of all outputs of the network from that of some."""
        change = np.zeros_like(logits)
        change[:, self._outputs] = direction(logits[:, self._outputs])
        return change
