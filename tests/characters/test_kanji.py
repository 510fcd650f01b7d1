from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
import torch

from kmnist_model import KMNIST, Recognizer, build
from kmnist_model.alphabet import Alphabet, of_codepoints
from kmnist_model.characters import kanji
from kmnist_model.characters.kanji import Kanji
from kmnist_model.weights_file import Card


@pytest.mark.parametrize(
    ("character", "romaji", "meaning"),
    [
        ("花", "ka, hana", "flower"),
        ("者", "sha, mono", "someone; person"),
        ("江", "kō, e", "creek; inlet; bay"),
        ("大", "dai, ōkii", "large; big"),
    ],
)
def test_a_kanji_has_its_common_readings_and_meaning(character: str, romaji: str, meaning: str) -> None:
    assert (kanji.romaji(character), kanji.meaning(character)) == (romaji, meaning)


@pytest.mark.parametrize("character", ["あ", "々", "A", "〓"])
def test_other_characters_have_none(character: str) -> None:
    assert (kanji.find(character), kanji.romaji(character), kanji.meaning(character)) == (None, "", "")


def test_the_table_is_small_sorted_whole_and_names_its_source() -> None:
    text = kanji.FILE.read_text("utf-8")
    rows = [line for line in text.splitlines() if not line.startswith("#")]
    characters = [row.split("\t")[0] for row in rows]
    assert len(text.encode()) < 400_000
    assert "EDRDG" in text.splitlines()[0]
    assert "CC BY-SA 4.0" in text.splitlines()[0]
    assert characters == sorted(set(characters))
    assert len(characters) > 6_500
    assert all(kanji.find(character) for character in characters)


def test_every_text_is_short_and_latin() -> None:
    entries = [kanji.find(line[0]) for line in kanji.FILE.read_text("utf-8").splitlines() if not line.startswith("#")]
    assert all(entry and re.fullmatch(r"[a-zāūēō', ]{0,24}", entry.romaji) and len(entry.meaning) <= 40 for entry in entries)


def test_two_readings_of_one_kind_where_the_other_is_missing() -> None:
    assert Kanji(("コウ", "キョウ", "カ"), (), ()).romaji == "kō, kyō"
    assert Kanji((), ("はたけ", "はた"), ()).romaji == "hatake, hata"
    assert Kanji(("キ",), ("き",), ()).romaji == "ki"


def test_a_long_meaning_is_cut_between_glosses_or_after_a_word() -> None:
    assert Kanji((), (), ("carry out", "conduct", "a third gloss that is far too long")).meaning == "carry out; conduct"
    assert Kanji((), (), ("interior region of the body too deep to treat",)).meaning == "interior region of the body too deep to…"


def test_a_candidates_romaji_come_from_the_table_where_the_alphabet_has_none(card: Card) -> None:
    alphabet = Alphabet("mixed", (KMNIST[0], *of_codepoints("", [ord("花"), 0x2000B])))
    recognizer = Recognizer(replace(card, alphabet=alphabet), build("preact_resnet20", 4, 4), torch.device("cpu"))
    candidates = recognizer.read_ink(np.full((1, 28, 28), 200, np.uint8))[0].candidates
    assert {each.character: each.romaji for each in candidates} == {"お": "o", "花": "ka, hana", "𠀋": ""}
