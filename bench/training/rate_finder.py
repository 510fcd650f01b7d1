"""How far apart the learning-rate finder's picks lie over five seeds. Takes about 3 minutes on 2 cores."""

from __future__ import annotations

from bench.section import LONG_RUN, Figures, Row, Section, pick
from bench.training.final_accuracy import CODE
from bench.training.fits import fits

FULL_SEEDS, SMOKE_SEEDS = 5, 2


def measure(smoke: bool = False) -> Figures:
    """The picks by seed, from a fresh network as in the tutorial, and the largest divided by the smallest."""
    with fits(smoke) as runner:
        out = runner.runs / "finder"
        printed = runner.train("find-lr", "--seeds", str(SMOKE_SEEDS if smoke else FULL_SEEDS), "--out", str(out))
    picks = [float(line.split("\t")[1]) for line in printed.splitlines() if line.startswith("seed ")]
    return {"n": len(picks), "picks": picks, "ratio": max(picks) / min(picks)}


SECTION = Section(
    name="finder",
    group="Training",
    measure=measure,
    rows=(Row("learning-rate finder, largest pick / smallest over five seeds", pick("ratio"), pick("n"), 3, True, "x"),),
    code=CODE,
    allowed_stale=LONG_RUN,
)
