"""Training data beside the dataset: modern handwriting, jittered KanjiVG strokes, outliers."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from PIL import Image

from kmnist_model.alphabet import Alphabet
from kmnist_model.preprocess import from_image
from train.data.data_folder import DataFolder
from train.data.drawing import strokes
from train.data.file_formats import read_npz
from train.data.splits import Examples, join
from train.errors import DataError

# Whole pages, since a page is one or two hands.
VALIDATION_PAGES = (9,)
TEST_PAGES = (10, 11)

HIRAGANA = "".join(map(chr, range(0x3042, 0x3094)))  # あ to ん, small letters and dakuten included
SMALL = "ぁぃぅぇぉっゃゅょゎゐゑ"  # a small letter has the shape of its large one; ゐ and ゑ are not used
KATAKANA = "".join(map(chr, range(0x30A2, 0x30F3)))
LATIN = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

# Kuzushiji is written from these kanji, and modern katakana come from them too: they may look like a character of KMNIST,
# so they are never shown to the network as "not a character".
LOOKALIKES = set("オキスツッナハマヤャレヲ") | set(
    "於隱隠幾起支喜木貴祈期寸春須受壽寿數数川津徒都奈那名難菜波者盤八半婆破葉頗末万萬満滿麻也屋夜耶礼禮連麗列例遠越乎緒尾"
)


@dataclass(frozen=True)
class Mix:
    """Added examples: `characters` of the alphabet, and `outliers`, whose label is one past its last index."""

    characters: Examples
    outliers: Examples


def modern(data: DataFolder, alphabet: Alphabet, pages: Iterable[int], without: Iterable[str] = ()) -> Mix:
    """Modern handwritten kana of whole `pages` (numbers 1 to 11), preprocessed by `from_image`; none of the characters in `without`."""
    arrays = read_npz(data.path / "hiragana" / "handwritten.npz", "images", "labels", "page")
    chosen = np.isin(arrays["page"], list(pages)) & ~np.isin(arrays["labels"], list(without))
    inks = np.stack([from_image(Image.fromarray(image)) for image in arrays["images"][chosen]])
    other = len(alphabet)
    index = {entry.character: place for place, entry in enumerate(alphabet)}
    examples = Examples(inks, np.array([index.get(str(label), other) for label in arrays["labels"][chosen]]))
    return part(examples, other)


def part(examples: Examples, other: int) -> Mix:
    """Separate examples into characters and outliers (label `other`)."""
    return Mix(examples.take(examples.labels < other), examples.take(examples.labels == other))


def training_pages() -> list[int]:
    """The pages of modern handwriting that are neither for validation nor for the test."""
    return [page for page in range(1, 12) if page not in VALIDATION_PAGES + TEST_PAGES]


def drawn(alphabet: Alphabet, each: int, rng: np.random.Generator) -> Examples:
    """Each character of the alphabet drawn `each` times from KanjiVG's strokes with jitter.

    Characters that KanjiVG lacks (ゝ) are left out.
    """
    places = [index for index, entry in enumerate(alphabet) if strokes.has(entry.character)]
    inks = [
        strokes.to_ink(strokes.jitter(strokes.load(alphabet[index].character), rng, rng.uniform(0.3, 1.4)))
        for index in places
        for _ in range(each)
    ]
    return Examples(np.stack(inks), np.repeat(np.array(places), each))


def drawn_outliers(alphabet: Alphabet, count: int, rng: np.random.Generator, without: Iterable[str] = ()) -> Examples:
    """`count` drawings of other kana, digits, Latin letters and scribbles, about a quarter of each, from strokes.

    None is of the characters in `without`.
    """
    apart = set(alphabet.characters) | set(SMALL) | LOOKALIKES | set(without)
    pools = [[c for c in pool if c not in apart] for pool in (HIRAGANA, KATAKANA, LATIN)]
    inks = []
    for number in range(count):
        if number % 4 == 3:
            inks.append(strokes.to_ink(strokes.scribble(rng)))
        else:
            character = rng.choice(pools[number % 4])
            inks.append(strokes.to_ink(strokes.jitter(strokes.load(character), rng, rng.uniform(0.3, 1.4))))
    return _outliers(np.stack(inks), alphabet)


def kanji_outliers(data: DataFolder, alphabet: Alphabet, count: int, rng: np.random.Generator) -> Examples:
    """`count` cursive kanji of Kuzushiji-Kanji, without the parents of the alphabet's characters."""
    arrays = read_npz(data.path / "kkanji" / "kkanji-28x28.npz", "images", "labels", "codepoints")
    barred = LOOKALIKES | {parent for entry in alphabet for parent in entry.parents}
    free = ~np.isin(arrays["codepoints"], [ord(character) for character in barred])
    pool = np.flatnonzero(free[arrays["labels"]])
    return _outliers(arrays["images"][rng.choice(pool, min(count, len(pool)), replace=False)], alphabet)


