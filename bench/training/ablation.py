"""What each choice of the recipe contributes: one change at a time, on the training images alone (protocol `choices`), a half-width network.

Takes about 6 minutes on 2 cores; run it by name: `make bench SECTIONS=recipe`.
"""

from __future__ import annotations

import json
import sys

from bench.section import LONG_RUN, Figures, Section
from bench.training.final_accuracy import CODE, RATE
from bench.training.fits import fits

FINDER = "the finder's rate"
CHANGES: dict[str, list[str]] = {
    "our recipe": [],
    "no cutout": ["cutout=0"],
    "no elastic wobble": ["elastic=0.0"],
    "no change of pen": ["pen=0.0"],
    "no augmentation": ["augment=false"],
    "no label smoothing": ["label_smoothing=0.0"],
    "KMNIST alone": ["mix=false"],
    FINDER: [],
}


def measure(smoke: bool = False) -> Figures:
    """For each change the validation figures by kind and the seconds of the fit, one run of seed 0 each."""
    results: Figures = {}
    with fits(smoke) as runner:
        for name, options in CHANGES.items():
            out = runner.runs / "recipe" / name.replace(" ", "-").replace("'", "")
            words = [] if name == FINDER else ["--learning-rate", RATE]
            settings = [word for option in ("width=16", *options) for word in ("--set", option)]
            runner.train("fit", "--protocol", "ablation", "--epochs", "3", "--out", str(out), *words, *settings)
            log = json.loads((out / "fit.json").read_text("utf-8"))
            results[name] = {"seconds": log["seconds"], "learning_rate": log["recipe"]["learning_rate"], **log["metrics"]["validation"]}
            print(f"{name}: {results[name]}", file=sys.stderr, flush=True)
    return results


def table(figures: Figures) -> list[str]:
    """The lines of train/RECIPE.md's table."""
    lines = ["| Change | KMNIST | modern | drawn | other kana rejected | rate | s |", "|---|---|---|---|---|---|---|"]
    for name, run in figures.items():
        cells = [
            *(f"{100 * run[kind]['accuracy']:.2f} %" if kind in run else "" for kind in ("kmnist", "modern", "drawn")),
            f"{100 * run['other, modern']['refused']:.1f} %" if "other, modern" in run else "",
            f"{run['learning_rate']:.3f}",
            f"{run['seconds']:.0f}",
        ]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


SECTION = Section(name="recipe", group="Training", measure=measure, rows=(), code=CODE, allowed_stale=LONG_RUN)
