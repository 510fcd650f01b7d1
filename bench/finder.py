"""How far apart the learning-rate finder's picks lie over five seeds.

Takes about 3 minutes on 2 cores.
"""

from __future__ import annotations

from typing import Any

from bench.machine import ROOT
from bench.training import KKANJI, RUNS, train

_SEEDS = 5


def measure() -> dict[str, Any]:
    """The picks by seed, from a fresh network as the tutorial starts from one, and their largest over their smallest."""
    said = train("find-lr", "--seeds", str(_SEEDS), "--out", str(RUNS / "finder"))
    picks = [float(line.split("\t")[1]) for line in said.splitlines() if line.startswith("seed ")]
    found: dict[str, Any] = {"n": len(picks), "picks": picks, "ratio": max(picks) / min(picks)}
    if (ROOT / KKANJI).exists():
        said = train("find-lr", "--seeds", str(_SEEDS), "--init", str(KKANJI), "--out", str(RUNS / "finder"))
        found["picks, pretrained"] = [float(line.split("\t")[1]) for line in said.splitlines() if line.startswith("seed ")]
    return found
