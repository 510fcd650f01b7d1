"""Which engine reads: ONNX Runtime on CPUs; PyTorch on a GPU, for weights without an ONNX file, and where it is asked for."""

from __future__ import annotations

import logging
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

from kmnist_model import weights_file
from kmnist_model.engines.engine import Engine
from kmnist_model.errors import DeviceError, WeightsError
from kmnist_model.weights_file import Card

ENGINES = ("auto", "onnx", "torch")
_LOG = logging.getLogger(__name__)


def load_engine(weights: Path, card: Card, device: str = "auto", engine: str = "auto", outputs: list[int] | None = None) -> Engine:
    """The engine for the weights file at `weights` with its whole `card`; of its outputs only `outputs`, in this order, if given.

    Raises `DeviceError` for an engine or a device that there is not, `WeightsError` for weights that it cannot run.
    """
    if engine not in ENGINES:
        raise DeviceError(f"No engine is called {engine!r}: use auto, onnx or torch.")
    if engine == "onnx" and device not in ("auto", "cpu"):
        raise DeviceError(f"ONNX Runtime reads on the CPU, not on {device!r}: use the engine torch for that device.")
    if engine == "torch" or device not in ("auto", "cpu") or (engine == "auto" and device == "auto" and _has_gpu()):
        return _torch_engine(weights, device, outputs)
    from kmnist_model.engines.onnx_engine import OnnxEngine, onnx_path

    try:
        return OnnxEngine(weights, card.architecture, outputs)
    except WeightsError as error:
        if engine == "onnx" or not has_torch():
            raise
        if onnx_path(weights).is_file():
            _LOG.warning("%s PyTorch reads meanwhile.", error)
        return _torch_engine(weights, "cpu", outputs)


def has_torch() -> bool:
    """Whether PyTorch is installed; it is not imported."""
    try:
        return find_spec("torch") is not None
    except ValueError:  # it is kept from being imported
        return False


def gpu_may_be_here() -> bool:
    """Whether it is worth a second to ask PyTorch for a GPU: there is NVIDIA's or AMD's driver, or this is a Mac or Windows."""
    drivers = ("/proc/driver/nvidia", "/dev/kfd", "/dev/dxg")
    return any(Path(it).exists() for it in drivers) or shutil.which("nvidia-smi") is not None or sys.platform in ("darwin", "win32")


def _has_gpu() -> bool:
    if not (has_torch() and gpu_may_be_here()):
        return False
    from kmnist_model.engines.torch_engine import choose_device

    return choose_device().type != "cpu"


def _torch_engine(weights: Path, device: str, outputs: list[int] | None) -> Engine:
    if not has_torch():
        raise DeviceError("PyTorch is not installed: install torch (make run LIGHT=0), or use the engine onnx on the CPU.")
    from kmnist_model.engines.torch_engine import TorchEngine, choose_device
    from kmnist_model.network import restrict

    chosen = choose_device(device)
    _, network = weights_file.load(weights)
    return TorchEngine(network if outputs is None else restrict(network, outputs), chosen, half=chosen.type == "cuda")
