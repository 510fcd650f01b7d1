"""Pools of examples that are drawn rather than found: KanjiVG's strokes with jitter, brush fonts, historical letters, outliers.

They are drawn once, on all processors, and kept in `rendered/` of the data folder.
"""

from __future__ import annotations

import csv
import hashlib
import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from tqdm import tqdm

from kmnist_model.characters.historical_forms import Letter
from kmnist_model.files import atomic_path
from kmnist_model.preprocess import from_image
from train.data.data_folder import DataFolder
from train.data.drawing import fonts, strokes
from train.data.file_formats import read_npz
from train.errors import DataError

Drawings = tuple[NDArray[np.uint8], list[str]]  # inks (N, size, size), and the character of each

OUTLIER = ""  # stands for "not a character" among the characters of a pool
# What looks like no kana or kanji of the wide alphabet, in today's hand or the old one.
_OTHERS = "アシソネフマラルンヲジゾブ2345678ABDFGKMNPQRSWabdefgkmpqrsw"
_PENS = (1.1, 2.6)  # px at 28: as fine and as broad as writing on paper
_CHUNK = 400


def drawn(data: DataFolder, name: str, tasks: Sequence[tuple[str, ...]], draw: Callable[..., Drawings], size: int, seed: int) -> Drawings:
    """What `draw(tasks, size, seed)` gives for all `tasks`, in parallel, or read from the cache of an earlier run."""
    described = repr((name, tasks, size, seed)).encode()
    cache = data.path / "rendered" / f"{name}-{size}px-{hashlib.sha256(described).hexdigest()[:12]}.npz"
    if cache.exists():
        arrays = read_npz(cache, "images", "labels")
        return arrays["images"], [str(label) for label in arrays["labels"]]
    chunks = [tasks[start : start + _CHUNK] for start in range(0, len(tasks), _CHUNK)]
    inks, labels = [], []
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        jobs = pool.map(partial(draw, size=size), chunks, [seed * 100_003 + number for number in range(len(chunks))])
        for part, characters in tqdm(jobs, total=len(chunks), desc=name, disable=not sys.stderr.isatty()):
            inks.append(part)
            labels += characters
    images = np.concatenate(inks) if inks else np.zeros((0, size, size), np.uint8)
    try:
        cache.parent.mkdir(exist_ok=True)
        with atomic_path(cache) as part_file, part_file.open("wb") as file:
            np.savez(file, images=images, labels=np.array(labels))
    except OSError as error:  # a folder without write permission: the next run draws them again
        print(f"{cache} cannot be written ({error.strerror or error}); it will be drawn again next time.", file=sys.stderr)
    return images, labels


def _stack(inks: list[NDArray[np.uint8]], size: int) -> NDArray[np.uint8]:
    return np.stack(inks) if inks else np.zeros((0, size, size), np.uint8)


def draw_strokes(tasks: Sequence[tuple[str, ...]], seed: int, size: int) -> Drawings:
    """KanjiVG's strokes as another hand would write them: tasks are (character, "pen" or "mouse")."""
    rng = np.random.default_rng(seed)
    inks = []
    for character, hand in tasks:
        lines = strokes.load(character)
        written = strokes.by_mouse(lines, rng) if hand == "mouse" else strokes.jitter(lines, rng, rng.uniform(0.3, 1.5))
        inks.append(strokes.to_ink(written, size))
    return _stack(inks, size), [character for character, _ in tasks]


def draw_outliers(tasks: Sequence[tuple[str, ...]], seed: int, size: int) -> Drawings:
    """Katakana, Latin letters and digits by their strokes; scribbles for an empty task."""
    rng = np.random.default_rng(seed)
    inks = []
    for (character,) in tasks:
        lines = strokes.jitter(strokes.load(character), rng, rng.uniform(0.3, 1.4)) if character else strokes.scribble(rng)
        inks.append(strokes.to_ink(lines, size))
    return _stack(inks, size), [OUTLIER] * len(inks)


def draw_glyphs(tasks: Sequence[tuple[str, ...]], seed: int, size: int) -> Drawings:
    """Glyphs of fonts: tasks are (character of the class, letter of the font, path of the font); half with a pen of another width."""
    rng = np.random.default_rng(seed)
    inks, characters = [], []
    for character, letter, path in tasks:
        ink = fonts.draw(Path(path), letter)
        if ink is not None:
            inks.append(fonts.to_ink(ink, size, float(rng.uniform(*_PENS)) if rng.random() < 0.5 else None))
            characters.append(character)
    return _stack(inks, size), characters


