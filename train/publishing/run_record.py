"""The record of a fit beside its weights: `fit.json` in the folder of the run."""

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
FINDER = "finder.json"  # of python -m train find-lr


@dataclass(frozen=True)
class FitLog:
    """The record of one fit.

    `seconds` is the duration with the finder, `metrics` are those of the validation, `began` names the weights it started from. `epochs`
    and `steps` are those of `FitResult`, `finder` the result of the learning-rate finder; then the number of `parameters` and
    `processes`, and the date, machine and versions.
    """

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
        """The median over the epochs, so that a pause in one of them does not count."""
        ends = [0.0, *(epoch["seconds"] for epoch in self.epochs if "seconds" in epoch)]
        each = sorted(after - before for before, after in itertools.pairwise(ends))
        return each[len(each) // 2] if each else 0.0

    def write(self, folder: Path) -> None:
        """Write it to `folder`/fit.json."""
        (folder / FILE).write_text(json.dumps(asdict(self), indent=2) + "\n", "utf-8")


def describe(result: FitResult, card: Card, dataset: str, protocol: str, began: str) -> FitLog:
    """The record of the fit `result`, whose weights have `card`."""
    return FitLog(
        result.recipe.as_dict(),
        result.seconds,
        card.metrics,
        result.epochs,
        result.steps,
        result.finder,
        dataset,
        protocol,
        began,
        sum(weights.numel() for weights in result.network.parameters()),
        distributed.processes(),
        datetime.datetime.now(datetime.UTC).date().isoformat(),
        machine(),
        f"Python {platform.python_version()}, torch {torch.__version__}, fastai {fastai.__version__}",
    )


def read(folder: Path) -> FitLog:
    """The record in `folder`; raises `DataError` if it is missing or damaged."""
    try:
        values = json.loads((folder / FILE).read_text("utf-8"))
        found = values.get("finder")
        return FitLog(**{**values, "finder": FinderResult(**found) if found else finder(folder)})
    except (OSError, ValueError, TypeError) as error:
        raise DataError(f"{folder} holds no {FILE} of a finished fit ({error}): give the --out of python -m train fit.") from None


def of_weights(path: Path) -> FitLog:
    """The record in the metadata of the weights file at `path`, for weights without their run's folder."""
    card = load_card(path)
    return FitLog(card.recipe, float(card.metrics.get("fit_seconds", 0)), card.metrics, [], dataset=card.alphabet.name)


def finder(folder: Path) -> FinderResult | None:
    """The result of `python -m train find-lr` in `folder`, None if there is none.

    Raises `DataError` if it is damaged.
    """
    path = folder / FINDER
    try:
        return FinderResult(**json.loads(path.read_text("utf-8"))) if path.exists() else None
    except (OSError, ValueError, TypeError) as error:
        raise DataError(f"{path} is not a result of the finder ({error}): run python -m train find-lr again.") from None


def weights(folder: Path) -> Path:
    """The one weights file in `folder`; raises `DataError` if there is none, or more than one."""
    found = sorted(folder.glob("*.safetensors"))
    if len(found) != 1:
        raise DataError(f"{folder} holds {len(found) or 'no'} weights files: give the --out of python -m train fit, which holds one.")
    return found[0]
