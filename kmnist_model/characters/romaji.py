"""Kana -> Hepburn romaji, with macrons for long vowels."""

from __future__ import annotations

import re
import unicodedata

_ROWS = {
    "": "あいうえお",
    "k": "かきくけこ",
    "g": "がぎぐげご",
    "s": "さしすせそ",
    "z": "ざじずぜぞ",
    "t": "たちつてと",
    "d": "だぢづでど",
    "n": "なにぬねの",
    "h": "はひふへほ",
    "b": "ばびぶべぼ",
    "p": "ぱぴぷぺぽ",
    "m": "まみむめも",
    "r": "らりるれろ",
}
_SPECIAL = {
    **{"し": "shi", "じ": "ji", "ち": "chi", "つ": "tsu", "ぢ": "ji", "づ": "zu", "ふ": "fu"},
    **{"や": "ya", "ゆ": "yu", "よ": "yo", "わ": "wa", "ゐ": "i", "ゑ": "e", "を": "o", "ゔ": "vu"},
    **{"ぁ": "a", "ぃ": "i", "ぅ": "u", "ぇ": "e", "ぉ": "o", "ゎ": "wa"},
}
_KANA = {kana: start + vowel for start, row in _ROWS.items() for kana, vowel in zip(row, "aiueo", strict=True)} | _SPECIAL
_SMALL = {"ゃ": "a", "ゅ": "u", "ょ": "o"}
_LONG = (("aa", "ā"), ("uu", "ū"), ("ee", "ē"), ("oo", "ō"), ("ou", "ō"))
_MACRON = "\N{COMBINING MACRON}"


def hepburn(kana: str) -> str:
    """A reading in hiragana or katakana in Hepburn romaji: コウ -> kō, おお.きい -> ōkii.

    A vowel is long only within a part: dots, which are left out, and hyphens part what belongs to the kanji from what follows (お.う -> ou).
    """
    joined = "".join(_part(part) for part in re.split(r"[.-]", _hiragana(kana)))
    doubled = re.sub(r"っ(?=([a-z]))", lambda match: "t" if match[1] == "c" else match[1], joined)
    return re.sub(r"ん(?=[aiueoy])", "n'", doubled).replace("ん", "n").replace("っ", "t")


def _hiragana(text: str) -> str:
    return "".join(chr(ord(character) - 0x60) if "ァ" <= character <= "ヴ" else character for character in text)


def _part(kana: str) -> str:
    """A part in romaji, but for ん and っ, which depend on what follows them, perhaps in the next part."""
    latin = ""
    for character in kana:
        if character in _SMALL and latin.endswith("i"):
            stem = latin[:-1]
            latin = stem + ("" if stem.endswith(("sh", "ch", "j")) else "y") + _SMALL[character]
        elif character == "ー" and latin:
            latin = unicodedata.normalize("NFC", latin + _MACRON)
        else:
            latin += _KANA.get(character, character)
    for double, long in _LONG:
        latin = latin.replace(double, long)
    return latin
