"""What a recogniser asks of an engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Batch = NDArray[np.float32]  # (N, 1, size, size), normalised ink
Rows = NDArray[np.float32]  # (N, D)
Direction = Callable[[Rows], Rows]  # of logits (N, characters + 1), in their shape


@runtime_checkable
class Engine(Protocol):
    """Runs one network; safe to share between threads. `batch` inks at once are fastest, on the `device` "cpu", "cuda" or "mps".

    Decisions by logits in reduced precision that are closer than `margin` are to be repeated in full precision.
    """

    device: str
    batch: int
    margin: float

    @property
    def fingerprint(self) -> str:
        """What tells the weights under the head from others, by `network.fingerprint`."""

    def halves(self, fast: bool) -> bool:
        """Whether it should compute in reduced precision first, where `fast` says that this is good enough."""

    def logits(self, batch: Batch, half: bool = False) -> Rows:
        """The outputs (N, characters + 1) of normalised ink (N, 1, size, size) float32; `half` computes in reduced precision: half, or int8."""

    def features(self, batch: Batch) -> Rows:
        """The vectors (N, D) under the head. Raises `WeightsError` for a network without them (torchvision's)."""

    def gradient(self, batch: Batch, direction: Direction) -> Batch:
        """How the logits, in the `direction` that it makes of them, change with each number of `batch`, in its shape.

        Raises `WeightsError` where that cannot be said without PyTorch.
        """


def normalise(inks: NDArray[np.uint8], mean: float, std: float) -> Batch:
    """Inks (N, size, size) uint8 as an engine takes them, like `preprocess.to_tensor`."""
    batch = inks[:, None].astype(np.float32)
    batch /= np.float32(255 * std)
    batch -= np.float32(mean / std)
    return batch
