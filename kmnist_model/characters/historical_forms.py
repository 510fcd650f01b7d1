"""Which historical form of a kana a drawing is nearest to, by the features of the network that read it.

A form is one of the 286 letters that Unicode has for old kana (U+1B001 to U+1B11E), or today's letter. Each has prototypes, made by
`python -m train forms` from fonts and drawings; the nearest by cosine similarity in a whitened feature space is the form.
"""

from __future__ import annotations

import json
import logging
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from kmnist_model.errors import WeightsError
from kmnist_model.files import atomic_path

if TYPE_CHECKING:
    from kmnist_model.recognizer import Recognizer
    from kmnist_model.types import Reading

FILE = Path(__file__).parent.parent / "weights" / "forms.safetensors"
_FORMAT = "kmnist_model forms/1"
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Letter:
    """A `letter`, today's `kana` that it stands for (one, or a few), and the `parent` kanji that it is a cursive shape of."""

    letter: str
    kana: str
    parent: str


@dataclass(frozen=True, slots=True)
class Form:
    """A letter with the cosine `similarity`, -1..1, of a drawing to its nearest prototype."""

    letter: str
    parent: str
    similarity: float

    @property
    def codepoint(self) -> str:
        """The Unicode code point in the notation `U+1B0A5`."""
        return f"U+{ord(self.letter):04X}"

    def as_dict(self) -> dict[str, str]:
        """Letter, code point and parent as plain JSON values."""
        return {"letter": self.letter, "codepoint": self.codepoint, "parent": self.parent}


