"""Label tables: class index -> character, reading, code point and parent kanji."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """One class of an alphabet: `character`, its `romaji`, and the `parents` (jibo) that its historical forms are cursive shapes of, most usual first."""

    character: str
    romaji: str
    parents: str = ""

    @property
    def codepoint(self) -> str:
        """The Unicode code point in its usual notation, for example `U+304A`."""
        return f"U+{ord(self.character):04X}"


@dataclass(frozen=True, slots=True)
class Alphabet:
    """An ordered table of classes: `alphabet[index]` is the `Entry` of class `index`."""

    name: str
    entries: tuple[Entry, ...]

    @classmethod
    def from_rows(cls, name: str, rows: Iterable[Iterable[str]]) -> Alphabet:
        """Build an alphabet from rows of (character, romaji, parents), in class order; raises `ValueError` on a malformed or repeated row."""
        entries = tuple(Entry(*row) for row in rows)
        characters = [entry.character for entry in entries]
        if any(len(character) != 1 for character in characters) or len(set(characters)) < len(characters):
            raise ValueError(f"Alphabet {name!r} needs single, distinct characters: check its rows.")
        return cls(name, entries)

    def rows(self) -> list[list[str]]:
        """The table as rows of (character, romaji, parents): what a weights file carries."""
        return [[entry.character, entry.romaji, entry.parents] for entry in self.entries]

    def index(self, character: str) -> int:
        """The class index of `character`; raises `ValueError` when it is not in the alphabet."""
        return self.characters.index(character)

    @property
    def characters(self) -> str:
        """All characters in class order, as one string."""
        return "".join(entry.character for entry in self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def __getitem__(self, index: int) -> Entry:
        return self.entries[index]

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)


# The class order is the dataset's own (kmnist_classmap.csv). The parents are those of the Unicode
# hentaigana charts (U+1B002..U+1B11E), the parent of today's letter first.
KMNIST = Alphabet.from_rows(
    "kmnist",
    [
        ("お", "o", "於"),
        ("き", "ki", "幾起支喜木貴"),
        ("す", "su", "寸春須壽數"),
        ("つ", "tsu", "川津徒都"),
        ("な", "na", "奈那名難菜"),
        ("は", "ha", "波者盤八半葉"),
        ("ま", "ma", "末万満麻"),
        ("や", "ya", "也屋夜耶"),
        ("れ", "re", "礼連麗列"),
        ("を", "wo", "遠越乎緒"),
    ],
)
