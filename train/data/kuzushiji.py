"""The wide task: every hiragana, today's and old ones, and 6,547 kanji, from real and drawn examples."""

from __future__ import annotations

import sys
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from kmnist_model.alphabet import KUZUSHIJI49, Alphabet
from kmnist_model.preprocess import from_image
from train.data.data_folder import DataFolder
from train.data.drawing import drawn_pools, fonts
from train.data.drawing.drawn_pools import OUTLIER, Drawings
from train.data.drawing.resizing import resized
from train.data.extras import balanced
from train.data.file_formats import read_npz
from train.data.sources import VALIDATION_PAGES, training_pages
from train.data.splits import Examples, Split, join, kmnist_t10k, split_by_class
from train.errors import DataError

NAME = "kuzushiji"
SIZE = 48  # px
KANJI_FILE = "kkanji-64x64.npz"
FIRST_BOOK, SECOND_BOOK = "2568591", "ndljp"  # how the names of kana-real's spreads begin: Karakuri zui, Honcho kokon meizukushi

# The kana with marks for a voiced or half-voiced sound, and the plain ones that old writing puts for them.
VOICED = dict(zip("がぎぐげござじずぜぞだぢづでどばびぶべぼぱぴぷぺぽ", "かきくけこさしすせそたちつてとはひふへほはひふへほ", strict=True))
_ROMAJI = dict(
    zip(
        VOICED,
        [
            "ga",
            "gi",
            "gu",
            "ge",
            "go",
            "za",
            "ji",
            "zu",
            "ze",
            "zo",
            "da",
            "ji",
            "zu",
            "de",
            "do",
            "ba",
            "bi",
            "bu",
            "be",
            "bo",
            "pa",
            "pi",
            "pu",
            "pe",
            "po",
        ],
        strict=True,
    )
)

# How often each character is drawn from KanjiVG's strokes, or from each font.
EACH = {"kanji, strokes": 16, "kana, strokes": 150, "kanji, fonts": 1, "kana, fonts": 4, "historical": 4, "sketches": 6, "old kana": 12}
OUTLIERS = 20_000

# The share of each kind among the samples; those that a protocol leaves out are shared out among the others.
_SHARES = {
    "kanji, old": 0.55,
    "kanji, strokes": 0.22,
    "kanji, fonts": 0.12,
    "kana, pages": 0.06,
    "kana, strokes": 0.05,
    "kana, fonts": 0.03,
    "kana, historical": 0.07,
    "outliers": 0.05,
    "kana, KMNIST": 0.15,
    "kana, old books": 0.09,
}


@dataclass(frozen=True)
class Pool:
    """Examples of one `kind`; within it a class of n examples is drawn in proportion to n to the power of `balance`."""

    kind: str
    examples: Examples
    balance: float = 0.5

    def weights(self) -> NDArray[np.float64]:
        """The chance (N,) of each example, with the sum 1."""
        return balanced(self.examples.labels, self.balance)


def alphabet(kanji: NDArray[np.uint32]) -> Alphabet:
    """The wide alphabet: 48 kana and ゝ, 25 voiced and half-voiced ones, 々, and the kanji of JIS X 0208 and of `kanji` (code points)."""
    plain = {entry.character: entry for entry in KUZUSHIJI49}
    rows = KUZUSHIJI49.rows() + [[kana, _ROMAJI[kana], plain[VOICED[kana]].parents] for kana in VOICED] + [["々", "repeat", ""]]
    known = sorted({chr(code) for code in kanji} | set(jis_kanji()))
    return Alphabet.from_rows("kuzushiji", rows + [[character, "", ""] for character in known])


def jis_kanji() -> str:
    """The 6,355 kanji of JIS X 0208, in its order: rows 16 to 84."""
    pairs = (bytes((0xA0 + row, 0xA0 + cell)) for row in range(16, 85) for cell in range(1, 95))
    return "".join(pair.decode("euc_jp", "ignore") for pair in pairs)


def without_voicing(characters: str) -> str:
    """The same characters with plain kana for voiced ones, as old writing often has them."""
    return "".join(VOICED.get(character, character) for character in characters)


