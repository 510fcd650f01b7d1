"""Fits the detector through fastai, by one cycle, on random crops of made scans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import fastai.callback.schedule  # noqa: F401 - adds fit_one_cycle to Learner
import numpy as np
import torch
from fastai.callback.core import Callback
from fastai.callback.progress import ProgressCallback
from fastai.callback.training import GradientClip
from fastai.data.core import DataLoaders
from fastai.learner import Learner
from fastai.optimizer import Adam
from torch import Tensor, nn
from torch.utils.data import DataLoader

from kmnist_model.page.detector_network import DetectorNetwork
from train.detector.crops import Crops
from train.detector.scans import Scan
from train.detector.targets import detector_loss
from train.fitting.callbacks import RawLosses

EPOCHS = 10
_VALIDATION_CROPS = 64
_SAID_EVERY = 50  # steps


@dataclass(frozen=True)
class DetectorRecipe:
    """How the detector is fitted: `steps` of `batch` crops, by one cycle up to `rate`; `bf16` computes the network's maps in bfloat16."""

    steps: int = 5000
    batch: int = 8
    rate: float = 3e-3
    weight_decay: float = 0.01
    seed: int = 1
    bf16: bool = False


class _Bfloat16(nn.Module):
    """A network whose products are computed in bfloat16, which takes half the time on processors with AVX-512 BF16."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, pictures: Tensor) -> Tensor:
        with torch.autocast(pictures.device.type, torch.bfloat16):
            return self.network(pictures)


class _Fresh(Crops):
    """Other crops in every epoch."""

    epoch = 0

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        return super().__getitem__(index + self.epoch * len(self))


class _NextEpoch(Callback):
    def __init__(self, crops: _Fresh) -> None:
        self.crops = crops

    def before_train(self) -> None:
        self.crops.epoch = self.epoch


class _Report(RawLosses):
    """Prints the mean loss now and then."""

    def after_batch(self) -> None:
        super().after_batch()
        if self.training and len(self.losses) % _SAID_EVERY == 0:
            print(f"{len(self.losses)} steps\tloss {np.mean(self.losses[-_SAID_EVERY:]):.3f}", flush=True)


def fit_detector(recipe: DetectorRecipe, scans: Sequence[Scan], validation: Sequence[Scan]) -> DetectorNetwork:
    """Fit a network on `scans`, and print its loss on `validation` after each epoch."""
    torch.manual_seed(recipe.seed)
    network = DetectorNetwork().to(memory_format=torch.channels_last)
    crops = _Fresh(scans, max(1, recipe.steps // EPOCHS) * recipe.batch, recipe.seed)
    loaders = DataLoaders(
        DataLoader(crops, recipe.batch, drop_last=True), DataLoader(Crops(validation, _VALIDATION_CROPS, 7, varied=False), recipe.batch)
    )
    learner = Learner(
        loaders,
        _Bfloat16(network) if recipe.bf16 else network,
        loss_func=detector_loss,
        opt_func=Adam,
        wd=recipe.weight_decay,
        wd_bn_bias=False,
        cbs=[GradientClip(5.0), _Report(), _NextEpoch(crops)],
    )
    learner.remove_cbs([each for each in learner.cbs if isinstance(each, ProgressCallback)])
    learner.logger = lambda row: print("\t".join(str(each) for each in row), flush=True)
    learner.fit_one_cycle(EPOCHS, recipe.rate)
    return network.eval()
