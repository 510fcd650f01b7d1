"""The plots of the report, by matplotlib.

Lines and marks differ in shape as well as in colour (Okabe and Ito's), for print.
"""

from __future__ import annotations

import io
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib

if "matplotlib.pyplot" not in sys.modules:  # a notebook keeps its own backend
    matplotlib.use("Agg")  # files only: a fit needs no screen
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from scipy.ndimage import gaussian_filter1d

from train.evaluation.calibrate import calibration_error
from train.evaluation.diagnosis import Diagnosis, rejection_curve, reliability
from train.fitting.finder import FinderResult

BLUE, VERMILION, GREY = "#0072B2", "#D55E00", "#6b6b6b"
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",  # the browser's fonts have Japanese, matplotlib's do not
    "svg.hashsalt": "kuzushiji",
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "0.9",
    "axes.axisbelow": True,
    "legend.frameon": False,
}


@contextmanager
def _figure(rows: int = 1, columns: int = 1, size: tuple[float, float] = (7, 3.5), **options: Any) -> Iterator[tuple[Figure, list[Axes]]]:
    with plt.rc_context(_STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")  # the browser draws it with its own font
        figure, axes = plt.subplots(rows, columns, figsize=size, layout="constrained", squeeze=False, **options)
        yield figure, list(axes.flat)
        plt.close(figure)


def _svg(figure: Figure) -> str:
    """The figure as an SVG element."""
    out = io.StringIO()
    figure.savefig(out, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    text = out.getvalue()
    return text[text.index("<svg") :]


def _draw_finder(axes: Axes, result: FinderResult) -> None:
    rates, losses = np.array(result.rates), np.array(result.losses)
    axes.plot(rates, result.raw, color="0.75", linewidth=1, label="loss")
    axes.plot(rates, losses, color=BLUE, linewidth=2, label="smoothed loss")
    for (name, rate), style in zip(result.suggestions.items(), ("-", "--", "-.", ":"), strict=True):
        chosen = name == "minimum"
        label = f"{name}{' / 10, the rule' if chosen else ''}: {rate:.2g}"
        axes.axvline(rate, color=VERMILION if chosen else GREY, linestyle=style, linewidth=2 if chosen else 1, label=label)
    axes.set(xscale="log", xlabel="learning rate", ylabel="loss")
    axes.set_ylim(top=min(losses.max(), 2 * losses[0]) * 1.05)
    axes.legend(fontsize="small")


def save_finder_curve(result: FinderResult, path: Path) -> None:
    """Draw the finder's raw and smoothed losses over the rates, with fastai's suggestions, as a PNG."""
    with _figure(size=(7, 4)) as (figure, (axes,)):
        _draw_finder(axes, result)
        axes.set_title("Learning-rate finder")
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=120)


def finder(result: FinderResult) -> str:
    """The finder's curve as an SVG element."""
    with _figure() as (figure, (axes,)):
        _draw_finder(axes, result)
        return _svg(figure)


def fit_curves(steps: dict[str, list[float]], epochs: Sequence[dict[str, float]]) -> str:
    """Loss, accuracy and rate over the fit, as an SVG element."""
    with _figure(3, 1, (7, 6.5), sharex=True) as (figure, (losses, accuracies, rates)):
        ends = np.arange(1, len(epochs) + 1)
        if steps.get("loss"):
            length = len(steps["loss"]) / max(len(epochs), 1)
            at = np.arange(1, len(steps["loss"]) + 1) / length
            losses.plot(at, steps["loss"], color="0.8", linewidth=0.7, label="training, each step")
            losses.plot(at, gaussian_filter1d(np.array(steps["loss"]), length / 20), color=BLUE, linewidth=2, label="training, smoothed")
            rates.plot(at, steps["rate"], color=GREY)
        else:  # records of earlier versions have no steps
            losses.plot(ends, [epoch["train_loss"] for epoch in epochs], "s-", color=BLUE, label="training")
            rates.text(0.5, 0.5, "not recorded", transform=rates.transAxes, ha="center", color=GREY)
        losses.plot(ends, [epoch["valid_loss"] for epoch in epochs], "o--", color=VERMILION, label="validation")
        losses.set_ylabel("loss")
        losses.legend(fontsize="small")
        accuracies.plot(ends, [100 * epoch["accuracy"] for epoch in epochs], "o--", color=VERMILION)
        accuracies.set_ylabel("validation\naccuracy, %")
        rates.set(ylabel="learning rate", xlabel="epoch")
        return _svg(figure)


def confusion(diagnosis: Diagnosis) -> str:
    """The confusion matrix with its counts, as an SVG element.

    Errors are framed, so that they show without colour.
    """
    counts, names = diagnosis.confusion(), [f"{entry.character} {entry.romaji}".strip() for entry in diagnosis.alphabet]
    side = 1.8 + 0.42 * len(names)
    with _figure(size=(side, side)) as (figure, (axes,)):
        shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
        axes.imshow(np.sqrt(shares), cmap="Blues", vmin=0, vmax=1.2)
        for row, column in zip(*np.nonzero(counts), strict=True):
            is_wrong = row != column
            axes.text(
                column,
                row,
                str(counts[row, column]),
                ha="center",
                va="center",
                fontsize=8,
                color="black" if shares[row, column] < 0.5 else "white",
                fontweight="bold" if is_wrong else "normal",
            )
            if is_wrong:
                axes.add_patch(Rectangle((column - 0.46, row - 0.46), 0.92, 0.92, fill=False, edgecolor=VERMILION, linewidth=1.5))
        axes.set(xticks=range(len(names)), yticks=range(len(names)), xlabel="read as", ylabel="is")
        axes.set_xticklabels(
            names,
            rotation=90 if len(names) > 12 else 45,
            ha="center" if len(names) > 12 else "right",
            rotation_mode="anchor" if len(names) <= 12 else None,
        )
        axes.set_yticklabels(names)
        axes.grid(visible=False)
        return _svg(figure)


def calibration(diagnosis: Diagnosis) -> str:
    """Reliability before and after the temperature, side by side, as an SVG element."""
    labels = diagnosis.examples.labels
    with _figure(1, 2, (7, 3.6), sharey=True) as (figure, panels):
        for axes, (title, probabilities) in zip(panels, (("before", diagnosis.raw), ("after", diagnosis.probabilities)), strict=True):
            bins = reliability(probabilities, labels)
            axes.plot([0, 1], [0, 1], color=GREY, linestyle=":", label="perfectly calibrated")
            for it in bins:  # the distance is the calibration error, the size of the mark the count
                axes.plot([it.confidence] * 2, [it.confidence, it.accuracy], color=BLUE, linewidth=1)
            sizes = [6 + 14 * np.log10(it.count) ** 2 for it in bins]
            axes.scatter([it.confidence for it in bins], [it.accuracy for it in bins], sizes, color=BLUE, label="measured", zorder=3)
            axes.set(xlim=(0, 1.05), ylim=(0, 1.05), xlabel="confidence")
            axes.set_title(f"{title} temperature: ECE {100 * calibration_error(probabilities, labels):.2f} %", fontsize=10)
        panels[0].set_ylabel("accuracy")
        panels[0].legend(fontsize="small", loc="upper left")
        return _svg(figure)


def rejection(diagnosis: Diagnosis) -> str:
    """Accuracy of the kept answers against the share rejected, by either score, as an SVG element.

    The mark is the threshold in use.
    """
    with _figure(size=(7, 3.2)) as (figure, (axes,)):
        for label, scores, colour, style in (
            ("lowest confidence first", diagnosis.confidence, BLUE, "-"),
            ('lowest known logit first, as for "unknown"', diagnosis.known_logit, VERMILION, "--"),
        ):
            rejected, accuracy = rejection_curve(scores, diagnosis.right)
            shown = rejected <= 0.3
            axes.plot(100 * rejected[shown], 100 * accuracy[shown], style, color=colour, label=label)
        kept = diagnosis.known_logit >= diagnosis.threshold
        if kept.any():
            axes.plot(100 * (1 - kept.mean()), 100 * diagnosis.right[kept].mean(), "D", color=VERMILION, label="the threshold in use")
        axes.set(xlabel="rejected, %", ylabel="accuracy of the rest, %", xlim=(0, 30))
        axes.legend(fontsize="small", loc="lower right")
        return _svg(figure)
