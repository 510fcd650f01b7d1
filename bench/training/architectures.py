"""One fit of ten epochs for each architecture, of KMNIST alone and from scratch, and our whole recipe. A finished run in `runs/` is kept.

Takes about 25 minutes on 2 cores; run it by name: `make bench SECTIONS=architectures`, after `training`, whose first seed it takes.
"""

from __future__ import annotations

import json
from typing import Any

from bench.report.stamp import ROOT
from bench.training.final_accuracy import KKANJI, RATE, RUNS, train
from train.publishing import run_record

RUNS_BY_NAME: dict[str, tuple[str, list[str]]] = {  # folder in runs/, options
    **{
        name: (f"alone-{name}", ["--set", f"architecture={name}", "--set", "mix=false"])
        for name in ("preact_resnet20", "resnet18", "resnet34_stock")
    },
    "whole recipe": ("pretrained-0", ["--init", str(KKANJI)]),
}


def measure() -> dict[str, Any]:
    """For each the held-out accuracy of the last epoch and on how many images, the seconds of ten epochs (ten times the median one), bytes and parameters."""
    found: dict[str, Any] = {}
    for name, (folder, options) in RUNS_BY_NAME.items():
        out = ROOT / RUNS / folder
        if not (out / run_record.FILE).exists():
            train("fit", "--seed", "0", "--learning-rate", RATE, "--out", str(out), *options)
        fit, weights = run_record.read(out), run_record.weights(out)
        figures = json.loads(train("evaluate", "--weights", str(weights), "--json"))
        seconds = fit.seconds_an_epoch * fit.recipe["epochs"] or fit.seconds
        found[name] = {"accuracy": figures["accuracy"], "n": figures["n"], "seconds": seconds, "bytes": weights.stat().st_size}
        print(f"{name}: {found[name]}", flush=True)
    return found
