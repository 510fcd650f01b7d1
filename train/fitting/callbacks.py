"""fastai callbacks: precision, augmentation, averaged weights, progress."""

from __future__ import annotations

import math
import sys
import time
from contextlib import ExitStack
from typing import Any

import torch
from fastai.callback.core import Callback, CancelFitException
from torch.nn.functional import interpolate
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from tqdm import tqdm

from kmnist_model.preprocess import to_tensor
from train.errors import DivergenceError
from train.fitting import distributed
from train.fitting.augment import augment
from train.recipe import Recipe

_EARLY = 0.7  # of the fit
_MIN_CHANNELS_LAST = 8  # channels of the first stage


def memory_format(recipe: Recipe) -> torch.memory_format:
    """Channels last, which is faster, but for networks of fewer than 8 channels.

    Of these the backward pass (torch 2.14, oneDNN) overwrites memory on CPUs with AVX2 alone: the process dies.
    """
    narrow = recipe.width is not None and recipe.width < _MIN_CHANNELS_LAST
    return torch.contiguous_format if narrow else torch.channels_last


class Prepare(Callback):
    """Turn a batch of inks (N, size, size) uint8 into the network's input, through `augment` while training.

    With `recipe.early_size` the first part of a fit sees smaller inks, which train faster.
    """

    order = -1  # before MixUp and CutMix, which mix what the network gets

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.memory_format = memory_format(recipe)

    def before_batch(self) -> None:
        inks = self.xb[0]
        if self.training and self.recipe.augment:
            inks = augment(inks, self.recipe, self._side(inks))
        elif (side := self._side(inks)) != inks.shape[-1]:
            inks = interpolate(inks[:, None].float(), (side, side), mode="bilinear", antialias=True)[:, 0]
        self.learn.xb = (to_tensor(inks).contiguous(memory_format=self.memory_format),)

    def _side(self, inks: torch.Tensor) -> int:
        """The side, in px, at which the network sees `inks` now, for training and for validation."""
        early = self.recipe.augment and self.recipe.early_size and self.pct_train < _EARLY and not hasattr(self, "lr_finder")
        return self.recipe.early_size if early else inks.shape[-1]


class Autocast(Callback):
    """Run the forward pass in bfloat16 on `device_type`; fastai's own `to_bf16` is for CUDA only."""

    order = 95  # last before the forward pass: MixUp and CutMix compute in float32

    def __init__(self, device_type: str) -> None:
        self.device_type = device_type
        self._stack = ExitStack()

    def before_batch(self) -> None:
        self._stack.enter_context(torch.autocast(self.device_type, torch.bfloat16))

    def after_pred(self) -> None:
        self.close()
        self.learn.pred = self.pred.float()

    def after_cancel_batch(self) -> None:
        self.close()

    def close(self) -> None:
        """Leave the autocast of the current batch.

        Needed after an exception, which fastai reports to no callback.
        """
        self._stack.close()


class Average(Callback):
    """Keep an exponential moving average of the weights.

    It is what is validated, and the result of the fit.
    """

    order = 55
    run_valid = True

    def __init__(self, decay: float) -> None:
        self.decay = decay
        self.mean: AveragedModel | None = None
        self._own: dict[str, torch.Tensor] | None = None

    @property
    def averaged(self) -> AveragedModel:
        """The averaged network; raises `RuntimeError` before the fit has begun."""
        if self.mean is None:
            raise RuntimeError("The average exists only once the fit has begun.")
        return self.mean

    def before_fit(self) -> None:
        self.shown = not hasattr(self, "lr_finder")
        if self.mean is None:
            self.mean = AveragedModel(self.model, multi_avg_fn=get_ema_multi_avg_fn(self.decay), use_buffers=True)

    def after_step(self) -> None:
        if self.shown:
            self.averaged.update_parameters(self.model)

    def before_validate(self) -> None:
        if self.shown and int(self.averaged.n_averaged):
            self._own = {name: value.clone() for name, value in self.model.state_dict().items()}
            self.model.load_state_dict(self.averaged.module.state_dict())

    def after_validate(self) -> None:
        if self._own is not None:
            self.model.load_state_dict(self._own)
            self._own = None

    def after_fit(self) -> None:
        if self.shown and int(self.averaged.n_averaged):
            self.model.load_state_dict(self.averaged.module.state_dict())

    def kept(self) -> dict[str, torch.Tensor]:
        """The state of the averaged network."""
        return self.averaged.module.state_dict()


