"""Sources of glyphs for synthetic pages: validation and test images of the datasets, or KanjiVG's strokes with jitter."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from kmnist_model import KMNIST, Recognizer
from kmnist_model.alphabet import Alphabet
from synthetic_pages.maker import Glyph, Source
from train.data import kuzushiji, sources
from train.data.data_folder import DataFolder
from train.data.drawing import strokes
from train.data.splits import Examples, open_split

UNKNOWN = "〓"
_OUT_OF_ALPHABET = 0.03  # of a page's characters


def from_examples(characters: Examples, out_of_alphabet: Examples | None = None, alphabet: Alphabet = KMNIST) -> Source:
    """Glyphs drawn at random from `characters`, 3 % of them from `out_of_alphabet`."""

    def source(rng: np.random.Generator) -> Glyph:
        if out_of_alphabet is not None and rng.random() < _OUT_OF_ALPHABET:
            return UNKNOWN, out_of_alphabet.inks[rng.integers(len(out_of_alphabet))]
        index = rng.integers(len(characters))
        return alphabet[int(characters.labels[index])].character, characters.inks[index]

    return source


def test_split(folder: Path) -> Source:
    """KMNIST's test images, and other kana from the test pages of modern handwriting."""
    data = DataFolder(folder)
    split = open_split("kmnist", "t10k", data)
    return from_examples(split.test, sources.modern(data, KMNIST, sources.TEST_PAGES).outliers)


def validation_split(folder: Path) -> Source:
    """The same from validation data, for choosing parameters."""
    data = DataFolder(folder)
    split = open_split("kmnist", "t10k", data)
    return from_examples(split.validation, sources.modern(data, KMNIST, sources.VALIDATION_PAGES).outliers)


def any_test_split(folder: Path) -> Source:
    """Test images of any character: one half kanji (Kuzushiji-Kanji), a quarter kana of today, a quarter KMNIST's."""
    data, known = DataFolder(folder), Recognizer.load(kuzushiji.NAME, "cpu").alphabet
    parts = [
        from_examples(examples, alphabet=known)
        for examples in (
            kuzushiji.old_kanji(data, known)[2],
            kuzushiji.modern_kana(data, known, sources.TEST_PAGES),
            kuzushiji.kmnist(data, known)[2],
        )
    ]

    def source(rng: np.random.Generator) -> Glyph:
        return parts[int(rng.choice(3, p=(0.5, 0.25, 0.25)))](rng)

    return source


def drawn() -> Source:
    """KanjiVG's strokes with jitter, for machines without the datasets."""

    def source(rng: np.random.Generator) -> Glyph:
        character = str(rng.choice(list(KMNIST.characters)))
        return character, strokes.to_ink(strokes.jitter(strokes.load(character), rng, rng.uniform(0.3, 1.0)))

    return source
