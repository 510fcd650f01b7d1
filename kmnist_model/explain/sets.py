"""The characters that an ink may be: a set that holds the right one in 95 of 100 readings (a conformal set, Vovk 2005; Angelopoulos 2021,
arXiv:2107.07511).

A set is the best candidate and all whose odds against it are within a margin, which `python -m train sets` finds with calibration data. It is
kept by the fingerprint of the weights beside them, and holds for their whole alphabet alone.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Self

from kmnist_model.errors import WeightsError
from kmnist_model.files import atomic_path
from kmnist_model.recognizer import WEIGHTS, Recognizer
from kmnist_model.types import Reading

FILE = WEIGHTS / "sets.json"
COVERAGE = 0.95


@dataclass(frozen=True)
class Margin:
    """How far behind the best a candidate may be and still belong to the set.

    Those within `nats` do; the set then holds the right one in `coverage` of readings by weights of `characters` characters.
    """

    weights: str  # their fingerprint
    characters: int
    nats: float
    coverage: float
    calibrated_on: int  # examples

    def save(self, path: Path = FILE) -> None:
        """Write the margin, whole or not at all."""
        with atomic_path(path) as part:
            part.write_text(json.dumps(asdict(self), indent=2) + "\n", "utf-8")

    @classmethod
    def load(cls, path: Path = FILE) -> Self:
        """Read a margin, by default the released one; raises `WeightsError` if it is missing or damaged."""
        try:
            found = cls(**json.loads(path.read_text("utf-8")))
            if not (isinstance(found.weights, str) and math.isfinite(found.nats) and found.nats >= 0):
                raise ValueError("a margin below 0")
        except (OSError, TypeError, ValueError) as error:
            raise WeightsError(f"{path.name} holds no usable margin ({error}): make it again with python -m train sets.") from None
        return found

    def belongs_to(self, recognizer: Recognizer) -> bool:
        """Whether it was found with these weights and all of their characters."""
        return bool(self.weights) and self.weights == recognizer.fingerprint and self.characters == len(recognizer.alphabet)

    def set_of(self, reading: Reading) -> tuple[str, ...]:
        """The characters of the set, the best first; none of a reading that is no answer."""
        if not reading.is_read:
            return ()
        least = reading.candidates[0].probability * math.exp(-self.nats)
        return tuple(candidate.character for candidate in reading.candidates if candidate.probability >= least)


@cache
def _released() -> Margin:
    return Margin.load()


def set_of(reading: Reading, recognizer: Recognizer) -> tuple[str, ...]:
    """The characters that a reading of `recognizer` may be, the best first.

    There are none where the released margin is of other weights, or missing.
    """
    if not FILE.is_file() or not _released().belongs_to(recognizer):
        return ()
    return _released().set_of(reading)
