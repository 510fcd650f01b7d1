"""Atomic checkpoints after each epoch, from which a killed fit resumes exactly.

Ctrl-C waits for the end of the epoch.
"""

from __future__ import annotations

import random
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from fastai.callback.core import Callback, CancelFitException
from fastai.torch_core import L

from kmnist_model.errors import KmnistError
from train.fitting import distributed
from train.fitting.callbacks import Average, History

FILE = "checkpoint.pt"


class CheckpointError(KmnistError, ValueError):
    """A checkpoint that is damaged, or of another fit."""


def _generators(loader: Any) -> dict[str, Any]:
    """The states of all random generators of a fit, as plain values and tensors."""
    version, numbers, gauss = random.getstate()
    own_version, own_numbers, own_gauss = loader.rng.getstate()
    numpy_state: Any = np.random.get_state()
    name, keys, place, has_gauss, cached = numpy_state
    return {
        "python": (version, list(numbers), gauss),
        "loader": (own_version, list(own_numbers), own_gauss),
        "numpy": (name, keys.tolist(), place, has_gauss, cached),
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
    }


def _set_generators(state: dict[str, Any], loader: Any) -> None:
    version, numbers, gauss = state["python"]
    random.setstate((version, tuple(numbers), gauss))
    version, numbers, gauss = state["loader"]
    loader.rng.setstate((version, tuple(numbers), gauss))
    name, keys, place, has_gauss, cached = state["numpy"]
    np.random.set_state((name, np.array(keys, np.uint32), place, has_gauss, cached))
    torch.set_rng_state(state["torch"])
    if state["cuda"] and torch.cuda.is_available():
        torch.cuda.set_rng_state_all(state["cuda"])


def _plain(hypers: dict[str, Any]) -> dict[str, Any]:
    """Hyper-parameters as Python numbers: `torch.load(weights_only=True)` rejects NumPy's."""
    return {name: value.item() if isinstance(value, np.generic) else value for name, value in hypers.items()}


class Checkpoint(Callback):
    """Write `folder`/checkpoint.pt after each epoch.

    It holds the weights of the last epoch and of the best one by validation loss. `stop_soon` ends the fit after the epoch. `identity`
    describes the fit: only an identical one resumes. `notes` are stored as well.
    """

    order = 70  # after every other change of the epoch

    def __init__(self, folder: Path | None, identity: dict[str, Any]) -> None:
        self.folder, self.identity = folder, identity
        self.notes: dict[str, Any] = {}
        self.done = 0
        self.stop_soon = False
        self.best: dict[str, Any] | None = None
        self._later: dict[str, Any] | None = None

    def restore(self, state: dict[str, Any]) -> None:
        """Continue the fit from `state`, the result of `load`."""
        self._later = state
        self.done, self.best = state["done"], state["best"]

    def before_fit(self) -> None:
        self.fitting, self.trained = not hasattr(self, "lr_finder"), False
        if not self.fitting or self._later is None:
            return
        state, self._later = self._later, None
        self.learn.model.load_state_dict(state["model"])
        self.learn.opt.load_state_dict({**state["optimizer"], "hypers": L(state["optimizer"]["hypers"])})
        if state["average"] is not None:
            average = self._average()
            if average is not None:
                average.averaged.load_state_dict(state["average"])
        self._waiting = state["generators"][distributed.rank()]
        smooth = self.recorder.smooth_loss
        smooth.count, smooth.val = state["smooth"][0], torch.tensor(state["smooth"][1])

    def before_epoch(self) -> None:
        self.trained = False

    def before_train(self) -> None:
        self.trained = True
        if (waiting := getattr(self, "_waiting", None)) is not None:
            _set_generators(waiting, self.dls.train)
            self._waiting = None

    def _average(self) -> Average | None:
        return next((callback for callback in self.learn.cbs if isinstance(callback, Average)), None)

    def after_epoch(self) -> None:
        if not (self.fitting and self.trained):
            return
        self.done = self.epoch + 1
        average, history = self._average(), next(callback for callback in self.learn.cbs if isinstance(callback, History))
        kept = average.kept() if average else self.model.state_dict()
        loss = history.epochs[-1]["valid_loss"]
        if self.best is None or loss < self.best["loss"]:
            self.best = {"epoch": self.done, "loss": loss, "model": {name: value.cpu().clone() for name, value in kept.items()}}
        generators, stops = distributed.gathered(_generators(self.dls.train)), distributed.total([float(self.stop_soon)])
        if self.folder is not None and distributed.is_writer():
            optimizer = self.opt.state_dict()
            self._write(
                self.folder,
                {
                    "identity": self.identity,
                    "notes": self.notes,
                    "done": self.done,
                    "model": self.model.state_dict(),
                    "optimizer": {"state": list(optimizer["state"]), "hypers": [_plain(hypers) for hypers in optimizer["hypers"]]},
                    "average": average.averaged.state_dict() if average else None,
                    "generators": generators,  # one for each process
                    "smooth": [self.recorder.smooth_loss.count, float(self.recorder.smooth_loss.val)],
                    "history": history.state(),
                    "best": self.best,
                },
            )
        if any(stops) and self.done < self.n_epoch:
            raise CancelFitException

    def _write(self, folder: Path, state: dict[str, Any]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        part = folder / (FILE + ".part")  # one name, so that a resumed fit overwrites what a killed one left half-written
        torch.save(state, part)
        part.replace(folder / FILE)


def load(folder: Path, identity: dict[str, Any]) -> dict[str, Any] | None:
    """The checkpoint in `folder`, None if there is none.

    Raises `CheckpointError` if it is damaged or has another `identity`.
    """
    path = folder / FILE
    if not path.exists():
        return None
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        known = state["identity"]
    except Exception as error:  # noqa: BLE001 - a damaged archive can raise anything
        raise CheckpointError(f"{path} cannot be read ({type(error).__name__}): delete it to start the fit again.") from None
    changed = [name for name in {*known, *identity} if known.get(name) != identity.get(name)]
    if changed:
        raise CheckpointError(f"{path} is of a fit with another {', '.join(sorted(changed))}: give another --out, or leave out --resume.")
    return state


@contextmanager
def patient_interrupt(checkpoint: Checkpoint) -> Iterator[None]:
    """Let the first Ctrl-C stop at the end of the epoch, and the second at once."""

    def ask(*_: object) -> None:
        if checkpoint.stop_soon:
            raise KeyboardInterrupt
        checkpoint.stop_soon = True
        print("Stopping at the end of this epoch; Ctrl-C again stops at once.", file=sys.stderr)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, ask)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
