"""PyTorch as the engine: on GPUs, for networks in memory, and where it is asked for. Only here does reading import it."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import torch

from kmnist_model.engines.engine import Batch, Direction, Rows
from kmnist_model.errors import DeviceError, WeightsError
from kmnist_model.network import PreActResNet, fingerprint, fuse

_CPU_BATCH = 48  # larger batches fall out of the processor's cache: 64 is a quarter slower
_GPU_BATCH = 1024
_MARGIN = 0.1  # logits: half precision is good to about 0.02


def choose_device(device: str = "auto") -> torch.device:
    """The device of that name; "auto" is CUDA, else Apple's MPS, else the CPU. Raises `DeviceError` if the machine does not have it."""
    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if device == "auto":
        return torch.device(next(kind for kind, present in available.items() if present))
    try:
        chosen = torch.device(device)
    except RuntimeError:
        raise DeviceError(f"No device is called {device!r}: use auto, cuda, mps or cpu.") from None
    if not available.get(chosen.type, False):
        raise DeviceError(f"This machine has no {chosen.type} for PyTorch: use auto or cpu.")
    return chosen


class TorchEngine:
    """A network on a device, fused; the network it is given stays as it is. With `half` it always computes in half precision."""

    margin = _MARGIN

    def __init__(self, network: torch.nn.Module, device: torch.device, half: bool = False) -> None:
        self.network = fuse(network).to(device).to(memory_format=torch.channels_last)
        self.device = str(device)
        self.batch = _CPU_BATCH if device.type == "cpu" else _GPU_BATCH
        self.half = half
        self._device = device

    @cached_property
    def fingerprint(self) -> str:
        """What tells the weights under the head from others."""
        return fingerprint(self.network)

    def halves(self, fast: bool) -> bool:
        """Always where it was made so; on processors with bfloat16 where `fast` allows it, which is twice as fast there."""
        return self.half or (fast and self._device.type == "cpu" and bool(torch.cpu.get_capabilities().get("avx512_bf16")))

    def logits(self, batch: Batch, half: bool = False) -> Rows:
        """See `Engine.logits`."""
        with torch.inference_mode():
            if not half:
                return self.network(self._tensor(batch)).cpu().numpy()
            with torch.autocast(self._device.type, torch.bfloat16):
                return self.network(self._tensor(batch)).float().cpu().numpy()

    def features(self, batch: Batch) -> Rows:
        """See `Engine.features`."""
        if not isinstance(self.network, PreActResNet):
            raise WeightsError("This architecture gives no features: use weights of a preact_resnet.")
        if not len(batch):
            return np.zeros((0, self.network.head.in_features), np.float32)
        with torch.inference_mode():
            return self.network.features(self._tensor(batch)).cpu().numpy()

    def gradient(self, batch: Batch, direction: Direction) -> Batch:
        """See `Engine.gradient`."""
        with torch.enable_grad():
            x = self._tensor(batch).requires_grad_()
            logits = self.network(x)
            change = torch.from_numpy(direction(logits.detach().cpu().numpy())).to(self._device)
            (gradient,) = torch.autograd.grad(logits, x, change)
        return gradient.cpu().contiguous().numpy()

    def _tensor(self, batch: Batch) -> torch.Tensor:
        return torch.from_numpy(batch).to(self._device).contiguous(memory_format=torch.channels_last)
