"""How well pages are read: easy and hard made pages of test glyphs, by us and by a naive reader, and the time for a large page."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image

from bench.datasets import dataset_folder
from bench.pages import naive_reader
from bench.pages.scoring import Tally
from bench.section import Figures, Row, Section, pick
from kmnist_model import Page, Recognizer, read_page
from synthetic_pages import glyphs
from synthetic_pages.maker import Source, make_page

_SEEDS = 9000  # neither tests nor choices use pages with these seeds


@dataclass(frozen=True)
class Sizes:
    """Pages of `each` half, and with all classes `each_of_all`; `large` pages of so many `characters` at so many `megapixels`."""

    each: int
    each_of_all: int
    large: int
    characters: int
    megapixels: float


FULL, SMOKE = Sizes(100, 30, 5, 300, 8), Sizes(1, 1, 1, 30, 1)


def measure(smoke: bool = False) -> Figures:
    """Detection, reading and text by half, and the seconds for a large page; needs KMNIST_DATA, but for a smoke run."""
    sizes = SMOKE if smoke else FULL
    source = glyphs.drawn() if smoke else glyphs.test_split(dataset_folder())
    recognizer = Recognizer.load("kmnist", "cpu")
    figures: Figures = {"each": sizes.each}
    for half in ("easy", "hard"):
        ours, naive = Tally(), Tally()
        for seed in range(_SEEDS, _SEEDS + sizes.each):
            made = make_page(seed, source, half == "hard")
            ours.add(made, read_page(made.picture, recognizer=recognizer))
            naive.add(made, naive_reader.read_page(made.picture, recognizer))
        figures[half], figures[f"{half}, naive"] = ours.figures(), naive.figures()
        print(f"{half}: {figures[half]}; naive: {figures[f'{half}, naive']}", file=sys.stderr, flush=True)
    wide, any_source = Recognizer.load("kuzushiji", "cpu"), glyphs.drawn() if smoke else glyphs.any_test_split(dataset_folder())
    for half in ("easy", "hard"):
        tally = Tally()
        for seed in range(_SEEDS, _SEEDS + sizes.each_of_all):
            made = make_page(seed, any_source, half == "hard")
            tally.add(made, read_page(made.picture, recognizer=wide))
        figures[f"{half}, all classes"] = tally.figures()
        print(f"{half}, all classes: {tally.figures()}", file=sys.stderr, flush=True)
    figures["large"] = _large(source, lambda picture: read_page(picture, recognizer=recognizer), sizes)
    return figures


def _large(source: Source, read: Callable[[Image.Image], Page], sizes: Sizes) -> Figures:
    """Seconds for large pages, easy and hard alternating; decoding is not included."""
    pages = [make_page(_SEEDS + n, source, n % 2 == 1, sizes.characters, sizes.megapixels).picture for n in range(sizes.large)]
    read(pages[0])
    seconds = []
    for picture in pages:
        began = time.perf_counter()
        read(picture)
        seconds.append(time.perf_counter() - began)
    return {
        "n": len(seconds),
        "megapixels": float(np.median([p.width * p.height / 1e6 for p in pages])),
        "median": float(np.median(seconds)),
        "spread": [min(seconds), max(seconds)],
    }


def _rows_of_all(half: str, f1: float, error_rate: float) -> tuple[Row, ...]:
    """A half's figures with any kana and kanji on the pages, read by the wide weights."""
    key = f"{half}, all classes"
    return (
        Row(f"{half} pages of any kana and kanji: detection F1 at IoU 0.5", pick(key, "f1"), pick(key, "n"), f1),
        Row(
            f"{half} pages of any kana and kanji: character error rate of the text",
            pick(key, "error_rate"),
            pick(key, "n"),
            error_rate,
            True,
        ),
    )


def _rows(half: str, f1: float, accuracy: float, error_rate: float) -> tuple[Row, ...]:
    """A half's three figures: ours with their targets, and the naive reader's."""
    return tuple(
        row
        for what, key, goal, at_most in (
            ("detection F1 at IoU 0.5", "f1", f1, False),
            ("reading of detected characters", "accuracy", accuracy, False),
            ("character error rate of the text", "error_rate", error_rate, True),
        )
        for row in (
            Row(f"{half} pages: {what}", pick(half, key), pick(half, "n"), goal, at_most),
            Row(f"{half} pages, naive reader: {what}", pick(f"{half}, naive", key), pick(f"{half}, naive", "n")),
        )
    )


SECTION = Section(
    name="scans",
    group="Pages",
    measure=measure,
    rows=(
        *_rows("easy", 0.99, 0.985, 0.015),
        *_rows("hard", 0.97, 0.96, 0.05),
        *_rows_of_all("easy", 0.99, 0.08),
        *_rows_of_all("hard", 0.97, 0.15),
        Row("easy pages: error of the skew, p95", pick("easy", "skew_p95"), pick("easy", "pages"), 0.5, True, "°"),
        Row("hard pages: error of the skew, p95", pick("hard", "skew_p95"), pick("hard", "pages"), 0.5, True, "°"),
        Row("a page of 300 characters at 8 megapixels, median", pick("large", "median"), pick("large", "n"), 1.5, True, "s"),
    ),
    code=("kmnist_model/*.py", "kmnist_model/page/**/*", "kmnist_model/weights/*.safetensors", "synthetic_pages/*.py"),
)
