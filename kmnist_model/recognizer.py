"""Ink image -> Reading: ranked, calibrated candidates and the verdict "character", "perhaps", "unknown" or "blank"."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kmnist_model.alphabet import Alphabet
from kmnist_model.characters import historical_forms, kanji
from kmnist_model.engines.choice import load_engine
from kmnist_model.engines.engine import Batch, Engine, Rows, normalise
from kmnist_model.errors import InkError, WeightsError
from kmnist_model.hub import address, download
from kmnist_model.image import Picture, as_image
from kmnist_model.preprocess import from_picture, from_strokes
from kmnist_model.types import Candidate, Reading, Verdict
from kmnist_model.weights_file import Card, load_card

if TYPE_CHECKING:
    import torch

    from kmnist_model.gallery.gallery import Neighbour

__all__ = ["WEIGHTS", "Candidate", "Reading", "Recognizer", "Verdict", "weights_path"]

WEIGHTS = Path(__file__).parent / "weights"
RELEASED = ("kmnist", "kuzushiji")  # the names of the weights in the package
_MIN_INK = 255  # the sum of all pixels: less than one full pixel is blank
_MOST_CANDIDATES = 100  # that a reading holds: thousands would take longer to write down than to find


def weights_path(name_or_path: str | Path) -> Path:
    """The path of the weights file of that name in the package, of that path, or of that address on the Hub. Raises `WeightsError` if there is none."""
    if address.is_address(name_or_path):
        return download.download(str(name_or_path)).path
    released = WEIGHTS / f"{name_or_path}.safetensors"
    if isinstance(name_or_path, str) and Path(name_or_path).name == name_or_path and released.is_file():
        return released
    if not Path(name_or_path).is_file():
        names = ", ".join(sorted(file.stem for file in WEIGHTS.glob("*.safetensors") if file.name != historical_forms.FILE.name))
        raise WeightsError(f"There are no weights {str(name_or_path)!r}: give the path of a weights file, or one of: {names}.")
    return Path(name_or_path)


def _restricted(card: Card, only: str) -> tuple[Card, list[int]]:
    """The card of the characters that `only` names, and the network's outputs for them."""
    kinds = {"kana", "kanji"}
    rows = [index for index, entry in enumerate(card.alphabet) if (entry.kind == only if only in kinds else entry.character in only)]
    if not rows:
        raise WeightsError(f"These weights know no {only}: leave only out, or give characters that they know.")
    entries = tuple(card.alphabet[index] for index in rows)
    own: dict[str, Any] = dict(card.restrictions.get(only, {}))  # else as among all of them
    return replace(card, alphabet=Alphabet(card.alphabet.name, entries), **own), [*rows, len(card.alphabet)]


