"""Old kana that no real example was there for, and old kana of a book that no fit has seen.

Finished runs in `runs/` are used again; without them it takes about two and a half hours on 2 cores. Run it by name:
`make bench SECTIONS=old_kana`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch

from bench.datasets import datasets
from bench.section import LONG_RUN, Figures, Row, Section, pick
from bench.training.fits import fits
from kmnist_model.alphabet import KUZUSHIJI49
from kmnist_model.network import build
from kmnist_model.recognizer import Recognizer
from train.data import kuzushiji
from train.data.data_folder import DataFolder, data_folder
from train.data.splits import Examples
from train.evaluation.calibrate import uncalibrated
from train.evaluation.wide import scores
from train.recipe import Recipe

_RECIPES = Path("train") / "recipes"
_FIRST_PART = "fonts-only"
_READ = {"first-book": kuzushiji.SECOND_BOOK, "second-book": kuzushiji.FIRST_BOOK}  # the book that each protocol leaves out


def measure(smoke: bool = False) -> Figures:
    """Top-1 and top-5 among the 48 kana: of the recipe's first part on KMNIST and both books, and of each book by the fit without it."""
    if smoke:
        with datasets(smoke) as data:
            fresh = _fresh(data)
            return _measure(data, fresh, dict.fromkeys(_READ, fresh))
    first = _fitted(_FIRST_PART, ["--recipe", str(_RECIPES / "kuzushiji.toml")])
    words = ["--recipe", str(_RECIPES / "kuzushiji-finish.toml"), "--init", str(first)]
    return _measure(data_folder(), Recognizer.load(first, "cpu"), {it: Recognizer.load(_fitted(it, words), "cpu") for it in _READ})


def _measure(data: DataFolder, fonts_only: Recognizer, by_protocol: dict[str, Recognizer]) -> Figures:
    figures: Figures = {
        _FIRST_PART: {
            "kmnist": _among_48(fonts_only, kuzushiji.kmnist(data, fonts_only.alphabet)[2]),
            "books": _among_48(fonts_only, kuzushiji.book_kana(data, fonts_only.alphabet)),
        }
    }
    for protocol, recognizer in by_protocol.items():
        figures[protocol] = _among_48(recognizer, kuzushiji.book_kana(data, recognizer.alphabet, _READ[protocol]))
        print(f"{protocol}: {figures[protocol]}", file=sys.stderr, flush=True)
    figures["books"] = {
        "n": sum(figures[protocol]["n"] for protocol in _READ),
        **{key: float(np.mean([figures[protocol][key] for protocol in _READ])) for key in ("top1", "top5")},
    }
    return figures


def _fresh(data: DataFolder) -> Recognizer:
    """A narrow network with fresh weights, for a smoke run."""
    known = kuzushiji.held_out(data).alphabet
    recipe = Recipe(architecture="preact_resnet18", width=4, mix=False)
    network = build(recipe.architecture, len(known) + 1, recipe.width)
    return Recognizer(uncalibrated(recipe, known, [], "none", kuzushiji.SIZE), network, torch.device("cpu"))


def _fitted(protocol: str, words: list[str]) -> Path:
    """The weights of a fit by `protocol`, fitted first if they are missing."""
    with fits(smoke=False) as runner:
        out = runner.runs / protocol
        weights = out / "kuzushiji.safetensors"
        if not weights.exists():
            runner.train("fit", "--dataset", "kuzushiji", "--protocol", protocol, *words, "--resume", "--out", str(out))
        return weights


def _among_48(recognizer: Recognizer, examples: Examples) -> Figures:
    """The scores among the 48 kana of old writing."""
    columns = [recognizer.alphabet.index(entry.character) for entry in KUZUSHIJI49 if entry.character != "ゝ"]
    return scores(recognizer.logits(examples.inks)[:, :-1], examples.labels, columns)


def _rows(what: str, *path: str, goals: tuple[float, float]) -> tuple[Row, Row]:
    top1, top5 = (pick(*path, key) for key in ("top1", "top5"))
    return Row(f"{what}, top-1", top1, pick(*path, "n"), goals[0]), Row("the same, top-5", top5, pick(*path, "n"), goals[1])


SECTION = Section(
    name="old_kana",
    group="Every kana and every kanji",
    measure=measure,
    rows=(
        *_rows("old kana that no real example was there for, KMNIST t10k held out", _FIRST_PART, "kmnist", goals=(0.48, 0.78)),
        *_rows("the same, two other books", _FIRST_PART, "books", goals=(0.7, 0.93)),
        *_rows("old kana learnt from one book and KMNIST, the other book, mean of both ways", "books", goals=(0.85, 0.96)),
    ),
    code=("kmnist_model/network.py", "kmnist_model/preprocess.py", "train/recipe.py", "train/data/**/*.py", "train/fitting/*.py"),
    allowed_stale=LONG_RUN,
)
