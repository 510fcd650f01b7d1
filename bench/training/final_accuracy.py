"""What the recipes reach: ours pretrained, ours from scratch and the tutorial's, three seeds each, and what was tried beside. A finished run in `runs/` is kept.

Takes about 70 minutes on 2 cores, and 60 more where Kuzushiji-Kanji has not been learnt yet; run it by name: `make bench SECTIONS=training`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from bench.report.stamp import ROOT

RUNS = Path("runs")
KKANJI = RUNS / "kkanji" / "kkanji.safetensors"
BODIES = {KKANJI: 4, RUNS / "kkanji-8" / "kkanji.safetensors": 8}  # epochs of pretraining; the second is what was tried and left
RATE = "0.1"  # the finder's rule asks for a fourth of it, and train/RECIPE.md shows what that costs
RECIPES: dict[str, tuple[tuple[int, ...], list[str]]] = {  # seeds, options
    "pretrained": ((0, 1, 2), ["--learning-rate", RATE, "--init", str(KKANJI)]),
    "pretrained twice as long": ((0, 1, 2), ["--learning-rate", RATE, "--init", str(list(BODIES)[1])]),
    "scratch": ((0, 1, 2), ["--learning-rate", RATE]),
    "tutorial": ((0, 1, 2), ["--tutorial"]),
}
_MALLOC = {"MALLOC_MMAP_THRESHOLD_": "4000000000", "MALLOC_TRIM_THRESHOLD_": "4000000000"}  # as in the Makefile


def train(*words: str) -> str:
    """Run `python -m train` with `words`; returns what it printed."""
    command = [sys.executable, "-m", "train", *words]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **_MALLOC}, stdout=subprocess.PIPE, text=True, check=True).stdout


def measure() -> dict[str, Any]:
    """For each recipe the held-out accuracy of the last epoch by seed, its mean, and the seconds of each fit, the finder's included."""
    for body, epochs in BODIES.items():
        if not (ROOT / body).exists():
            words = ["--dataset", "kkanji", "--protocol", "whole", "--epochs", str(epochs), "--set", "cutout=0"]
            train("fit", *words, "--out", str(body.parent))
    found: dict[str, Any] = {name: {"accuracy": [], "ece": [], "seconds": []} for name in RECIPES}
    for seed, name in sorted((seed, name) for name, (seeds, _) in RECIPES.items() for seed in seeds):
        out = RUNS / f"{name.replace(' ', '-')}-{seed}"
        if not (ROOT / out / "fit.json").exists():
            train("fit", "--seed", str(seed), "--out", str(out), *RECIPES[name][1])
        figures = json.loads(train("evaluate", "--weights", str(out / "kmnist.safetensors"), "--json"))
        seconds = json.loads((ROOT / out / "fit.json").read_text())["seconds"]
        for key, value in (("accuracy", figures["accuracy"]), ("ece", figures["ece"]), ("seconds", seconds)):
            found[name][key].append(value)
        print(f"{name}, seed {seed}: {figures['accuracy']:.4f}, {seconds:.0f} s", file=sys.stderr, flush=True)
    for figures in found.values():
        figures["n"] = len(figures["accuracy"])
        figures["mean_accuracy"] = float(np.mean(figures["accuracy"]))
    return found