class Recognizer:
    """Reads characters with one network and its card; safe to share between threads. The network it is given stays as it is."""

    def __init__(self, card: Card, network: torch.nn.Module | Engine, device: torch.device | str = "cpu", half: bool = False) -> None:
        """`network` is one of PyTorch's, which runs on `device`, or an engine that has one already."""
        self.card = card
        self.engine: Engine = network if isinstance(network, Engine) else _with_torch(network, device, half)

    @classmethod
    def load(cls, name_or_path: str | Path = "kmnist", device: str = "auto", only: str | None = None, engine: str = "auto") -> Self:
        """Load weights by name, by path or from the Hub ("hf:owner/name", "hf:owner/name@revision") onto `device` ("auto", "cuda", "mps" or "cpu").

        `only` leaves some of the characters: "kana", "kanji" or the characters themselves; the probabilities are then among these. `engine` is
        "onnx", "torch", or "auto": ONNX Runtime on a CPU, PyTorch on a GPU and for weights without an ONNX file. On CUDA the network
        runs in half precision; inks whose answer that could change run again in full precision. Raises `WeightsError`, also where none of
        the characters is left, or `DeviceError`.
        """
        path = weights_path(name_or_path)
        card = whole = load_card(path)
        outputs = None
        if only is not None:
            card, outputs = _restricted(whole, only)
        return cls(card, load_engine(path, whole, device, engine, outputs))

    @property
    def device(self) -> str:
        """The device that the network is on: "cpu", "cuda" or "mps"."""
        return self.engine.device

    def with_card(self, card: Card) -> Self:
        """The same network on the same device with another card, for example another temperature or threshold; nothing is copied."""
        other = copy.copy(self)
        other.card = card
        other.__dict__.pop("_names", None)  # another alphabet may come with it
        return other

    def with_threshold(self, threshold: float) -> Self:
        """The same recogniser with another threshold of the known logit: an ink below it is "unknown", any other is not in doubt."""
        return self.with_card(replace(self.card, threshold=threshold, sure=None))

    @property
    def _sure(self) -> float:
        """The known logit from which an ink is surely one of the characters."""
        return self.card.threshold if self.card.sure is None else max(self.card.sure, self.card.threshold)

    @property
    def network(self) -> torch.nn.Module:
        """The fused network in evaluation mode: normalised ink (N, 1, size, size) float32 -> logits (N, characters + 1).

        Raises `WeightsError` where PyTorch is not the engine.
        """
        network: torch.nn.Module | None = getattr(self.engine, "network", None)
        if network is None:
            raise WeightsError('ONNX Runtime shows no network: load the weights with engine="torch".')
        return network

    @property
    def fingerprint(self) -> str:
        """What tells the weights under the head from others, by `network.fingerprint`."""
        return self.engine.fingerprint

    @property
    def size(self) -> int:
        """The side, in px, of the ink images that this recogniser reads."""
        return self.card.size

    @property
    def alphabet(self) -> Alphabet:
        """The characters that this recogniser knows, in class order."""
        return self.card.alphabet

    def read(self, picture: Picture) -> Reading:
        """Read a picture of one character. Raises `PictureError`.

        `picture` is a path, the bytes of a file, a Pillow image, or an array (H, W) or (H, W, 3 or 4), uint8 or float 0..1.
        """
        found = from_picture(as_image(picture), self.size)
        reading = self.read_ink(found.ink[None])[0]
        return reading.without_marks() if found.dropped else reading

    def read_strokes(self, strokes: Sequence[Sequence[Sequence[float]]]) -> Reading:
        """Read a drawing. Raises `InkError`.

        `strokes` is a list of strokes, each a list of points [x, y] or [x, y, milliseconds], in any unit, y downwards.
        """
        return self.read_ink(from_strokes(strokes, self.size)[None])[0]

    def read_ink(self, inks: ArrayLike) -> list[Reading]:
        """One `Reading` for each ink image (N, size, size) uint8, white ink in KMNIST's geometry. Raises `InkError` for another shape."""
        shape = f"Inks are an array (N, {self.size}, {self.size}) of uint8"
        try:
            inks = np.asarray(inks)
        except ValueError:  # lists of uneven length
            raise InkError(f"{shape}, not lists of uneven length: use from_image first.") from None
        if inks.ndim != 3 or inks.shape[1:] != (self.size, self.size) or inks.dtype != np.uint8:
            raise InkError(f"{shape}, not {inks.shape} of {inks.dtype}: use from_image first.")
        return self.readings(inks, self.logits(inks))

    def readings(self, inks: NDArray[np.uint8], logits: NDArray[np.float32]) -> list[Reading]:
        """One `Reading` for each row of `logits` (N, characters + 1) of inks (N, size, size) uint8.

        A known logit below the card's threshold is "unknown", below its `sure` "perhaps". Of a large alphabet a reading holds the best 100 candidates. A kanji's
        romaji are its most common readings.
        """
        probabilities = self.probabilities(logits)
        known_logit = self.known_logit(logits)
        known, sure = known_logit >= self.card.threshold, known_logit >= self._sure
        blank = inks.sum((1, 2), dtype=np.int64) < _MIN_INK
        probabilities[blank] = 1 / len(self.alphabet)
        order = _best(probabilities, _MOST_CANDIDATES)
        ranked = np.take_along_axis(probabilities, order, 1)
        names = self._names
        return [
            Reading(
                "blank" if blank[n] else "character" if sure[n] else "perhaps" if known[n] else "unknown",
                tuple(
                    [
                        Candidate(names[index][0], names[index][1], probability)
                        for index, probability in zip(order[n].tolist(), ranked[n].tolist(), strict=True)
                    ]
                ),
                inks[n],
            )
            for n in range(len(inks))
        ]

    @cached_property
    def _names(self) -> list[tuple[str, str]]:
        """The character and the romaji of each output."""
        return [(entry.character, entry.romaji or kanji.romaji(entry.character)) for entry in self.alphabet]

    def logits(self, inks: NDArray[np.uint8], fast: bool = False) -> NDArray[np.float32]:
        """The network's raw outputs (N, characters + 1) for inks (N, size, size) uint8; the last is for "not a character".

        ONNX Runtime uses int8 on processors that have it: two and a half times as fast, good to about 0.2. PyTorch uses half precision where `fast` allows
        it: twice as fast, good to about 0.02, so that results depend a little on the batch. Inks whose answer that could change (best
        character, or known by the card's threshold) run again in full precision.
        """
        half = self.engine.halves(fast)
        rows = [self._forward(batch, half) for batch in self._batches(inks)]
        return np.concatenate(rows) if rows else np.zeros((0, len(self.alphabet) + 1), np.float32)

    def features(self, inks: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The vectors (N, D) under the network's head for inks (N, size, size) uint8, in full precision.

        Raises `WeightsError` for a network without them (torchvision's).
        """
        rows = [self.engine.features(batch) for batch in self._batches(inks)]
        return np.concatenate(rows) if rows else self.engine.features(self.normalised(inks))

    def nearest(self, ink: NDArray[np.uint8], k: int = 8) -> list[Neighbour]:
        """The `k` real brushed characters of the package's gallery nearest to an ink (size, size) uint8, by cosine in the network's features.

        Raises `WeightsError` if there is no gallery, or it was made with other weights, and `InkError` for an ink of another shape.
        """
        from kmnist_model.gallery import gallery  # what it holds is loaded when it is first asked for

        return gallery.released().nearest(ink, self, k)

    def normalised(self, inks: NDArray[np.uint8]) -> Batch:
        """Inks (N, size, size) uint8 as the engine takes them, (N, 1, size, size) float32."""
        return normalise(inks, self.card.mean, self.card.std)

    def _batches(self, inks: NDArray[np.uint8]) -> list[Batch]:
        size = self.engine.batch
        return [self.normalised(inks[start : start + size]) for start in range(0, len(inks), size)]

    def _forward(self, batch: Batch, half: bool) -> Rows:
        logits = self.engine.logits(batch, half)
        if half and (doubtful := self._doubtful(logits)).any():
            logits[doubtful] = self.engine.logits(batch[doubtful])
        return logits

    def _doubtful(self, logits: NDArray[np.float32]) -> NDArray[np.bool_]:
        """The rows (N,) whose two best characters, or known logit and threshold, are too close for reduced precision."""
        known_logit = self.known_logit(logits)
        near_threshold = np.minimum(abs(known_logit - self.card.threshold), abs(known_logit - self._sure)) < self.engine.margin
        if len(self.alphabet) < 2:
            return near_threshold
        second, best = np.partition(logits[:, :-1], -2, axis=1)[:, -2:].T
        return near_threshold | (best - second < self.engine.margin)

    def probabilities(self, logits: NDArray[np.float32]) -> NDArray[np.float64]:
        """Calibrated probabilities (N, characters) of `logits`, given that the ink is one of the characters."""
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
        """The log-probability (N,) that the ink is the best candidate, rather than another character or no character."""
        known = -np.logaddexp(0, -self.known_logit(logits))
        return known + np.log(self.probabilities(logits).max(1))


def _best(values: NDArray[np.float64], count: int) -> NDArray[np.int64]:
    """The places (N, count) of the largest `values` (N, M) of each row, the largest first; of equal ones the first comes first."""
    if values.shape[1] <= 4 * count:
        return np.argsort(-values, axis=1, kind="stable")[:, :count]
    least = np.partition(values, -count, axis=1)[:, -count]
    rows = []
    for row, limit in zip(values, least, strict=True):  # to sort thousands in full takes ten times as long
        places = np.flatnonzero(row >= limit)
        rows.append(places[np.argsort(-row[places], kind="stable")[:count]])
    return np.array(rows, np.int64).reshape(-1, count)


def _with_torch(network: torch.nn.Module, device: torch.device | str, half: bool) -> Engine:
    import torch

    from kmnist_model.engines.torch_engine import TorchEngine

    return TorchEngine(network, torch.device(device), half)