@dataclass(frozen=True, eq=False)
class HistoricalForms:
    """Prototypes (P, D) of `letters`, whitened and of length 1; `owner` (P,) is the index of each one's letter.

    Features (D,) are whitened as (features - mean) @ projection. `weights` is the fingerprint of the network that the features are of.
    """

    letters: tuple[Letter, ...]
    prototypes: NDArray[np.float32]
    owner: NDArray[np.int64]
    mean: NDArray[np.float32]
    projection: NDArray[np.float32]
    weights: str
    metrics: dict[str, Any] = field(default_factory=dict)

    def save(self, path: Path) -> None:
        """Write everything, in half precision, whole or not at all."""
        arrays = {name: getattr(self, name).astype(np.float16) for name in ("prototypes", "mean", "projection")}
        table = [[each.letter, each.kana, each.parent] for each in self.letters]
        described = {"letters": table, "weights": self.weights, "metrics": self.metrics}
        with atomic_path(path) as part:
            metadata = {name: json.dumps(value, ensure_ascii=False) for name, value in described.items()}
            save_file(arrays | {"owner": self.owner.astype(np.int16)}, part, {"format": _FORMAT, **metadata})
            part.chmod(0o644)  # safetensors gives the file to its owner only

    @classmethod
    def load(cls, path: Path = FILE) -> Self:
        """Read a file of prototypes, by default the released one; raises `WeightsError` if it is missing or damaged."""
        if not path.is_file():
            raise WeightsError(f"There are no historical forms {path}: make them with python -m train forms.")
        try:
            with safe_open(path, framework="np") as file:
                metadata = file.metadata() or {}
                if metadata.get("format") != _FORMAT:
                    raise ValueError("another format")
                arrays = {name: file.get_tensor(name) for name in ("prototypes", "owner", "mean", "projection")}
            letters, weights, metrics = (json.loads(metadata[name]) for name in ("letters", "weights", "metrics"))
            prototypes, mean, projection = (arrays[name].astype(np.float32) for name in ("prototypes", "mean", "projection"))
            table = tuple(Letter(*row) for row in letters)
            found = cls(table, prototypes, arrays["owner"].astype(np.int64), mean, projection, weights, metrics)
            found._check()
        except (SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
            raise WeightsError(
                f"{path.name} holds no usable historical forms ({error}): make it again with python -m train forms."
            ) from None
        return found

    def _check(self) -> None:
        count, dimensions = self.prototypes.shape
        shapes = (self.owner.shape, self.mean.shape, self.projection.shape[:1])
        if shapes != ((count,), self.projection.shape[:1], self.mean.shape) or dimensions != self.projection.shape[1]:
            raise ValueError("arrays that do not fit together")
        if count and not 0 <= self.owner.min() <= self.owner.max() < len(self.letters):
            raise ValueError("a prototype of no letter")
        if not all(isinstance(text, str) for each in self.letters for text in (each.letter, each.kana, each.parent)):
            raise ValueError("a letter that is no text")

    def belong_to(self, recognizer: Recognizer) -> bool:
        """Whether they were made with the network of `recognizer`."""
        return bool(self.weights) and self.weights == recognizer.fingerprint

    @cached_property
    def _rows(self) -> dict[str, NDArray[np.int64]]:
        """The prototypes of each kana's letters."""
        kana = sorted({character for each in self.letters for character in each.kana})
        return {character: np.flatnonzero([character in self.letters[index].kana for index in self.owner]) for character in kana}

    def has(self, kana: str) -> bool:
        """Whether a character is a kana with letters."""
        return _plain(kana) in self._rows

    def whiten(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Features (N, D) in the space of the prototypes, of length 1."""
        whitened = (features - self.mean) @ self.projection
        return whitened / np.maximum(np.linalg.norm(whitened, axis=1, keepdims=True), 1e-9)

    def nearest(self, features: NDArray[np.float32], kana: str, k: int = 3) -> list[Form]:
        """The `k` letters of a `kana` that features (D,) are nearest to, the nearest first.

        A voiced kana has its plain kana's letters; a character that is no kana has none.
        """
        if not self.has(kana):
            return []
        rows = self._rows[_plain(kana)]
        similarities = self.prototypes[rows] @ self.whiten(features[None])[0]
        best: dict[int, float] = {}
        for place in np.argsort(-similarities, kind="stable").tolist():
            best.setdefault(int(self.owner[rows[place]]), float(similarities[place]))
        return [Form(self.letters[index].letter, self.letters[index].parent, value) for index, value in list(best.items())[:k]]


def _plain(kana: str) -> str:
    """A kana without the mark of a voiced sound."""
    return unicodedata.normalize("NFD", kana)[:1]


@cache
def released() -> HistoricalForms | None:
    """The prototypes in the package, loaded once; None where it has none, or a damaged file, which is logged."""
    try:
        return HistoricalForms.load(FILE) if FILE.is_file() else None
    except WeightsError as error:
        _LOG.warning("%s", error)
        return None


def are_damaged() -> bool:
    """Whether the package has a file of prototypes that cannot be used."""
    return released() is None and FILE.is_file()


def for_recognizer(recognizer: Recognizer) -> HistoricalForms:
    """The prototypes in the package; raises `WeightsError` if there are none, their file is damaged, or they are of other weights."""
    forms = released() or HistoricalForms.load(FILE)
    if not forms.belong_to(recognizer):
        raise WeightsError(f"{FILE.name} was not made with these weights: choose kuzushiji, or run python -m train forms.")
    return forms


def forms_of(readings: Sequence[Reading], recognizer: Recognizer) -> list[Form | None]:
    """The form of each reading whose best candidate is a kana with letters, else None.

    None, too, where the prototypes are of other weights, missing or damaged. The network runs once more on these inks.
    """
    forms = released()
    if forms is None or not forms.belong_to(recognizer):
        return [None] * len(readings)
    best = [reading.candidates[0].character if reading.is_read else "" for reading in readings]
    rows = [n for n, character in enumerate(best) if forms.has(character)]
    if not rows:
        return [None] * len(readings)
    features = recognizer.features(np.stack([readings[n].ink for n in rows]))
    nearest = {n: forms.nearest(vector, best[n], 1)[0] for n, vector in zip(rows, features, strict=True)}
    return [nearest.get(n) for n in range(len(readings))]


def form_of(reading: Reading, recognizer: Recognizer) -> Form | None:
    """`forms_of` one reading."""
    return forms_of([reading], recognizer)[0]