def _outliers(inks: np.ndarray, alphabet: Alphabet) -> Examples:
    return Examples(inks, np.full(len(inks), len(alphabet), np.int64))


def other_kana(alphabet: Alphabet, fold: str) -> str:
    """Every second hiragana that the alphabet lacks: those of the "even" or of the "odd" fold; a voiced one goes with its plain one."""
    plain = {character: unicodedata.normalize("NFD", character)[0] for character in HIRAGANA if character not in SMALL}
    others = sorted(set(plain.values()) - set(alphabet.characters))
    chosen = set(others[("even", "odd").index(fold) :: 2])
    return "".join(character for character in plain if plain[character] in chosen)


def training_mix(data: DataFolder, alphabet: Alphabet, seed: int, without: str = "") -> Mix:
    """All that a fit adds to the dataset. What `data` lacks is left out; the drawn part needs no file.

    `without` leaves out one of `train.recipe.LEFT_OUT`: KanjiVG's strokes, the pages of modern handwriting, or half of the other kana, for a figure that holds for people and characters that no one trained on.
    """
    rng = np.random.default_rng([seed, 1])
    characters, outliers = [], []
    unseen = other_kana(alphabet, without.removeprefix("kana-")) if without.startswith("kana-") else ""
    if without != "strokes":
        characters.append(drawn(alphabet, 150, rng))
        outliers.append(drawn_outliers(alphabet, 6000, rng, unseen))
    if data.has("hiragana") and without != "pages":
        handwriting = modern(data, alphabet, training_pages(), unseen)
        characters += [handwriting.characters] * 3
        outliers += [handwriting.outliers]
    if data.has("kkanji"):
        outliers.append(kanji_outliers(data, alphabet, 4000, rng))
    if not characters:
        raise DataError(f"Without {without} nothing is left to mix in: give a data folder with hiragana/.")
    return Mix(join(*characters), join(*outliers) if outliers else characters[0].take(slice(0)))


def validation_kinds(data: DataFolder, alphabet: Alphabet) -> tuple[dict[str, Examples], dict[str, Examples]]:
    """The same kinds by name, never trained on, for validation: characters, and outliers."""
    rng = np.random.default_rng([0, 2])
    characters, outliers = {"drawn": drawn(alphabet, 50, rng)}, {"drawn": drawn_outliers(alphabet, 800, rng)}
    if data.has("hiragana"):
        handwriting = modern(data, alphabet, VALIDATION_PAGES)
        characters["modern"], outliers["modern"] = handwriting.characters, handwriting.outliers
    return characters, outliers


def describe(data: DataFolder, without: str = "") -> list[str]:
    """What `training_mix` takes from `data` and elsewhere, with licences, for the weights' metadata."""
    described = [] if without == "strokes" else ["KanjiVG strokes with jitter (KanjiVG project, CC BY-SA 3.0)"]
    if data.has("hiragana") and without != "pages":
        pages = ", ".join(map(str, training_pages()))
        described.append(f"modern handwritten hiragana, pages {pages} (MIT)")
    if data.has("kkanji"):
        described.append("Kuzushiji-Kanji as outliers (CODH, CC BY-SA 4.0)")
    return described
