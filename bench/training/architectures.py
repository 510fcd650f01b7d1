"""One fit of ten epochs for each architecture, of KMNIST alone and from scratch, and our whole recipe.

A finished run in `runs/` is used again. Takes about 25 minutes on 2 cores; run it by name, after `training`, whose first seed it uses:
`make bench SECTIONS=architectures`.
"""

from __future__ import annotations

import json
import sys

from bench.section import LONG_RUN, Figures, Row, Section, pick
from bench.training.final_accuracy import BODIES, CODE, RATE, pretrain
from bench.training.fits import fits
from train.publishing import run_record

ALONE = ("preact_resnet20", "resnet18", "resnet34_stock")  # of KMNIST alone, from scratch
WHOLE = "whole recipe"


def measure(smoke: bool = False) -> Figures:
    """For each the test accuracy of the last epoch and its n, the seconds of ten epochs (ten times the median epoch), and the file's bytes."""
    results: Figures = {}
    with fits(smoke) as runner:
        for name in (*ALONE, WHOLE):
            out = runner.runs / ("pretrained-0" if name == WHOLE else f"alone-{name}")
            if not (out / run_record.FILE).exists():
                alone = ["--set", f"architecture={name}", "--set", "mix=false"]
                options = ["--init", pretrain(runner, "kkanji", BODIES["kkanji"])] if name == WHOLE else alone
                runner.train("fit", "--seed", "0", "--learning-rate", RATE, "--out", str(out), *options)
            fit, weights = run_record.read(out), run_record.weights(out)
            evaluated = json.loads(runner.train("evaluate", "--weights", str(weights), "--json"))
            seconds = fit.seconds_an_epoch * fit.recipe["epochs"] or fit.seconds
            results[name] = {"accuracy": evaluated["accuracy"], "n": evaluated["n"], "seconds": seconds, "bytes": weights.stat().st_size}
            print(f"{name}: {results[name]}", file=sys.stderr, flush=True)
    return results


def _row(what: str, name: str) -> Row:
    """One fit's accuracy, with its time and the size of its file."""
    return Row(
        f"KMNIST test images, one fit of 10 epochs, {what}",
        pick(name, "accuracy"),
        pick(name, "n"),
        also=lambda f: f", {f[name]['seconds'] / 60:.1f} min, {f[name]['bytes'] / 1e6:.1f} MB",
    )


SECTION = Section(
    name="architectures",
    group="Training",
    measure=measure,
    rows=(
        _row("KMNIST alone: preact_resnet20, width 32", "preact_resnet20"),
        _row("KMNIST alone: resnet18, 28x28 stem", "resnet18"),
        _row("KMNIST alone: resnet34, stock stem", "resnet34_stock"),
        _row("our whole recipe: preact_resnet20, width 32, pretrained", WHOLE),
        Row(
            "the best of these fits, the whole recipe included",
            lambda f: max(figures["accuracy"] for figures in f.values()),
            lambda f: max(figures["n"] for figures in f.values()),
            0.993,
        ),
    ),
    code=CODE,
    allowed_stale=LONG_RUN,
)
