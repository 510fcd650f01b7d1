"""Reading pages: 100 easy and 100 hard made pages of held-out glyphs, ours and the naive way, and how long a large page takes."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from bench.pages import naive_reader
from kmnist_model import Page, Recognizer, read_page
from synthetic_pages import glyphs
from synthetic_pages.maker import MadePage, make_page

EACH = 100
_SEEDS = 9000  # no page for tests or choices has these
_OVERLAP = 0.5


def measure() -> dict[str, Any]:
    """Detection, reading and text by half; the seconds of a page of 300 characters at 8 megapixels; needs KMNIST_DATA."""
    source = glyphs.held_out(Path(os.environ["KMNIST_DATA"]))
    recognizer = Recognizer.load("kmnist", "cpu")
    found: dict[str, Any] = {"each": EACH}
    for half in ("easy", "hard"):
        ours, simple = Tally(), Tally()
        for seed in range(_SEEDS, _SEEDS + EACH):
            made = make_page(seed, source, half == "hard")
            ours.add(made, read_page(made.picture, recognizer=recognizer))
            simple.add(made, naive_reader.read_page(made.picture, recognizer))
        found[half], found[f"{half}, naive"] = ours.figures(), simple.figures()
        print(f"{half}: {found[half]}; naive: {found[f'{half}, naive']}", file=sys.stderr, flush=True)
    found["large"] = _large(source, lambda picture: read_page(picture, recognizer=recognizer))
    return found


class Tally:
    """What was found on pages, against what stands there."""

    def __init__(self) -> None:
        self.pages = self.true = self.found = self.matched = self.right = self.wrong_text = 0
        self.skew: list[float] = []

    def add(self, made: MadePage, page: Page) -> None:
        """Count one page in."""
        pairs = match([truth.box for truth in made.characters], [character.box for character in page.characters])
        self.pages += 1
        self.true += len(made.characters)
        self.found += len(page.characters)
        self.matched += len(pairs)
        self.right += sum(made.characters[true].character == page.characters[mine].text for true, mine in pairs)
        self.wrong_text += edits(made.text.replace("\n", ""), page.text.replace("\n", ""))
        self.skew.append(abs(made.skew - page.skew))

    def figures(self) -> dict[str, Any]:
        """F1 of detection, accuracy of what was detected, character error rate, all as fractions; degrees."""
        return {
            "pages": self.pages,
            "n": self.true,
            "f1": 2 * self.matched / max(self.true + self.found, 1),
            "accuracy": self.right / max(self.matched, 1),
            "error_rate": self.wrong_text / max(self.true, 1),
            "skew_p95": float(np.percentile(self.skew, 95)),
        }


def match(true: list[tuple[int, int, int, int]], found: list[tuple[int, int, int, int]]) -> list[tuple[int, int]]:
    """Pairs (place in `true`, place in `found`) of boxes whose intersection is half of their union or more, the best first, each box once."""
    if not true or not found:
        return []
    a, b = np.array(true, float)[:, None], np.array(found, float)[None]
    shared = np.clip(np.minimum(a[..., :2] + a[..., 2:], b[..., :2] + b[..., 2:]) - np.maximum(a[..., :2], b[..., :2]), 0, None).prod(-1)
    overlap = shared / (a[..., 2:].prod(-1) + b[..., 2:].prod(-1) - shared)
    pairs: list[tuple[int, int]] = []
    for place in np.argsort(-overlap, axis=None, kind="stable"):
        row, column = divmod(int(place), len(found))
        if overlap[row, column] < _OVERLAP:
            break
        if all(row != r and column != c for r, c in pairs):
            pairs.append((row, column))
    return pairs


def edits(true: str, read: str) -> int:
    """The least number of insertions, deletions and substitutions between two texts (Levenshtein 1966)."""
    row = list(range(len(read) + 1))
    for n, expected in enumerate(true, 1):
        before, row[0] = row[0], n
        for m, character in enumerate(read, 1):
            before, row[m] = row[m], min(row[m] + 1, row[m - 1] + 1, before + (expected != character))
    return row[-1]


def _large(source: Callable[[np.random.Generator], Any], read: Callable[[Any], Page]) -> dict[str, Any]:
    """Seconds for pages of 300 characters at 8 megapixels, each decoded from a JPEG already."""
    pages = [make_page(_SEEDS + n, source, hard, 300, 8).picture for n, hard in enumerate((False, True, False, True, False))]
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
