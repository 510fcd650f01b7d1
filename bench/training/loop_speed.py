"""What fastai's loop and our callbacks cost, and what a second process brings."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from bench.report.stamp import ROOT, spread
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

_STEPS, _ROUNDS = 25, 5
_RECIPE = Recipe(learning_rate=0.05, mix=False)


def measure() -> dict[str, Any]:
    """The speed of our training loop as a share of a bare one's, by turns, and images a second of a fit in one process and in two."""
    drawn = sources.drawn(KMNIST, 60, np.random.default_rng(0))
    places = np.resize(np.arange(len(drawn)), _STEPS * _RECIPE.batch_size)
    examples = drawn.take(places)
    ours, bare = [], []
    for _ in range(_ROUNDS):
        ours.append(_ours(examples))
        bare.append(_bare(examples))
        print(f"{_STEPS} steps: ours {ours[-1]:.2f} s, bare {bare[-1]:.2f} s", file=sys.stderr, flush=True)
    found: dict[str, Any] = {"ratio": spread([b / a for a, b in zip(ours, bare, strict=True)]), "n": 2}
    return found | {"one process": _fit(1), "two processes": _fit(2)}


def _ours(examples: Examples) -> float:
    """Seconds of some steps of the learner that a fit uses."""
    learner = make_learner(_RECIPE, Split("none", KMNIST, examples, examples.take(slice(8)), examples.take(slice(0))))
    began = time.perf_counter()
    train_steps(learner, _RECIPE, _STEPS)
    return time.perf_counter() - began


def _bare(examples: Examples) -> float:
    """Seconds of as many steps of the least that does the same: same network, augmentation, precision, loss and optimiser."""
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


def _fit(processes: int) -> float:
    """Images a second in the second epoch of a fit of KMNIST, validation included."""
    threads = max(1, (os.cpu_count() or 1) // processes)
    run = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)] if processes > 1 else []
    with tempfile.TemporaryDirectory() as folder:
        words = ["fit", "--epochs", "2", "--learning-rate", "0.05", "--set", "mix=false", "--out", folder]
        environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
        subprocess.run([sys.executable, *run, "-m", "train", *words], cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
        fit = run_record.read(Path(folder))
    seen = len(fit.steps["loss"]) // 2 * fit.recipe["batch_size"]
    return seen / (fit.epochs[1]["seconds"] - fit.epochs[0]["seconds"])
