"""What the recipes reach: ours pretrained, ours from scratch and the tutorial's, three seeds each, and longer pretraining.

A finished run in `runs/` is used again. Takes about 70 minutes on 2 cores, and 60 more without pretrained weights in `runs/`; run it by
name: `make bench SECTIONS=training`.
"""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from bench.section import LONG_RUN, Figures, Row, Section, pick
from bench.training.fits import Fits, fits

BODIES = {"kkanji": 4, "kkanji-8": 8}  # folder in runs/: epochs of pretraining; the second was tried and not adopted
BODY = "kkanji.safetensors"
RATE = "0.1"  # the finder's rule asks for a fourth of it, and train/RECIPE.md shows what that costs
RECIPES: dict[str, tuple[str | None, tuple[str, ...]]] = {  # the pretrained body, options
    "pretrained": ("kkanji", ("--learning-rate", RATE)),
    "pretrained twice as long": ("kkanji-8", ("--learning-rate", RATE)),
    "scratch": (None, ("--learning-rate", RATE)),
    "tutorial": (None, ("--tutorial",)),
}
FULL_SEEDS, SMOKE_SEEDS = (0, 1, 2), (0,)
CODE = ("kmnist_model/network.py", "kmnist_model/preprocess.py", "train/recipe.py", "train/data/**/*.py", "train/fitting/*.py")


def measure(smoke: bool = False) -> Figures:
    """For each recipe the test accuracy of the last epoch by seed, its mean, and the seconds of each fit, the finder's included."""
    seeds = SMOKE_SEEDS if smoke else FULL_SEEDS
    results: Figures = {name: {"accuracy": [], "ece": [], "seconds": []} for name in RECIPES}
    with fits(smoke) as runner:
        for body, epochs in BODIES.items():
            pretrain(runner, body, epochs)
        for seed in seeds:
            for name in sorted(RECIPES):
                fit_recipe(runner, name, seed, results[name])
                print(f"{name}, seed {seed}: {results[name]['accuracy'][-1]:.4f}", file=sys.stderr, flush=True)
    for figures in results.values():
        figures["n"] = len(figures["accuracy"])
        figures["mean_accuracy"] = float(np.mean(figures["accuracy"]))
    return results


def pretrain(runner: Fits, body: str, epochs: int) -> str:
    """The path of the weights pretrained on Kuzushiji-Kanji, fitted first if they are missing."""
    out = runner.runs / body
    if not (out / BODY).exists():
        words = ["--dataset", "kkanji", "--protocol", "whole", "--epochs", str(epochs), "--set", "cutout=0"]
        runner.train("fit", *words, "--out", str(out))
    return str(out / BODY)


def fit_recipe(runner: Fits, name: str, seed: int, results: dict[str, list[Any]]) -> None:
    """Fit a recipe with `seed`, unless that run is finished, and append its figures to `results`."""
    body, options = RECIPES[name]
    out = runner.runs / f"{name.replace(' ', '-')}-{seed}"
    if not (out / "fit.json").exists():
        init = ["--init", pretrain(runner, body, BODIES[body])] if body else []
        runner.train("fit", "--seed", str(seed), "--out", str(out), *options, *init)
    evaluated = json.loads(runner.train("evaluate", "--weights", str(out / "kmnist.safetensors"), "--json"))
    results["accuracy"].append(evaluated["accuracy"])
    results["ece"].append(evaluated["ece"])
    results["seconds"].append(json.loads((out / "fit.json").read_text("utf-8"))["seconds"])


def _error_ratio(recipe: str) -> Callable[[Figures], float]:
    return lambda f: (1 - f[recipe]["mean_accuracy"]) / max(1e-9, 1 - f["tutorial"]["mean_accuracy"])


def _mean(what: str, recipe: str, goal: float | None = None) -> Row:
    return Row(f"KMNIST test images, {what}, mean of 3 seeds", pick(recipe, "mean_accuracy"), pick(recipe, "n"), goal)


SECTION = Section(
    name="training",
    group="Training",
    measure=measure,
    rows=(
        _mean("the tutorial's recipe", "tutorial"),
        _mean("our recipe from scratch", "scratch", 0.99),
        _mean("our recipe with pretraining", "pretrained", 0.995),
        _mean("our recipe with twice the pretraining (not adopted)", "pretrained twice as long"),
        Row("error with pretraining as a share of the tutorial's", _error_ratio("pretrained"), pick("pretrained", "n"), 1 / 6, True),
        Row(
            "10-epoch fit of t10k, median",
            lambda f: statistics.median(f["scratch"]["seconds"] + f["pretrained"]["seconds"]),
            lambda f: len(f["scratch"]["seconds"] + f["pretrained"]["seconds"]),
            360,
            True,
            "s",
        ),
    ),
    code=CODE,
    allowed_stale=LONG_RUN,
)
