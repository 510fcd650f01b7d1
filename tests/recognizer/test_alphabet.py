from __future__ import annotations

import copy
import unicodedata
from dataclasses import replace

import pytest

from kmnist_model import KMNIST, Alphabet, Entry
from kmnist_model.alphabet import KUZUSHIJI49, of_codepoints

# kmnist_classmap.csv of the dataset, in its order, and the kanji today's letter comes from.
OFFICIAL = [
    ("U+304A", "お", "o", "於"),
    ("U+304D", "き", "ki", "幾"),
    ("U+3059", "す", "su", "寸"),
    ("U+3064", "つ", "tsu", "川"),
    ("U+306A", "な", "na", "奈"),
    ("U+306F", "は", "ha", "波"),
    ("U+307E", "ま", "ma", "末"),
    ("U+3084", "や", "ya", "也"),
    ("U+308C", "れ", "re", "礼"),
    ("U+3092", "を", "wo", "遠"),
]


@pytest.mark.parametrize(("index", "expected"), list(enumerate(OFFICIAL)))
def test_kmnist_class(index: int, expected: tuple[str, str, str, str]) -> None:
    entry = KMNIST[index]
    assert (entry.codepoint, entry.character, entry.romaji, entry.parents[0]) == expected
    assert KMNIST.index(entry.character) == index


def test_kmnist_has_ten_classes() -> None:
    assert len(KMNIST) == len(list(KMNIST)) == len(OFFICIAL)


@pytest.mark.parametrize("entry", KMNIST.entries, ids=lambda entry: entry.romaji)
def test_parents_are_distinct_kanji(entry: Entry) -> None:
    assert len(set(entry.parents)) == len(entry.parents)
    assert all(unicodedata.name(parent).startswith("CJK UNIFIED IDEOGRAPH") for parent in entry.parents)


def test_rows_make_the_same_alphabet_again() -> None:
    assert Alphabet.from_rows("kmnist", KMNIST.rows()) == KMNIST


def test_other_alphabets_have_the_same_format() -> None:
    kanji = Alphabet.from_rows("kanji", [("山", "", ""), ("𠮟", "shitsu", "")])
    assert (kanji.characters, kanji[1].codepoint) == ("山𠮟", "U+20B9F")


@pytest.mark.parametrize("rows", [[("お", "o"), ("お", "o")], [("おき", "o")], [("", "o")]], ids=["repeated", "two characters", "none"])
def test_malformed_rows_are_refused(rows: list[tuple[str, str]]) -> None:
    with pytest.raises(ValueError, match="single, distinct characters"):
        Alphabet.from_rows("broken", rows)


def test_each_character_has_its_index_in_a_large_alphabet_too() -> None:
    large = of_codepoints("large", range(0x4E00, 0x4E00 + 6_000))
    assert [large.index(entry.character) for entry in large] == list(range(6_000))
    assert replace(large, name="other").index("一") == 0
    assert copy.deepcopy(large) == large
    with pytest.raises(ValueError, match="large"):
        large.index("一丁")  # not a character, though a part of all of them


def test_unknown_character_has_no_index() -> None:
    with pytest.raises(ValueError, match="'あ' is not in the alphabet 'kmnist'"):
        KMNIST.index("あ")


def test_each_entry_knows_whether_it_is_kana_or_kanji() -> None:
    assert {entry.kind for entry in KUZUSHIJI49} == {"kana"}
    assert [entry.kind for entry in of_codepoints("mixed", map(ord, "がゝカ々花𤾣"))] == ["kana", "kana", "kana", "kanji", "kanji", "kanji"]
