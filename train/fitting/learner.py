"""The fastai `Learner` of a recipe: data loaders, network, optimiser, callbacks."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

import numpy as np
import torch
from fastai.callback.core import Callback
from fastai.callback.mixup import CutMix, MixUp
from fastai.callback.progress import ProgressCallback
from fastai.data.core import DataLoaders
from fastai.data.load import DataLoader
from fastai.learner import Learner
from fastai.losses import CrossEntropyLossFlat
from fastai.metrics import accuracy
from fastai.optimizer import Adam, Optimizer, average_grad, l2_reg
from fastai.torch_core import to_detach
from numpy.typing import NDArray
from torch import Tensor

from kmnist_model.network import build
from train.data.splits import Examples, Split
from train.fitting import distributed
from train.fitting.callbacks import Autocast, Average, History, Prepare, memory_format
from train.recipe import Recipe

HEADS = ("head.", "fc.")  # how the names of a network's last layer begin
_RANK_SEED_STEP = 1_000_003  # between the seeds of two processes


class InkLoader(DataLoader):
    """A fastai loader over examples in memory, with `share` of the `outliers`, drawn again for each epoch.

    With `weights`, the chance of each character's example, an epoch is `samples` of them, drawn with replacement. Of several processes that train together, each takes its part of every batch.
    """

    def __init__(
        self,
        characters: Examples,
        outliers: Examples | None = None,
        share: int = 0,
        *,
        weights: NDArray[np.float64] | None = None,
        samples: int | None = None,
        **options: object,
    ) -> None:
        parts = [characters] if outliers is None else [characters, outliers]
        self.inks = torch.from_numpy(np.concatenate([part.inks for part in parts]))
        self.labels = torch.from_numpy(np.concatenate([part.labels for part in parts]))
        self.known, self.share = len(characters), 0 if outliers is None else min(share, len(outliers))
        self.chances = None if weights is None else torch.from_numpy(np.cumsum(weights))
        self.taken = self.known if weights is None else samples or self.known
        super().__init__(range(self.taken + self.share), num_workers=0, **options)

    def create_batches(
        self, samples: Iterable[int]
    ) -> Iterator[tuple[Tensor, Tensor]]:  # fastai asks for batches of the positions it has shuffled
        generator = torch.Generator().manual_seed(self.rng.getrandbits(63))  # the same in all processes, as torch's own is not
        drawn = torch.randperm(len(self.labels) - self.known, generator=generator)[: self.share] + self.known
        rows = torch.cat([self._epoch(generator), drawn])[torch.tensor(list(samples))]
        if self.drop_last:
            rows = rows[: len(rows) // self.bs * self.bs]
        for chunk in rows.split(self.bs):
            mine = chunk[distributed.rank() :: distributed.processes()]
            if len(mine):
                yield self.inks[mine].to(self.device), self.labels[mine].to(self.device)

    def _epoch(self, generator: torch.Generator) -> Tensor:
        """The rows of the characters of one epoch."""
        if self.chances is None:
            return torch.arange(self.known)
        places = torch.rand(self.taken, generator=generator, dtype=torch.float64) * self.chances[-1]
        return torch.searchsorted(self.chances, places).clamp(max=self.known - 1)


def seed_everything(seed: int) -> None:
    """Seed Python's, NumPy's and torch's global generators.

    Torch's seed differs between processes, so that augmentations differ.
    """
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed + _RANK_SEED_STEP * distributed.rank())


def _nesterov(p: Any, lr: float, mom: float, grad_avg: Tensor | None = None, **_: Any) -> None:
    """A fastai optimiser step: Nesterov's momentum, as `torch.optim.SGD(nesterov=True)` takes it."""
    p.data.add_(p.grad.data.add(grad_avg, alpha=mom), alpha=-lr)


def _nesterov_sgd(parameters: Any, lr: float, mom: float, wd: float) -> Optimizer:
    return Optimizer(parameters, [l2_reg, partial(average_grad, dampening=False), _nesterov], lr=lr, mom=mom, wd=wd)


def _has_bf16(device: torch.device) -> bool:
    if device.type == "cpu":
        return bool(torch.cpu.get_capabilities().get("avx512_bf16"))
    return device.type == "cuda" and torch.cuda.is_bf16_supported()


def make_learner(recipe: Recipe, split: Split, outliers: Examples | None = None, init: dict[str, torch.Tensor] | None = None) -> Learner:
    """A fastai `Learner` of the recipe's network over `split`.

    The network has one output for each character and one for `outliers`. `init` is the state of another network of the same architecture
    that this one starts from; without a head in it the head stays fresh. Raises `ValueError` if the bodies differ, or the batch does not fit the
    examples or the processes.
    """
    if len(split.train) < recipe.batch_size:
        raise ValueError(f"{len(split.train)} examples do not fill a batch of {recipe.batch_size}: give a smaller --batch-size.")
    if recipe.batch_size % distributed.processes():
        raise ValueError(f"A batch of {recipe.batch_size} cannot be shared by {distributed.processes()} processes: give a multiple of it.")
    device = distributed.device()
    seed_everything(recipe.seed)
    network = build(recipe.architecture, len(split.alphabet) + 1, recipe.width)
    if init is not None:
        load_body(network, init)
    network = network.to(device).to(memory_format=memory_format(recipe))
    loaders = DataLoaders(
        InkLoader(
            split.train,
            outliers,
            recipe.outliers,
            weights=split.weights,
            samples=recipe.samples,
            bs=recipe.batch_size,
            shuffle=True,
            drop_last=True,
            device=device,
        ),
        InkLoader(split.validation, bs=512, device=device),
        device=device,
    )
    callbacks: list[Callback] = [Prepare(recipe), History()]  # known to fastai as learner.prepare and learner.history
    callbacks += [Autocast(device.type)] if _has_bf16(device) else []
    callbacks += [MixUp(recipe.mixup)] if recipe.mixup else []
    callbacks += [CutMix(recipe.cutmix)] if recipe.cutmix else []
    callbacks += [Average(recipe.ema)] if recipe.ema else []
    callbacks += [distributed.Parallel()] if distributed.processes() > 1 else []
    learner = Learner(
        loaders,
        network,
        loss_func=CrossEntropyLossFlat(label_smoothing=recipe.label_smoothing),
        opt_func=partial({"sgd": _nesterov_sgd, "adam": Adam}[recipe.optimizer], mom=recipe.momentum, wd=recipe.weight_decay),
        metrics=accuracy,
        cbs=callbacks,
        wd=recipe.weight_decay,
        wd_bn_bias=False,
    )
    learner.logger = lambda _: None  # History writes the lines
    if distributed.processes() > 1:  # fastai would gather each batch, and wait forever for a process without a share of the last one
        learner.to_detach = lambda b, cpu=True, gather=True: to_detach(b, cpu, gather=False)  # noqa: ARG005 (fastai's arguments)
    learner.remove_cbs([callback for callback in learner.cbs if isinstance(callback, ProgressCallback)])
    return learner


def load_body(network: torch.nn.Module, state: dict[str, torch.Tensor]) -> None:
    """Copy the body from `state` into `network`, and the head if `state` has one; raises `ValueError` if they do not fit."""
    own = network.state_dict()
    wanted = {name: value.shape for name, value in own.items() if name in state or not name.startswith(HEADS)}
    if wanted != {name: value.shape for name, value in state.items()}:
        raise ValueError("The weights to start from are of another architecture or width: give the same as the recipe's.")
    network.load_state_dict({**own, **state})
