"""Sources of glyphs for synthetic pages: validation and test parts of the datasets, or KanjiVG's strokes with jitter."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from kmnist_model import KMNIST, Recognizer
from kmnist_model.alphabet import Alphabet
from synthetic_pages.maker import Glyph, Source
from train.data import kuzushiji, sources
from train.data.data_folder import DataFolder
from train.data.drawing import strokes
from train.data.file_formats import read_npz
from train.data.splits import Examples, open_split, split_by_class

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


def written(characters: str, size: int = 256) -> Source:
    """KanjiVG's strokes with jitter, by pens from a ballpoint to a brush, as images (size, size)."""
    drawable = [character for character in characters if strokes.has(character)]

    def source(rng: np.random.Generator) -> Glyph:
        character = drawable[int(rng.integers(len(drawable)))]
        lines = strokes.jitter(strokes.load(character), rng, rng.uniform(0.3, 1.0))
        widest = 0.075 if len(lines) < 8 else 0.04
        return character, _draw(lines, size, float(np.exp(rng.uniform(np.log(0.018), np.log(widest)))))

    return source


def _draw(lines: list[NDArray[np.float64]], size: int, pen: float) -> NDArray[np.uint8]:
    """Strokes as an image (size, size), the pen's width a share of its side."""
    points = np.concatenate(lines)
    low, extent = points.min(0), float(np.ptp(points, axis=0).max())
    fine, width = 2 * size, pen * 2 * size
    scale = (fine - 2 * width - 8) / max(extent, 1e-6)
    image = Image.new("L", (fine, fine))
    draw = ImageDraw.Draw(image)
    for line in lines:
        path = [(float(x), float(y)) for x, y in (line - low) * scale + width + 4]
        draw.line(path, fill=255, width=max(1, round(width)), joint="curve")
        for x, y in (path[0], path[-1]):
            draw.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), fill=255)
    return np.asarray(image.reduce(2))


def of_ten(folder: Path, part: str) -> Source:
    """KMNIST's ten in equal thirds: its own images, pages of modern handwriting, strokes; of the `part` "validation" or "test"."""
    data = DataFolder(folder)
    old = getattr(open_split("kmnist", "t10k", data), part)
    return _mixed(from_examples(old), _pages(data, part, KMNIST), written(KMNIST.characters))


def of_any(folder: Path, part: str) -> Source:
    """Any class of the wide alphabet in equal thirds: Kuzushiji-Kanji, modern handwritten kana, kanji by strokes; of the `part`."""
    data = DataFolder(folder)
    arrays = read_npz(folder / "kkanji" / kuzushiji.KANJI_FILE, "images", "labels", "codepoints")
    known = kuzushiji.alphabet(arrays["codepoints"])
    chosen = split_by_class(arrays["labels"].astype(np.int64), 10, 50)[("train", "validation", "test").index(part)]
    images, labels, codepoints = arrays["images"][chosen], arrays["labels"][chosen], arrays["codepoints"]

    def old(rng: np.random.Generator) -> Glyph:
        index = int(rng.integers(len(images)))
        return chr(codepoints[labels[index]]), images[index]

    return _mixed(old, _pages(data, part, known), written(kuzushiji.jis_kanji()))


def _pages(data: DataFolder, part: str, alphabet: Alphabet) -> Source:
    """Kana of whole pages of modern handwriting, as scanned."""
    pages = {"validation": sources.VALIDATION_PAGES, "test": sources.TEST_PAGES}[part]
    arrays = read_npz(data.path / "hiragana" / "handwritten.npz", "images", "labels", "page")
    chosen = np.isin(arrays["page"], pages) & np.isin(arrays["labels"], list(alphabet.characters))
    images, labels = arrays["images"][chosen], arrays["labels"][chosen]

    def source(rng: np.random.Generator) -> Glyph:
        index = int(rng.integers(len(images)))
        return str(labels[index]), images[index]

    return source


def _mixed(*kinds: Source) -> Source:
    """One of the `kinds`, each as often."""
    return lambda rng: kinds[int(rng.integers(len(kinds)))](rng)