class Labels:
    """Class indices of characters; the outliers' is one past the last."""

    def __init__(self, known: Alphabet) -> None:
        self._index = {entry.character: place for place, entry in enumerate(known)} | {OUTLIER: len(known)}

    def examples(self, drawings: Drawings) -> Examples:
        """The drawings whose character is known."""
        inks, characters = drawings
        labels = np.array([self._index.get(character, -1) for character in characters], np.int64)
        return Examples(inks, labels).take(labels >= 0)


def old_kanji(data: DataFolder, known: Alphabet, size: int = SIZE) -> tuple[Examples, Examples, Examples]:
    """Kuzushiji-Kanji at `size` px by the published split within each class: for training, validation, test."""
    arrays = read_npz(data.path / "kkanji" / KANJI_FILE, "images", "labels", "codepoints")
    index = np.array([known.index(chr(code)) for code in arrays["codepoints"]])
    parts = split_by_class(arrays["labels"].astype(np.int64), 10, 50)
    images = resized(arrays["images"], size)
    train, validation, test = (Examples(images[part], index[arrays["labels"][part]]) for part in parts)
    return train, validation, test


def modern_kana(data: DataFolder, known: Alphabet, pages: list[int] | tuple[int, ...]) -> Examples:
    """Modern handwritten hiragana of whole `pages`; small letters, which have the shape of their large ones, are left out."""
    arrays = read_npz(data.path / "hiragana" / "handwritten.npz", "images", "labels", "page")
    chosen = np.isin(arrays["page"], list(pages))
    inks = np.stack([from_image(Image.fromarray(image), SIZE) for image in arrays["images"][chosen]])
    return Labels(known).examples((inks, [str(label) for label in arrays["labels"][chosen]]))


def book_kana(data: DataFolder, known: Alphabet, book: str = "") -> Examples:
    """Old kana of the spreads whose names begin with `book`, by default of both books."""
    arrays = read_npz(data.path / "kana-real" / "kana.npz", "images", "labels", "page")
    chosen = np.char.startswith(arrays["page"], book)
    return Labels(known).examples((resized(arrays["images"][chosen], SIZE), [str(label) for label in arrays["labels"][chosen]]))


def kmnist(data: DataFolder, known: Alphabet) -> tuple[Examples, Examples, Examples]:
    """KMNIST's split `t10k` with the wide alphabet's class indices, at 48x48."""
    split = kmnist_t10k(data)
    index = np.array([known.index(entry.character) for entry in split.alphabet])
    train, validation, test = (
        Examples(resized(part.inks, SIZE), index[part.labels]) for part in (split.train, split.validation, split.test)
    )
    return train, validation, test


def _open(data: DataFolder, protocol: str, books: tuple[str, ...], with_kmnist: bool, seed: int = 0) -> Split:
    """The split of the wide task that learns from these `books` of old kana, and from KMNIST or not."""
    for needed in ("kkanji", "hiragana", "hentaigana"):
        if not data.has(needed):
            raise DataError(f"{data.path / needed} is missing: the wide task needs it; give the folder that holds it with --data.")
    codepoints = read_npz(data.path / "kkanji" / KANJI_FILE, "codepoints")["codepoints"]
    known = alphabet(codepoints)
    labels = Labels(known)
    kana = "".join(entry.character for entry in known if entry.kind == "kana")
    kanji = "".join(entry.character for entry in known if entry.kind == "kanji")
    old, old_validation, test = old_kanji(data, known)
    pools = [
        Pool("kanji, old", old),
        Pool("kanji, strokes", labels.examples(drawn_pools.kanjivg(data, kanji, EACH["kanji, strokes"], SIZE, seed, "kanjivg-kanji")), 0.0),
        Pool("kanji, fonts", labels.examples(drawn_pools.font_glyphs(data, "kanji", kanji, EACH["kanji, fonts"], SIZE, seed)), 0.0),
        Pool("kana, pages", modern_kana(data, known, training_pages()), 0.0),
        Pool("kana, strokes", labels.examples(drawn_pools.kanjivg(data, kana, EACH["kana, strokes"], SIZE, seed, "kanjivg-kana")), 0.0),
        Pool("kana, fonts", labels.examples(drawn_pools.font_glyphs(data, "kana", kana, EACH["kana, fonts"], SIZE, seed)), 0.0),
        Pool(
            "kana, historical",
            join(
                labels.examples(drawn_pools.historical_glyphs(data, EACH["historical"], SIZE, seed)),
                labels.examples(drawn_pools.sketches(data, EACH["sketches"], SIZE, seed)),
                labels.examples(drawn_pools.font_glyphs(data, "old kana", kana, EACH["old kana"], SIZE, seed)),
            ),
        ),
        Pool("outliers", labels.examples(drawn_pools.outliers(data, OUTLIERS, SIZE, seed))),
    ]
    validation = [_at_most(old_validation, 2000), modern_kana(data, known, VALIDATION_PAGES)]
    if with_kmnist:
        learnt, checked, _ = kmnist(data, known)
        pools.append(Pool("kana, KMNIST", learnt))
        validation.append(checked)
    if books:
        pools.append(Pool("kana, old books", join(*(book_kana(data, known, book) for book in books))))
    pools = [pool for pool in pools if len(pool.examples)]
    if not any(pool.kind == "kanji, fonts" for pool in pools):
        print("No brush font was found: README.md says which packages hold them.", file=sys.stderr)
    total = sum(_SHARES[pool.kind] for pool in pools)
    weights = np.concatenate([pool.weights() * (_SHARES[pool.kind] / total) for pool in pools])
    return Split(protocol, known, join(*(pool.examples for pool in pools)), join(*validation), test, weights=weights)


