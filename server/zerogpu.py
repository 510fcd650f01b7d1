"""On a Hugging Face Space with ZeroGPU, heavy batches borrow a GPU for a moment; strokes never wait for one."""

from __future__ import annotations

import logging
from collections.abc import Callable
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from kmnist_model import Recognizer

_LOG = logging.getLogger(__name__)

HEAVY = 256  # inks, of a full page: about a second of the wide weights on two cores; not tried on ZeroGPU itself
_SECONDS = 20  # the most that a batch may hold it; a visitor's share is minutes a day

Logits = Callable[[NDArray[np.uint8], bool, float], NDArray[np.float32]]  # inks, fast, threshold


class Borrower(Recognizer):
    """Reads on the CPU, and batches of `HEAVY` inks or more through `on_gpu`."""

    on_gpu: Logits | None = None

    def logits(self, inks: NDArray[np.uint8], fast: bool = False) -> NDArray[np.float32]:
        """Like `Recognizer.logits`."""
        if self.on_gpu is None or len(inks) < HEAVY:
            return super().logits(inks, fast)
        try:
            return self.on_gpu(inks, fast, self.card.threshold)
        except Exception as error:  # noqa: BLE001 - no quota left, none free, a task cut off: the page is read all the same
            _LOG.warning("No GPU could be borrowed, the CPU reads: %s", error)
            return super().logits(inks, fast)


def device_of_strokes(device: str) -> str:
    """The device for drawings, given the setting `device`: the CPU where the package `spaces` is, so that they never wait for a GPU."""
    return "cpu" if find_spec("spaces") else device


def load(weights: str, device: str, engine: str = "auto") -> Recognizer:
    """`Recognizer.load`; where the package `spaces` is, one that borrows. Raises `WeightsError` or `DeviceError`."""
    try:
        import spaces
    except ImportError:
        return Recognizer.load(weights, device, engine=engine)
    borrower = Borrower.load(weights, "cpu", engine=engine)
    heavy = Recognizer.load(weights, device, engine="torch")  # with `spaces`, a GPU seems to be there from the start

    def logits(inks: NDArray[np.uint8], fast: bool, threshold: float) -> NDArray[np.float32]:
        return heavy.with_threshold(threshold).logits(inks, fast)

    borrower.on_gpu = spaces.GPU(duration=_SECONDS)(logits)
    return borrower
