"""How far apart the learning-rate finder's picks lie over five seeds.

Takes about 3 minutes on 2 cores.
"""

from __future__ import annotations

from typing import Any

from bench.training.final_accuracy import RUNS, train

_SEEDS = 5


def measure() -> dict[str, Any]:
    """The picks by seed, from a fresh network as the tutorial starts from one, and their largest over their smallest."""
    said = train("find-lr", "--seeds", str(_SEEDS), "--out", str(RUNS / "finder"))
    picks = [float(line.split("\t")[1]) for line in said.splitlines() if line.startswith("seed ")]
    return {"n": len(picks), "picks": picks, "ratio": max(picks) / min(picks)}
