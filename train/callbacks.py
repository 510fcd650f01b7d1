"""fastai callbacks for what is not the training loop: precision, augmentation, progress."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack

import torch
from fastai.callback.core import Callback
from tqdm import tqdm

from kmnist_model.ink import to_tensor
from train.augment import augment
from train.recipe import Recipe


class Prepare(Callback):
    """Turn a batch of inks (N, 28, 28) uint8 into the network's input, through `augment` while training."""

    order = 1

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe

    def before_batch(self) -> None:
        inks = self.xb[0]
        if self.training and self.recipe.augment:
            inks = augment(inks, self.recipe)
        self.learn.xb = (to_tensor(inks).contiguous(memory_format=torch.channels_last),)


class Autocast(Callback):
    """Run the forward pass in bfloat16 on `device_type`; fastai's own `to_bf16` knows CUDA alone."""

    order = 2

    def __init__(self, device_type: str) -> None:
        self.device_type = device_type
        self._stack = ExitStack()

    def before_batch(self) -> None:
        self._stack.enter_context(torch.autocast(self.device_type, torch.bfloat16))

    def after_pred(self) -> None:
        self._stack.close()
        self.learn.pred = self.pred.float()

    def after_cancel_batch(self) -> None:
        self._stack.close()


class Progress(Callback):
    """A bar with loss and time left where stderr is a terminal, and one line after each epoch everywhere."""

    order = 60  # after fastai's Recorder

    def before_fit(self) -> None:
        self.began = time.perf_counter()
        self.shown = not hasattr(self, "lr_finder")
        self.bar = tqdm(
            total=self.n_epoch * len(self.dls.train), unit="batch", leave=False, disable=not (self.shown and sys.stderr.isatty())
        )

    def after_batch(self) -> None:
        if self.training:
            self.bar.update()
            self.bar.set_postfix(loss=f"{float(self.smooth_loss):.3f}", refresh=False)

    def after_epoch(self) -> None:
        if self.shown:
            values = dict(zip(self.recorder.metric_names[1:], self.recorder.log[1:], strict=False))
            text = ", ".join(f"{name} {value:.4f}" for name, value in values.items() if isinstance(value, float))
            tqdm.write(f"epoch {self.epoch + 1}/{self.n_epoch}: {text}, {time.perf_counter() - self.began:.0f} s", file=sys.stderr)

    def after_fit(self) -> None:
        self.bar.close()
