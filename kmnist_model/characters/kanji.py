"""Readings and meanings of kanji, from KANJIDIC2 (EDRDG, CC BY-SA 4.0).

A page that shows them must credit the source: `CREDIT`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from kmnist_model.characters.romaji import hepburn

FILE = Path(__file__).with_name("kanji.tsv")
CREDIT = "Readings and meanings: KANJIDIC2, EDRDG, CC BY-SA 4.0"
_MAX_MEANING = 40  # characters


@dataclass(frozen=True, slots=True)
class Kanji:
    """What a dictionary says of a kanji, most common first.

    `on` readings are in katakana, `kun` readings in hiragana with a dot before what is written after the kanji (い.きる); `glosses` are
    English.
    """

    on: tuple[str, ...]
    kun: tuple[str, ...]
    glosses: tuple[str, ...]

    def columns(self) -> list[str]:
        """The three fields as they stand in the table."""
        return ["、".join(self.on), "、".join(self.kun), "; ".join(self.glosses)]

    @classmethod
    def of_columns(cls, on: str, kun: str, glosses: str) -> Kanji:
        """The entry of a row of the table."""
        return cls(*(tuple(filter(None, text.split(mark))) for text, mark in ((on, "、"), (kun, "、"), (glosses, "; "))))

    @property
    def romaji(self) -> str:
        """The most common on and kun reading in Hepburn romaji ("ka, hana"), or two of one kind; "" where none is known."""
        chosen = [*self.on[:1], *self.kun[:1]] if self.on and self.kun else [*self.on, *self.kun]
        return ", ".join(list(dict.fromkeys(hepburn(reading) for reading in chosen))[:2])

    @property
    def meaning(self) -> str:
        """The first glosses in at most 40 characters; a longer one is cut after a word."""
        text = "; ".join(self.glosses)
        while len(text) > _MAX_MEANING and "; " in text:
            text = text.rpartition("; ")[0]
        return text if len(text) <= _MAX_MEANING else text[:_MAX_MEANING].rpartition(" ")[0].rstrip(" ,(") + "…"


@cache
def _table() -> dict[str, Kanji]:
    rows = (line.split("\t") for line in FILE.read_text("utf-8").splitlines() if not line.startswith("#"))
    return {character: Kanji.of_columns(on, kun, glosses) for character, on, kun, glosses in rows}


def find(character: str) -> Kanji | None:
    """What is known of a kanji; None for other characters and for the few kanji that the table lacks."""
    return _table().get(character)


@cache
def romaji(character: str) -> str:
    """The readings of a kanji in a few words, as "ka, hana"; "" where none is known."""
    entry = find(character)
    return entry.romaji if entry else ""


@cache
def meaning(character: str) -> str:
    """The meaning of a kanji in at most 40 characters of English; "" where none is known."""
    entry = find(character)
    return entry.meaning if entry else ""
