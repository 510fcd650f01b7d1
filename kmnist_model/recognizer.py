"""Ink -> ranked, calibrated candidates, or "blank", or "not a character I know"."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from kmnist_model import weights_file
from kmnist_model.alphabet import Alphabet
from kmnist_model.errors import DeviceError, InkError, WeightsError
from kmnist_model.image import Picture, as_image
from kmnist_model.network import fuse
from kmnist_model.preprocess import SIZE, InkImage, from_image, from_strokes, to_tensor
from kmnist_model.weights_file import Card

Verdict = Literal["character", "unknown", "blank"]

WEIGHTS = Path(__file__).parent / "weights"
_BATCH = {"cpu": 48}  # larger batches fall out of the processor's cache: 64 is a quarter slower
_GPU_BATCH = 1024
_BLANK = 255  # less ink in all than one full pixel
_DOUBT = 0.1  # logits: answers that half precision, good to about 0.02, might change


@dataclass(frozen=True, slots=True)
class Candidate:
    """One class with its calibrated `probability`, 0..1."""

    character: str
    romaji: str
    probability: float


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read: the `verdict`, all `candidates` best first (their probabilities sum to 1), the (28, 28) uint8 `ink` that the network saw.

    "unknown" means: there is ink, but it is not one of the alphabet's characters; the candidates are then only the nearest
    shapes. For "blank" they are all equally likely.
    """

    verdict: Verdict
    candidates: tuple[Candidate, ...]
    ink: InkImage = field(repr=False, compare=False)

    def as_dict(self, top: int | None = None) -> dict[str, Any]:
        """Verdict and the first `top` candidates (all by default) as plain JSON values."""
        candidates = [{"character": c.character, "romaji": c.romaji, "probability": c.probability} for c in self.candidates[:top]]
        return {"verdict": self.verdict, "candidates": candidates}


def weights_path(name_or_path: str | Path) -> Path:
    """The weights file of that path, or the shipped one of that name; raises `WeightsError` where there is none."""
    shipped = WEIGHTS / f"{name_or_path}.safetensors"
    if isinstance(name_or_path, str) and Path(name_or_path).name == name_or_path and shipped.is_file():
        return shipped
    if not Path(name_or_path).is_file():
        names = ", ".join(sorted(file.stem for file in WEIGHTS.glob("*.safetensors")))
        raise WeightsError(f"There are no weights {str(name_or_path)!r}: give the path of a weights file, or one of: {names}.")
    return Path(name_or_path)


def choose_device(device: str = "auto") -> torch.device:
    """The device of that name; "auto" takes CUDA, then Apple's MPS, then the CPU. Raises `DeviceError` where this machine lacks it."""
    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if device == "auto":
        return torch.device(next(kind for kind, here in available.items() if here))
    try:
        chosen = torch.device(device)
    except RuntimeError:
        raise DeviceError(f"No device is called {device!r}: use auto, cuda, mps or cpu.") from None
    if not available.get(chosen.type, False):
        raise DeviceError(f"This machine has no {chosen.type} for PyTorch: use auto or cpu.")
    return chosen


@cache
def shipped() -> Recognizer:
    """The shipped weights on the best device that is here, loaded once."""
    return Recognizer.load()