def kanjivg(data: DataFolder, characters: str, each: int, size: int, seed: int, name: str) -> Drawings:
    """Each of the `characters` that KanjiVG has, drawn `each` times, every fourth of them as by a mouse."""
    hands = ["mouse" if number % 4 == 1 else "pen" for number in range(each)]
    tasks = [(character, hand) for character in characters if strokes.has(character) for hand in hands]
    return drawn(data, name, tasks, draw_strokes, size, seed)


def outliers(data: DataFolder, count: int, size: int, seed: int) -> Drawings:
    """`count` drawings of what is neither kana nor kanji: katakana, Latin letters, digits and scribbles."""
    rng = np.random.default_rng(seed)
    tasks = [("",) if number % 2 else (str(rng.choice(list(_OTHERS))),) for number in range(count)]
    return drawn(data, "outliers", tasks, draw_outliers, size, seed)


def font_glyphs(data: DataFolder, teaches: str, characters: str, each: int, size: int, seed: int) -> Drawings:
    """The `characters` in every font that teaches them, `each` times."""
    found = fonts.find(data, teaches)
    tasks = [
        (character, character, str(path))
        for paths in found.values()
        for character, path in fonts.glyphs(paths, characters)
        for _ in range(each)
    ]
    return drawn(data, f"fonts-{teaches.replace(' ', '-')}-{len(characters)}", tasks, draw_glyphs, size, seed)


def historical_letters(data: DataFolder) -> dict[str, str]:
    """Each historical letter (U+1B001 to U+1B11E) and today's kana that it stands for: one, or a few."""
    return {each.letter: each.kana for each in letter_table(data)}


def letter_table(data: DataFolder) -> list[Letter]:
    """The historical letters with today's kana and parent kanji, in the order of their code points."""
    path = data.path / "hentaigana" / "parents.tsv"
    if not path.exists():
        raise DataError(f"{path} is missing: give the folder that holds it with --data or KMNIST_DATA.")
    with path.open(encoding="utf-8", newline="") as file:
        return [Letter(row["letter"], row["kana"], row["parent"]) for row in csv.DictReader(file, delimiter="\t")]


def historical_glyphs(data: DataFolder, each: int, size: int, seed: int) -> Drawings:
    """The historical letters in every font that has them, `each` times for each kana that they stand for."""
    letters = historical_letters(data)
    tasks = [
        (kana, letter, str(path))
        for paths in fonts.find(data, "historical").values()
        for letter, path in fonts.glyphs(paths, "".join(letters))
        for kana in letters[letter]
        for _ in range(each)
    ]
    return drawn(data, "fonts-historical", tasks, draw_glyphs, size, seed)


def letter_glyphs(data: DataFolder, teaches: str, letters: str, each: int, size: int, seed: int) -> dict[str, Drawings]:
    """The `letters` in each font that teaches them, by the font's name, `each` times; labelled with the letter itself."""
    found = {}
    for font, paths in fonts.find(data, teaches).items():
        tasks = [(letter, letter, str(path)) for letter, path in fonts.glyphs(paths, letters) for _ in range(each)]
        found[font.name] = drawn(data, f"letters-{font.name.replace(' ', '-')}", tasks, draw_glyphs, size, seed)
    return found


def letter_sketches(data: DataFolder, size: int) -> Drawings:
    """The pencil drawings of historical letters as the app reads a picture; labelled with the letter itself."""
    arrays = read_npz(data.path / "hentaigana" / "sketches.npz", "images", "codepoints")
    return np.stack([from_image(Image.fromarray(image), size) for image in arrays["images"]]), [chr(code) for code in arrays["codepoints"]]


def sketches(data: DataFolder, each: int, size: int, seed: int) -> Drawings:
    """The pencil drawings of historical letters, `each` times with pens of different widths."""
    letters, rng = historical_letters(data), np.random.default_rng(seed)
    arrays = read_npz(data.path / "hentaigana" / "sketches.npz", "images", "codepoints")
    inks, characters = [], []
    for image, codepoint in zip(arrays["images"], arrays["codepoints"], strict=True):
        for kana in letters[chr(codepoint)]:
            for _ in range(each):
                inks.append(fonts.to_ink(image.astype(np.float32) / 255, size, float(rng.uniform(*_PENS))))
                characters.append(kana)
    return np.stack(inks), characters
