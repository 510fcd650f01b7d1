"""What is known of a fit beside its weights: `fit.json` in the folder of the run."""

from __future__ import annotations

import datetime
import itertools
import json
import platform
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import fastai
import torch

from kmnist_model.weights_file import Card, load_card
from train.errors import DataError
from train.fitting import distributed
from train.fitting.finder import FinderResult
from train.fitting.fit import FitResult
from train.publishing.machine import machine

FILE = "fit.json"
FINDER = "finder.json"  # of a finder that was run by itself


@dataclass(frozen=True)
class FitLog:
    """One fit: its `recipe`, the `dataset` and `protocol` it learnt, the body it `began` from, `seconds` (the finder's included), validation `metrics`,
    `epochs` and `steps` as `train.fitting.fit.FitResult` has them, what the `finder` found, how many `parameters` and `processes`, and when and where."""

    recipe: dict[str, Any]
    seconds: float
    metrics: dict[str, Any]
    epochs: list[dict[str, float]]
    steps: dict[str, list[float]] = field(default_factory=dict)
    finder: FinderResult | None = None
    dataset: str = "kmnist"
    protocol: str = ""
    began: str = ""
    parameters: int = 0
    processes: int = 1
    date: str = ""
    machine: str = ""
    versions: str = ""

    @property
    def seconds_an_epoch(self) -> float:
        """The median over the epochs, which a pause in one of them does not move."""
        ends = [0.0, *(epoch["seconds"] for epoch in self.epochs if "seconds" in epoch)]
        each = sorted(after - before for before, after in itertools.pairwise(ends))
        return each[len(each) // 2] if each else 0.0

    def write(self, folder: Path) -> None:
        """Write it to `folder`/fit.json."""
        (folder / FILE).write_text(json.dumps(asdict(self), indent=2) + "\n", "utf-8")


def describe(fitted: FitResult, card: Card, dataset: str, protocol: str, began: str) -> FitLog:
    """The log of `fitted`, whose weights have `card`."""
    return FitLog(
        fitted.recipe.as_dict(),
        fitted.seconds,
        card.metrics,
        fitted.epochs,
        fitted.steps,
        fitted.finder,
        dataset,
        protocol,
        began,
        sum(weights.numel() for weights in fitted.network.parameters()),
        distributed.processes(),
        datetime.datetime.now(datetime.UTC).date().isoformat(),
        machine(),
        f"Python {platform.python_version()}, torch {torch.__version__}, fastai {fastai.__version__}",
    )


def read(folder: Path) -> FitLog:
    """The log in `folder`; raises `DataError` where there is none, or it is not one."""
    try:
        values = json.loads((folder / FILE).read_text("utf-8"))
        found = values.get("finder")
        return FitLog(**{**values, "finder": FinderResult(**found) if found else finder(folder)})
    except (OSError, ValueError, TypeError) as error:
        raise DataError(f"{folder} holds no {FILE} of a finished fit ({error}): give the --out of python -m train fit.") from None


def of_weights(path: Path) -> FitLog:
    """What the weights file at `path` itself says of its fit, where the run's folder is not at hand."""
    card = load_card(path)
    return FitLog(card.recipe, float(card.metrics.get("fit_seconds", 0)), card.metrics, [], dataset=card.alphabet.name)


def finder(folder: Path) -> FinderResult | None:
    """What a finder that was run by itself left in `folder`; None where there is none. Raises `DataError` where it is damaged."""
    path = folder / FINDER
    try:
        return FinderResult(**json.loads(path.read_text("utf-8"))) if path.exists() else None
    except (OSError, ValueError, TypeError) as error:
        raise DataError(f"{path} is not what a finder left ({error}): run python -m train find-lr again.") from None


def weights(folder: Path) -> Path:
    """The one weights file in `folder`; raises `DataError` where there is none, or more than one."""
    found = sorted(folder.glob("*.safetensors"))
    if len(found) != 1:
        raise DataError(f"{folder} holds {len(found) or 'no'} weights files: give the --out of python -m train fit, which holds one.")
    return found[0]
