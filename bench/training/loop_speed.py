"""The overhead of fastai's loop and our callbacks, and the speed-up from a second process."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass

import numpy as np
import torch

from bench.report.stamp import ROOT, spread
from bench.section import LONG_RUN, Figures, Row, Section, pick
from bench.training.final_accuracy import CODE
from bench.training.fits import Fits, fits
from kmnist_model import KMNIST
from kmnist_model.network import build
from kmnist_model.preprocess import to_tensor
from train.data import sources
from train.data.splits import Examples, Split
from train.fitting.augment import augment
from train.fitting.finder import train_steps
from train.fitting.learner import make_learner
from train.publishing import run_record
from train.recipe import Recipe

_RECIPE = Recipe(learning_rate=0.05, mix=False)


@dataclass(frozen=True)
class Sizes:
    """`steps` of the loops, compared in so many `rounds`."""

    steps: int
    rounds: int


FULL, SMOKE = Sizes(25, 5), Sizes(1, 1)


def measure(smoke: bool = False) -> Figures:
    """The speed of our training loop as a share of a bare one's, alternating, and images per second of a fit in one process and in two."""
    sizes = SMOKE if smoke else FULL
    drawn = sources.drawn(KMNIST, 60, np.random.default_rng(0))
    examples = drawn.take(np.resize(np.arange(len(drawn)), sizes.steps * _RECIPE.batch_size))
    ours, bare = [], []
    for _ in range(sizes.rounds):
        ours.append(_ours(examples, sizes.steps))
        bare.append(_bare(examples))
        print(f"{sizes.steps} steps: ours {ours[-1]:.2f} s, bare {bare[-1]:.2f} s", file=sys.stderr, flush=True)
    ratios = [b / a for a, b in zip(ours, bare, strict=True)]
    with fits(smoke) as runner:
        return {"ratio": spread(ratios), "n": 2, "one process": _fit(runner, 1), "two processes": _fit(runner, 2)}


def _ours(examples: Examples, steps: int) -> float:
    """Seconds for `steps` of the learner that a fit uses."""
    learner = make_learner(_RECIPE, Split("none", KMNIST, examples, examples.take(slice(8)), examples.take(slice(0))))
    began = time.perf_counter()
    train_steps(learner, _RECIPE, steps)
    return time.perf_counter() - began


def _bare(examples: Examples) -> float:
    """Seconds for as many steps of a minimal loop with the same network, augmentation, precision, loss and optimiser."""
    torch.manual_seed(0)
    network = build(_RECIPE.architecture, len(KMNIST) + 1).to(memory_format=torch.channels_last).train()
    optimizer = torch.optim.SGD(network.parameters(), lr=_RECIPE.learning_rate or 0, momentum=0.9, nesterov=True, weight_decay=5e-4)
    loss_of = torch.nn.CrossEntropyLoss(label_smoothing=_RECIPE.label_smoothing)
    inks, labels = torch.from_numpy(examples.inks), torch.from_numpy(examples.labels)
    half = bool(torch.cpu.get_capabilities().get("avx512_bf16"))
    began = time.perf_counter()
    for rows in torch.randperm(len(labels)).split(_RECIPE.batch_size):
        x = to_tensor(augment(inks[rows], _RECIPE)).contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            logits = network(x)
        loss = loss_of(logits.float(), labels[rows])
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    return time.perf_counter() - began


def _fit(runner: Fits, processes: int) -> float:
    """Images per second in the second epoch of a fit of KMNIST, validation included."""
    threads = max(1, (os.cpu_count() or 1) // processes)
    run = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)] if processes > 1 else []
    out = runner.runs / f"processes-{processes}"
    words = runner.arguments("fit", "--learning-rate", "0.05", "--set", "mix=false", "--out", str(out))
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
    command = [sys.executable, *run, "-m", "train", *words, "--epochs", "2"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
    fit = run_record.read(out)
    seen = len(fit.steps["loss"]) // 2 * fit.recipe["batch_size"]
    return float(seen / (fit.epochs[1]["seconds"] - fit.epochs[0]["seconds"]))


SECTION = Section(
    name="loops",
    group="Training",
    measure=measure,
    rows=(
        Row("training loop, speed against a bare torch loop", pick("ratio", "p50"), pick("ratio", "n"), 0.9, unit="x"),
        Row("training, one process on all cores", pick("one process"), pick("n"), unit="images / s"),
        Row("training, torchrun with two processes on half the cores each", pick("two processes"), pick("n"), unit="images / s"),
    ),
    code=CODE,
    allowed_stale=LONG_RUN,
)
