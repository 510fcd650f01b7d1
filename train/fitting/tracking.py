"""Experiment tracking with Weights & Biases or TensorBoard, beyond what fastai's callbacks log."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from fastai.callback.core import Callback

from kmnist_model.recognizer import Recognizer
from train.data.splits import Split
from train.fitting.fit import FitResult
from train.recipe import Recipe

TRACKERS = ("wandb", "tensorboard")
_SHOWN = 36  # sample predictions with pictures
_MAX_CLASSES = 100  # of a readable confusion matrix


class Tracker(Protocol):
    """One tracked run: `callbacks` for the fit, and `finish` to log its results."""

    callbacks: list[Callback]

    def finish(self, result: FitResult, recognizer: Recognizer, split: Split, weights: Path, test_metrics: dict[str, Any]) -> None:
        """Log the results of the fit and the weights, and close the run.

        The results are the finder's curve, validation metrics, `test_metrics` (of `evaluate`; empty without a test split), the confusion
        matrix and sample predictions.
        """


def start(name: str, recipe: Recipe, out: Path) -> Tracker:
    """Start tracking a fit by `recipe` with the tracker called `name`; its files go below `out`."""
    out.mkdir(parents=True, exist_ok=True)
    return Wandb(recipe, out) if name == "wandb" else TensorBoard(recipe, out)


class Wandb:
    """Weights & Biases, by its own settings (WANDB_MODE, WANDB_PROJECT, …); offline without an account."""

    def __init__(self, recipe: Recipe, out: Path) -> None:
        import wandb  # 0.5 s to import
        from fastai.callback.wandb import WandbCallback

        offline = "WANDB_MODE" not in os.environ and not wandb.login(prompt=False)
        if offline:
            print("Weights & Biases has no account here (wandb login): the run is kept offline.", file=sys.stderr)
        self._wandb = wandb
        self._run = wandb.init(
            project=os.environ.get("WANDB_PROJECT", "kuzushiji"),
            dir=str(out),
            config=recipe.as_dict(),
            mode="offline" if offline else None,
            settings=wandb.Settings(console="off", x_disable_stats=True),
        )

        class RecipeCallback(WandbCallback):
            """fastai's callback without its listing of the learner's arguments: the recipe is the config."""

            def before_fit(self) -> None:
                self.learn.gather_args = dict
                super().before_fit()

        self.callbacks: list[Callback] = [RecipeCallback(log_preds=False)]

    def finish(self, result: FitResult, recognizer: Recognizer, split: Split, weights: Path, test_metrics: dict[str, Any]) -> None:
        """Log the results, and print where the run is stored."""
        wandb, run = self._wandb, self._run
        for kind, metrics in recognizer.card.metrics["validation"].items():
            run.summary.update({f"{kind}/{name}": value for name, value in metrics.items()})
        run.summary.update({f"held out/{name}": value for name, value in _scalars(test_metrics).items()})
        run.config.update({"learning_rate": result.recipe.learning_rate, "batch_size": result.recipe.batch_size}, allow_val_change=True)
        if (curve := weights.parent / "finder.png").exists() and result.finder:
            run.log({"finder": wandb.Image(str(curve))})
        names = [entry.character for entry in split.alphabet]
        truth, guesses, sure = _predictions(recognizer, split)
        if len(names) <= _MAX_CLASSES:
            matrix = wandb.plot.confusion_matrix(y_true=truth.tolist(), preds=guesses.tolist(), class_names=names)
            run.log({"confusion matrix": matrix})
        table = wandb.Table(columns=["ink", "is", "read as", "probability"])
        for place in _samples(len(truth)):
            row = [names[truth[place]], names[guesses[place]], float(sure[place])]
            table.add_data(wandb.Image(split.validation.inks[place]), *row)
        run.log({"predictions": table})
        artifact = wandb.Artifact(
            weights.stem, type="model", metadata={"alphabet": recognizer.alphabet.name, "licence": recognizer.card.licence}
        )
        artifact.add_file(str(weights))
        run.log_artifact(artifact)
        folder, is_offline = Path(run.dir).parent, run.offline
        run.finish()
        if is_offline:
            print(f"The run is in {folder}; upload it with: wandb sync {folder}", file=sys.stderr)


class TensorBoard:
    """TensorBoard's event files below `out`/tensorboard."""

    def __init__(self, recipe: Recipe, out: Path) -> None:
        from fastai.callback.tensorboard import TensorBoardCallback

        self._folder, self._recipe = out / "tensorboard", recipe
        self.callbacks: list[Callback] = [TensorBoardCallback(self._folder, trace_model=False, log_preds=False)]

    def finish(self, result: FitResult, recognizer: Recognizer, split: Split, weights: Path, test_metrics: dict[str, Any]) -> None:
        """Log the results, and print how to view them."""
        from sklearn.metrics import confusion_matrix
        from torch.utils.tensorboard import SummaryWriter

        steps = len(result.steps["loss"])
        with SummaryWriter(str(self._folder)) as writer:
            writer.add_text("recipe", "\n".join(f"    {line}" for line in result.recipe.to_toml().splitlines()))
            for kind, metrics in recognizer.card.metrics["validation"].items():
                for name, value in metrics.items():
                    writer.add_scalar(f"{kind}/{name}", value, steps)
            for name, value in _scalars(test_metrics).items():
                writer.add_scalar(f"held out/{name}", value, steps)
            if result.finder:
                from PIL import Image

                with Image.open(weights.parent / "finder.png") as curve:
                    writer.add_image("finder", np.asarray(curve.convert("RGB")), steps, dataformats="HWC")
            truth, guesses, _ = _predictions(recognizer, split)
            if len(split.alphabet) <= _MAX_CLASSES:
                matrix = confusion_matrix(truth, guesses, labels=np.arange(len(split.alphabet)))
                writer.add_image("confusion matrix", _picture(matrix), steps, dataformats="HW")
            inks = split.validation.inks[_samples(len(truth))]
            writer.add_images("predictions: ink", inks[:, None], steps)
            read = ", ".join(
                f"{split.alphabet[truth[place]].character} read as {split.alphabet[guesses[place]].character}"
                for place in _samples(len(truth))
            )
            writer.add_text("predictions: text", read)
        print(f"Look with: tensorboard --logdir {self._folder}", file=sys.stderr)


def _scalars(test_metrics: dict[str, Any]) -> dict[str, float]:
    """The metrics that are numbers, those of one kind of images as kind/name."""
    flat = {
        f"{kind}/{name}": value for kind, metrics in test_metrics.items() if isinstance(metrics, dict) for name, value in metrics.items()
    }
    return {name: value for name, value in {**test_metrics, **flat}.items() if isinstance(value, int | float)}


def _predictions(recognizer: Recognizer, split: Split) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """True indices, likeliest indices and their probabilities of the validation images."""
    probabilities = recognizer.probabilities(recognizer.logits(split.validation.inks))
    return split.validation.labels, probabilities.argmax(1), probabilities.max(1)


def _samples(count: int) -> list[int]:
    """Indices of the samples that are shown, always the same."""
    return np.random.default_rng(0).permutation(count)[:_SHOWN].tolist()


def _picture(matrix: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """A confusion matrix (classes, classes) as a picture, rows in shares, 16 px a cell."""
    shares = matrix / np.maximum(matrix.sum(1, keepdims=True), 1)
    return np.kron((shares * 255).astype(np.uint8), np.ones((16, 16), np.uint8))