class History(Callback):
    """Record `steps` (rate and raw loss) and `epochs` (metrics) for the report, and show progress on stderr.

    Progress is one line for each epoch and, on a terminal, a bar with the time left.
    """

    order = 60  # after fastai's Recorder

    def __init__(self) -> None:
        self.steps: dict[str, list[float]] = {"rate": [], "loss": []}
        self.epochs: list[dict[str, float]] = []
        self.silent = False

    def before_fit(self) -> None:
        self.began = time.perf_counter()
        self.earlier = self.epochs[-1]["seconds"] if self.epochs else 0.0
        self.shown, self.trained = not (self.silent or hasattr(self, "lr_finder")), False
        says = self.shown and distributed.is_writer()
        self.bar = tqdm(
            total=self.n_epoch * len(self.dls.train),
            initial=len(self.steps["loss"]),
            unit="batch",
            leave=False,
            disable=not (says and sys.stderr.isatty()),
        )

    def before_train(self) -> None:
        self.trained = True

    def before_epoch(self) -> None:
        self.trained = False

    def after_batch(self) -> None:
        if self.training and self.shown:
            self.steps["rate"].append(float(self.opt.hypers[-1]["lr"]))
            self.steps["loss"].append(float(self.loss.detach()))
            self.bar.update()
            last = self.epochs[-1] if self.epochs else {}
            shown = {"loss": f"{float(self.smooth_loss):.3f}"} | ({"accuracy": f"{last['accuracy']:.4f}"} if last else {})
            self.bar.set_postfix(shown, refresh=False)

    def after_epoch(self) -> None:
        if not (self.shown and self.trained):  # an epoch that a resumed fit skips
            return
        values = {name: float(value) for name, value in zip(self.recorder.metric_names[1:-1], self.recorder.log[1:], strict=False)}
        self.epochs.append(values | {"seconds": self.earlier + time.perf_counter() - self.began})
        if not distributed.is_writer():
            return
        text = ", ".join(f"{name} {value:.4f}" for name, value in values.items())
        tqdm.write(f"epoch {self.epoch + 1}/{self.n_epoch}: {text}, {self.epochs[-1]['seconds']:.0f} s", file=sys.stderr)

    def after_fit(self) -> None:
        self.bar.close()

    def state(self) -> dict[str, Any]:
        """The history as plain values, for a checkpoint."""
        return {"steps": self.steps, "epochs": self.epochs}

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from the `state` of a checkpoint."""
        self.steps, self.epochs = state["steps"], state["epochs"]


class RawLosses(Callback):
    """Record the loss of each step; fastai's Recorder keeps the smoothed one."""

    def before_fit(self) -> None:
        self.losses: list[float] = []

    def after_batch(self) -> None:
        if self.training:
            self.losses.append(float(self.loss.detach()))


class StopAtDivergence(Callback):
    """End a fit at the first loss that is NaN or infinite; `error` then says so, for the caller to raise.

    It reads the losses that History has read already, so it costs nothing; those of several processes are one mean, so that all of them
    stop at the same step. `rate` is the recipe's. The finder, which diverges on purpose, runs without it.
    """

    order = 65  # after History, and before the checkpoint of a spoilt epoch could replace a good one

    def __init__(self, rate: float | None) -> None:
        self.rate = rate
        self.error: DivergenceError | None = None  # fastai would write its own words before those of an exception

    def after_batch(self) -> None:
        if self.training:
            self._check("training loss", self.history.steps["loss"][-1])

    def after_epoch(self) -> None:
        if self.history.trained:  # not of an epoch that a resumed fit skips
            self._check("validation loss", self.history.epochs[-1]["valid_loss"])

    def _check(self, what: str, loss: float) -> None:
        if math.isfinite(loss):
            return
        step, rate = len(self.history.steps["loss"]), self.history.steps["rate"][-1]
        self.error = DivergenceError(
            f"The {what} became {'NaN' if math.isnan(loss) else 'infinite'} at step {step:,} (epoch {self.epoch + 1} of {self.n_epoch}), at a "
            f"learning rate of {rate:.3g}; no weights were written: give a --learning-rate below {self.rate or rate:.3g}."
        )
        raise CancelFitException
