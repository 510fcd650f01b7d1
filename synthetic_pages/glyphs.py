"""Where a made page's glyphs come from: KMNIST images that no weights were trained on, or KanjiVG's strokes in a jittered hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from kmnist_model import KMNIST
from kmnist_model.alphabet import Alphabet
from synthetic_pages.maker import Glyph, Source
from train.data import sources, strokes
from train.data.data_folder import DataFolder
from train.data.splits import Examples, open_split

UNKNOWN = "〓"
_STRANGERS = 0.03  # of a page's characters are outside the alphabet


def from_examples(characters: Examples, strangers: Examples | None = None, alphabet: Alphabet = KMNIST) -> Source:
    """Glyphs out of `characters`, and now and then one of the `strangers`."""

    def source(rng: np.random.Generator) -> Glyph:
        if strangers is not None and rng.random() < _STRANGERS:
            return UNKNOWN, strangers.inks[rng.integers(len(strangers))]
        place = rng.integers(len(characters))
        return alphabet[int(characters.labels[place])].character, characters.inks[place]

    return source


def held_out(folder: Path) -> Source:
    """KMNIST's held-out images, and other kana of the held-out pages of modern handwriting."""
    data = DataFolder(folder)
    split = open_split("kmnist", "t10k", data)
    return from_examples(split.test, sources.modern(data, KMNIST, sources.TEST_PAGES).outliers)


def validation(folder: Path) -> Source:
    """The same from validation data: what choices are made on."""
    data = DataFolder(folder)
    split = open_split("kmnist", "t10k", data)
    return from_examples(split.validation, sources.modern(data, KMNIST, sources.VALIDATION_PAGES).outliers)


def drawn() -> Source:
    """KanjiVG's strokes with jitter: for machines without the datasets."""

    def source(rng: np.random.Generator) -> Glyph:
        character = str(rng.choice(list(KMNIST.characters)))
        return character, strokes.to_ink(strokes.jitter(strokes.load(character), rng, rng.uniform(0.3, 1.0)))

    return source
