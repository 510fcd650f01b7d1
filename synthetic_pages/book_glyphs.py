"""Glyphs for made book pages: the training parts of Kuzushiji-Kanji and KMNIST, brush fonts, and a text to set in them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kmnist_model.alphabet import KMNIST
from train.data.data_folder import DataFolder
from train.data.drawing import fonts
from train.data.drawing.drawn_pools import historical_letters
from train.data.file_formats import read_npz
from train.data.splits import open_split, split_by_class

Glyph = NDArray[np.uint8]  # (H, W) white ink, cropped to it
_INK = 60  # of 255: more is ink
_OTHER_KANJI = 0.5  # of the text's kanji become any of Kuzushiji-Kanji's: a novel has few
_REAL = 0.75  # of the glyphs of a character that real images and fonts have
_MARKS = "、。「」\n"
_CHARACTERS = "".join(map(chr, [*range(0x3041, 0x3097), 0x309D]))


@dataclass(frozen=True)
class GlyphBank:
    """Images of each character, letters of fonts for it, and a `text` to set."""

    images: dict[str, list[Glyph]]
    letters: dict[str, list[tuple[str, Path]]]
    text: str

    @cached_property
    def _kanji(self) -> list[str]:
        return [character for character in self.images if character >= "一"]

    def run(self, rng: np.random.Generator, length: int) -> str:
        """`length` characters of the text, half of its kanji replaced by others."""
        start = int(rng.integers(max(len(self.text) - length, 1)))
        return "".join(self._varied(rng, each) for each in self.text[start : start + length])

    def _varied(self, rng: np.random.Generator, character: str) -> str:
        if character < "一" or not self._kanji or rng.random() > _OTHER_KANJI:
            return character
        return self._kanji[int(rng.integers(len(self._kanji)))]

    def draw(self, rng: np.random.Generator, character: str) -> Glyph | None:
        """One glyph of `character`; None if neither an image nor a font has it."""
        images, letters = self.images.get(character, []), self.letters.get(character, [])
        if images and (not letters or rng.random() < _REAL):
            return _cropped(images[int(rng.integers(len(images)))])
        if not letters:
            return None
        letter, path = letters[int(rng.integers(len(letters)))]
        ink = fonts.draw(path, letter)
        return None if ink is None else _cropped((ink * 255).astype(np.uint8))


def open_bank(folder: Path) -> GlyphBank:
    """The bank of the datasets in `folder`, with the fonts there and on the system; never an image that is held out."""
    data = DataFolder(folder)
    images: dict[str, list[Glyph]] = defaultdict(list)
    letters: dict[str, list[tuple[str, Path]]] = defaultdict(list)
    kanji = read_npz(folder / "kkanji" / "kkanji-64x64.npz", "images", "labels", "codepoints")
    for index in split_by_class(kanji["labels"].astype(np.int64), 10, 50)[0]:  # the published split's training part
        images[chr(kanji["codepoints"][kanji["labels"][index]])].append(kanji["images"][index])
    train = open_split("kmnist", "t10k", data).train
    for ink, label in zip(train.inks, train.labels, strict=True):
        images[KMNIST[int(label)].character].append(ink)
    for teaches in ("kana", "old kana"):
        for paths in fonts.find(data, teaches).values():
            for character, path in fonts.glyphs(paths, _CHARACTERS):
                letters[character].append((character, path))
    historical = historical_letters(data)
    for paths in fonts.find(data, "historical").values():
        for letter, path in fonts.glyphs(paths, "".join(historical)):
            for kana in historical[letter]:
                letters[kana].append((letter, path))
    text = (folder / "text" / "genji.txt").read_text(encoding="utf-8")
    return GlyphBank(dict(images), dict(letters), text.translate(dict.fromkeys(map(ord, _MARKS))))


def _cropped(image: Glyph) -> Glyph | None:
    rows, columns = np.flatnonzero((image > _INK).any(1)), np.flatnonzero((image > _INK).any(0))
    if not len(rows) or not len(columns):
        return None
    return image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
