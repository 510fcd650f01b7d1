"""What a recogniser answers: Verdict, Candidate, Reading."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from kmnist_model.preprocess import InkImage

if TYPE_CHECKING:
    from kmnist_model.characters.historical_forms import Form

DROPPED = "Marks were found, but nothing that looks like one character."  # what a reading with `dropped` says

Verdict = Literal["character", "perhaps", "unknown", "blank"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """One class with its calibrated `probability`, 0..1."""

    character: str
    romaji: str
    probability: float


@dataclass(frozen=True, slots=True)
class Reading:
    """The answer for one ink image: a `verdict`, and the `candidates`, best first; the probabilities of all characters sum to 1.

    "perhaps": the best candidate, by ink that is not quite like what the network knows. "unknown": there is ink, but none of the alphabet's
    characters; the candidates are only the nearest shapes. "blank": all candidates are equally likely. `ink` is the (size, size) uint8 image
    that the network read; `form` is the historical form of a kana, where someone looked it up (`historical_forms.form_of`).
    `dropped`: "unknown", as the picture has marks, but none that look like one character; then `ink` is empty and all candidates are equally likely.
    """

    verdict: Verdict
    candidates: tuple[Candidate, ...]
    ink: InkImage = field(repr=False, compare=False)
    form: Form | None = None
    dropped: bool = False

    def without_marks(self) -> Reading:
        """This reading of an empty ink, for a picture whose marks were all dropped."""
        return replace(self, verdict="unknown", dropped=True)

    @property
    def is_read(self) -> bool:
        """Whether the best candidate is an answer, sure or not."""
        return self.verdict in ("character", "perhaps")

    def as_dict(self, top: int | None = None) -> dict[str, Any]:
        """Verdict and the first `top` candidates (all by default) as plain JSON values."""
        candidates = [{"character": c.character, "romaji": c.romaji, "probability": c.probability} for c in self.candidates[:top]]
        return {"verdict": self.verdict, "candidates": candidates} | ({"dropped": True} if self.dropped else {})