def _at_most(examples: Examples, count: int) -> Examples:
    return examples.take(np.sort(np.random.default_rng(0).permutation(len(examples))[:count]))


def held_out(data: DataFolder) -> Split:
    """What is kept for validation and for the test; of the training images the old ones alone, as the others take minutes to draw."""
    codepoints = read_npz(data.path / "kkanji" / KANJI_FILE, "codepoints")["codepoints"]
    known = alphabet(codepoints)
    train, validation, test = old_kanji(data, known)
    learnt = join(train, kmnist(data, known)[0]) if data.has("kmnist") else train
    return Split("all", known, learnt, validation, test)


def fonts_only(data: DataFolder) -> Split:
    """Without any real old kana: what fonts, drawings and modern hands alone are worth."""
    return _open(data, "fonts-only", (), with_kmnist=False)


def all_kana(data: DataFolder) -> Split:
    """With KMNIST and both books of old kana: the released weights."""
    return _open(data, "all", (FIRST_BOOK, SECOND_BOOK), with_kmnist=True)


def first_book(data: DataFolder) -> Split:
    """With KMNIST and the first book of old kana; the second is for the test."""
    return _open(data, "first-book", (FIRST_BOOK,), with_kmnist=True)


def second_book(data: DataFolder) -> Split:
    """With KMNIST and the second book of old kana; the first is for the test."""
    return _open(data, "second-book", (SECOND_BOOK,), with_kmnist=True)


PROTOCOLS = {"all": all_kana, "fonts-only": fonts_only, "first-book": first_book, "second-book": second_book}


def open_wide(protocol: str | None, data: DataFolder) -> Split:
    """The wide task by `protocol`, by default "all". Raises `DataError`."""
    if protocol is not None and protocol not in PROTOCOLS:
        raise DataError(f"{NAME} has no protocol {protocol!r}: choose one of {', '.join(PROTOCOLS)}.")
    return PROTOCOLS[protocol or "all"](data)


def describe(protocol: str, data: DataFolder) -> list[str]:
    """What a fit by `protocol` learns from, with licences, for the weights' metadata."""
    faces = {font for teaches in ("kanji", "kana", "old kana", "historical") for font in fonts.find(data, teaches)}
    described = [
        "KanjiVG strokes with jitter (KanjiVG project, CC BY-SA 3.0)",
        f"fonts: {', '.join(f'{font.name} ({font.licence})' for font in fonts.FONTS if font in faces) or 'none was found'}",
        "285 pencil drawings of historical letters (Noto Serif Hentaigana, OFL 1.1)",
        f"modern handwritten hiragana, pages {', '.join(map(str, training_pages()))} (MIT)",
    ]
    if protocol != "fonts-only":
        described.append("KMNIST, 7,500 images of protocol t10k (CODH, CC BY-SA 4.0)")
    books = {FIRST_BOOK: "Karakuri zui", SECOND_BOOK: "Honcho kokon meizukushi"}
    learnt = {"all": books, "first-book": [FIRST_BOOK], "second-book": [SECOND_BOOK]}.get(protocol, [])
    return described + [f"old kana cut from {books[book]} (National Diet Library, public domain)" for book in learnt]
