"""Tries values of the known-logit threshold on synthetic pages of validation glyphs: python -m bench.pages.threshold."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from bench.pages.scoring import match
from kmnist_model import Recognizer, read_page
from synthetic_pages import glyphs
from synthetic_pages.maker import make_page

_SEEDS = range(500, 520)
_TRIED = np.arange(-4, 3.5, 0.5)


def main() -> None:
    """Print, for each half and each value tried, the share of found characters that are answered right."""
    recognizer = Recognizer.load("kmnist", "cpu")
    source = glyphs.validation_split(Path(os.environ["KMNIST_DATA"]))
    for hard in (False, True):
        scores, right, unknown = [], [], []
        for seed in _SEEDS:
            made = make_page(seed, source, hard)
            page = read_page(made.picture, recognizer=recognizer)
            pairs = match([truth.box for truth in made.characters], [character.box for character in page.characters])
            if not pairs:
                continue
            found = [page.characters[place] for _, place in pairs]
            true = [made.characters[place].character for place, _ in pairs]
            scores.append(recognizer.known_logit(recognizer.logits(np.stack([character.reading.ink for character in found]))))
            right += [c.reading.candidates[0].character == t for c, t in zip(found, true, strict=True)]
            unknown += [t == glyphs.UNKNOWN for t in true]
        known_logit, is_right, is_unknown = np.concatenate(scores), np.array(right), np.array(unknown)
        print("hard" if hard else "easy", f"n {len(is_right)}, unknown {is_unknown.sum()}")
        for value in _TRIED:
            answered = np.where(is_unknown, known_logit < value, (known_logit >= value) & is_right)
            print(f"{value:5.1f}  {answered.mean():.4f}")


if __name__ == "__main__":
    main()