class Recognizer:
    """Reads characters with one network and its card; safe to share between threads. The network it is given stays as it is."""

    def __init__(self, card: Card, network: torch.nn.Module, device: torch.device, half: bool = False) -> None:
        self.card = card
        self.device = device
        self._half = half
        self._network = fuse(network).to(device).to(memory_format=torch.channels_last)

    @classmethod
    def load(cls, name_or_path: str | Path = "kmnist", device: str = "auto") -> Self:
        """Load shipped weights by name or a weights file by path onto `device` ("auto", "cuda", "mps" or "cpu").

        On CUDA the network runs in half precision, and whatever that might answer differently runs again in full. Raises
        `WeightsError` or `DeviceError`.
        """
        chosen = choose_device(device)
        card, network = weights_file.load(weights_path(name_or_path))
        return cls(card, network, chosen, half=chosen.type == "cuda")

    def with_card(self, card: Card) -> Self:
        """The same network on the same device with another card, for example another temperature or threshold; nothing is copied."""
        other = copy.copy(self)
        other.card = card
        return other

    @property
    def network(self) -> torch.nn.Module:
        """The network itself, in evaluation mode, its norms folded in: normalised ink (N, 1, 28, 28) float32 in, logits (N, characters + 1) out."""
        return self._network

    @property
    def alphabet(self) -> Alphabet:
        """The characters that this recogniser knows, in class order."""
        return self.card.alphabet

    def read(self, picture: Picture) -> Reading:
        """Read a picture of one character: a path, the bytes of a file, a Pillow image, or an array (H, W) or (H, W, 3 or 4), uint8 or float 0..1. Raises `PictureError`."""
        return self.read_ink(from_image(as_image(picture))[None])[0]

    def read_strokes(self, strokes: Sequence[Sequence[Sequence[float]]]) -> Reading:
        """Read a drawing: a list of strokes, each a list of points [x, y] or [x, y, milliseconds], any unit, y downwards. Raises `InkError`."""
        return self.read_ink(from_strokes(strokes)[None])[0]

    def read_ink(self, inks: ArrayLike) -> list[Reading]:
        """Read inks (N, 28, 28) uint8, white ink in KMNIST's geometry, in batches: one `Reading` each. Raises `InkError` for another shape."""
        try:
            inks = np.asarray(inks)
        except ValueError:  # lists of uneven length
            raise InkError("Inks are an array (N, 28, 28) of uint8, not lists of uneven length: use from_image first.") from None
        if inks.ndim != 3 or inks.shape[1:] != (SIZE, SIZE) or inks.dtype != np.uint8:
            raise InkError(f"Inks are an array (N, 28, 28) of uint8, not {inks.shape} of {inks.dtype}: use from_image first.")
        return self.readings(inks, self.logits(inks))

    def readings(self, inks: NDArray[np.uint8], logits: NDArray[np.float32], threshold: float | None = None) -> list[Reading]:
        """What `logits` (N, characters + 1) of inks (N, 28, 28) uint8 say: one `Reading` each; a familiarity below `threshold` (the weights' own unless told) is "unknown"."""
        probabilities = self.probabilities(logits)
        known = self.known_logit(logits) >= (self.card.threshold if threshold is None else threshold)
        blank = inks.sum((1, 2), dtype=np.int64) < _BLANK
        probabilities[blank] = 1 / len(self.alphabet)
        order = np.argsort(-probabilities, axis=1, kind="stable")
        ranked = np.take_along_axis(probabilities, order, 1)
        entries = self.alphabet.entries
        return [
            Reading(
                "blank" if blank[n] else "character" if known[n] else "unknown",
                tuple(
                    Candidate(entries[index].character, entries[index].romaji, probability)
                    for index, probability in zip(order[n].tolist(), ranked[n].tolist(), strict=True)
                ),
                inks[n],
            )
            for n in range(len(inks))
        ]

    def logits(self, inks: NDArray[np.uint8], fast: bool = False, threshold: float | None = None) -> NDArray[np.float32]:
        """The network's raw outputs (N, characters + 1) for inks (N, 28, 28) uint8; the last is for "not a character".

        `fast` takes half precision where this processor has it: twice as fast, good to about 0.02, and so a little different by batch; where
        that might change an answer, by the `threshold` that `readings` will be given, the ink is read again in full.
        """
        size = _BATCH.get(self.device.type, _GPU_BATCH)
        half = self._half or (fast and self.device.type == "cpu" and bool(torch.cpu.get_capabilities().get("avx512_bf16")))
        limit = self.card.threshold if threshold is None else threshold
        rows = [self._forward(inks[start : start + size], half, limit) for start in range(0, len(inks), size)]
        return np.concatenate(rows) if rows else np.zeros((0, len(self.alphabet) + 1), np.float32)

    def _forward(self, inks: NDArray[np.uint8], half: bool, threshold: float) -> NDArray[np.float32]:
        with torch.inference_mode():
            batch = to_tensor(torch.tensor(inks, device=self.device), self.card.mean, self.card.std)
            batch = batch.contiguous(memory_format=torch.channels_last)
            if not half:
                return self._network(batch).cpu().numpy()
            with torch.autocast(self.device.type, torch.bfloat16):
                logits = self._network(batch).float()
            doubtful = torch.from_numpy(self._doubtful(logits.cpu().numpy(), threshold)).to(self.device)
            if doubtful.any():
                logits[doubtful] = self._network(batch[doubtful])
            return logits.cpu().numpy()

    def _doubtful(self, logits: NDArray[np.float32], threshold: float) -> NDArray[np.bool_]:
        """Which rows have two best characters, or a familiarity and the threshold, too close for half precision."""
        near_threshold = np.abs(self.known_logit(logits) - threshold) < _DOUBT
        if len(self.alphabet) < 2:
            return near_threshold
        second, best = np.partition(logits[:, :-1], -2, axis=1)[:, -2:].T
        return near_threshold | (best - second < _DOUBT)

    def probabilities(self, logits: NDArray[np.float32]) -> NDArray[np.float64]:
        """Calibrated probabilities (N, characters) of `logits`, given that it is one of the characters."""
        known = logits[:, :-1].astype(np.float64)
        with np.errstate(over="ignore"):  # a tiny temperature: all but the best are infinitely less likely
            scaled = np.exp((known - known.max(1, keepdims=True)) / self.card.temperature)
        return scaled / scaled.sum(1, keepdims=True)

    def known_logit(self, logits: NDArray[np.float32]) -> NDArray[np.float64]:
        """The natural log-odds (N,) that an ink is one of the characters rather than something else, by the network's last output."""
        known, other = logits[:, :-1].astype(np.float64), logits[:, -1].astype(np.float64)
        best = known.max(1)
        return best + np.log(np.exp(known - best[:, None]).sum(1)) - other

    def log_probabilities(self, logits: NDArray[np.float32]) -> NDArray[np.float64]:
        """The logarithm (N,) of how likely an ink is the best of the characters, rather than another one or something else."""
        known = -np.logaddexp(0, -self.known_logit(logits))
        return known + np.log(self.probabilities(logits).max(1))
