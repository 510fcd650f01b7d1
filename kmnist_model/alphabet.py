"""Label tables: class index -> character, reading, code point and parent kanji."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Entry:
    """One class of an alphabet.

    `parents` are the kanji (jibo) that the character's historical forms are cursive shapes of, most common first.
    """

    character: str
    romaji: str
    parents: str = ""

    @property
    def codepoint(self) -> str:
        """The Unicode code point in the notation `U+304A`."""
        return f"U+{ord(self.character):04X}"

    @property
    def kind(self) -> str:
        """Either "kana" (hiragana, katakana and ゝ) or "kanji" (々 too)."""
        return "kana" if 0x3041 <= ord(self.character) <= 0x30FF or 0x1B000 <= ord(self.character) <= 0x1B16F else "kanji"


@dataclass(frozen=True, slots=True)
class Alphabet:
    """An ordered table of classes: `alphabet[index]` is the `Entry` of class `index`."""

    name: str
    entries: tuple[Entry, ...]
    _indices: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_indices", {entry.character: index for index, entry in enumerate(self.entries)})

    @classmethod
    def from_rows(cls, name: str, rows: Iterable[Iterable[str]]) -> Alphabet:
        """Build an alphabet from rows of (character, romaji, parents), in class order; raises `ValueError` on a malformed or repeated row."""
        entries = tuple(Entry(*row) for row in rows)
        characters = [entry.character for entry in entries]
        if any(len(character) != 1 for character in characters) or len(set(characters)) < len(characters):
            raise ValueError(f"Alphabet {name!r} needs single, distinct characters: check its rows.")
        return cls(name, entries)

    def rows(self) -> list[list[str]]:
        """The table as rows of (character, romaji, parents), as a weights file stores it."""
        return [[entry.character, entry.romaji, entry.parents] for entry in self.entries]

    def index(self, character: str) -> int:
        """The class index of `character`; raises `ValueError` when it is not in the alphabet."""
        try:
            return self._indices[character]
        except KeyError:
            raise ValueError(f"{character!r} is not in the alphabet {self.name!r}.") from None

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


# Today's 48 hiragana and the mark that repeats one, in the order of Kuzushiji-49 (k49_classmap.csv). The parents are those of the Unicode
# hentaigana charts (U+1B002..U+1B11E), the parent of today's letter first.
KUZUSHIJI49 = Alphabet.from_rows(
    "k49",
    [
        ("あ", "a", "安愛阿惡"),
        ("い", "i", "以伊意移"),
        ("う", "u", "宇憂有雲"),
        ("え", "e", "衣江盈縁要"),
        ("お", "o", "於"),
        ("か", "ka", "加可佳嘉家我歟賀閑香駕"),
        ("き", "ki", "幾起支喜木貴"),
        ("く", "ku", "久九供倶具求"),
        ("け", "ke", "計介希氣遣"),
        ("こ", "ko", "己古故期"),
        ("さ", "sa", "左佐乍差散斜沙"),
        ("し", "shi", "之事四志新"),
        ("す", "su", "寸春須壽數"),
        ("せ", "se", "世勢聲"),
        ("そ", "so", "曾所楚蘇處"),
        ("た", "ta", "太堂多當"),
        ("ち", "chi", "知千地智致遲"),
        ("つ", "tsu", "川津徒都"),
        ("て", "te", "天亭低傳帝弖轉而"),
        ("と", "to", "止土度東登砥等徒"),
        ("な", "na", "奈那名難菜"),
        ("に", "ni", "仁丹二兒爾耳而"),
        ("ぬ", "nu", "奴努怒"),
        ("ね", "ne", "祢年根熱子"),
        ("の", "no", "乃濃能農"),
        ("は", "ha", "波者盤八半葉"),
        ("ひ", "hi", "比悲日避非飛"),
        ("ふ", "fu", "不婦布"),
        ("へ", "he", "部倍弊遍邊"),
        ("ほ", "ho", "保報奉寶本豐"),
        ("ま", "ma", "末万満麻"),
        ("み", "mi", "美三微見身"),
        ("む", "mu", "武無牟舞"),
        ("め", "me", "女免面馬"),
        ("も", "mo", "毛母茂裳"),
        ("や", "ya", "也屋夜耶"),
        ("ゆ", "yu", "由遊"),
        ("よ", "yo", "与代余餘"),
        ("ら", "ra", "良羅"),
        ("り", "ri", "利李梨理里離"),
        ("る", "ru", "留流累類"),
        ("れ", "re", "礼連麗列"),
        ("ろ", "ro", "呂婁樓路露"),
        ("わ", "wa", "和倭王"),
        ("ゐ", "wi", "為井居遺"),
        ("ゑ", "we", "恵衛"),
        ("を", "wo", "遠越乎緒"),
        ("ん", "n", "无"),
        ("ゝ", "repeat", ""),
    ],
)

# One character of each row of the syllabary, in the dataset's order (kmnist_classmap.csv).
KMNIST = Alphabet("kmnist", tuple(KUZUSHIJI49[KUZUSHIJI49.index(character)] for character in "おきすつなはまやれを"))


def of_codepoints(name: str, codepoints: Iterable[int]) -> Alphabet:
    """An alphabet of characters without readings and parents, from `codepoints` in class order."""
    return Alphabet.from_rows(name, [(chr(codepoint), "", "") for codepoint in codepoints])
