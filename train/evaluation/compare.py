"""Compares weights files on the same test split, each alone and in pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest
from sklearn.metrics import accuracy_score

from kmnist_model.recognizer import Recognizer
from train.data.splits import Examples, Split
from train.errors import DataError
from train.evaluation.calibrate import calibration_error
from train.evaluation.evaluate import latency, macro_accuracy


@dataclass(frozen=True)
class Contender:
    """One weights file on the test images.

    Accuracies and ECE are fractions, `milliseconds` the median for one ink, `size` in bytes, `right` (N,) which images it read.
    """

    name: str
    accuracy: float
    macro_accuracy: float
    ece: float
    milliseconds: float
    size: int
    right: NDArray[np.bool_]


def measure(paths: Sequence[Path], split: Split) -> list[Contender]:
    """Measure each weights file on the test images of `split`.

    Raises `DataError` if one has another alphabet.
    """
    found = []
    for path, name in zip(paths, _names(paths), strict=True):
        recognizer = Recognizer.load(path, "cpu")
        if recognizer.alphabet.characters != split.alphabet.characters or not len(split.test):
            raise DataError(f"{name} was not made for this dataset and protocol: compare weights of one alphabet on its own test images.")
        found.append(_measure(recognizer, path, name, split.test))
    return found


def _names(paths: Sequence[Path]) -> list[str]:
    """The name of each file, with its folder if two files have the same name."""
    stems = [path.stem for path in paths]
    return [stem if stems.count(stem) == 1 else f"{path.parent.name}/{stem}" for stem, path in zip(stems, paths, strict=True)]


def _measure(recognizer: Recognizer, path: Path, name: str, examples: Examples) -> Contender:
    probabilities = recognizer.probabilities(recognizer.logits(examples.inks))
    answers = probabilities.argmax(1)
    right = answers == examples.labels
    return Contender(
        name,
        float(accuracy_score(examples.labels, answers)),
        macro_accuracy(examples.labels, answers),
        calibration_error(probabilities, examples.labels),
        latency(recognizer, examples.inks[:1]),
        path.stat().st_size,
        right,
    )


def mcnemar(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> tuple[int, int, float]:
    """The exact test of McNemar (1947).

    Returns how many only the first reads right, how many only the second, and the p-value.
    """
    only_first, only_second = int((first & ~second).sum()), int((second & ~first).sum())
    both = only_first + only_second
    return only_first, only_second, float(binomtest(only_first, both).pvalue) if both else 1.0


def table(contenders: Sequence[Contender]) -> str:
    """The contenders and each pair of them, a line each, separated by tabs."""
    lines = [f"weights\taccuracy\tmacro\tECE\tms for one\tMB\tn {len(contenders[0].right)}"]
    for it in contenders:
        shares = [f"{100 * share:.2f} %" for share in (it.accuracy, it.macro_accuracy, it.ece)]
        lines.append("\t".join([it.name, *shares, f"{it.milliseconds:.2f}", f"{it.size / 1e6:.2f}"]))
    lines.append("pair\tonly the first right\tonly the second right\tp (McNemar)")
    for a, b in combinations(contenders, 2):
        only_a, only_b, p = mcnemar(a.right, b.right)
        lines.append(f"{a.name} / {b.name}\t{only_a}\t{only_b}\t{p:.3g}")
    return "\n".join(lines)


def save_picture(contenders: Sequence[Contender], path: Path) -> None:
    """Draw the errors of each with its 95 % interval (Wilson 1927), as a PNG."""
    figure, axes = plt.subplots(figsize=(7, 1 + 0.5 * len(contenders)), layout="constrained")
    for row, it in enumerate(contenders):
        interval = binomtest(int((~it.right).sum()), len(it.right)).proportion_ci(method="wilson")
        errors = 100 * (1 - it.accuracy)
        axes.errorbar(
            errors, row, xerr=[[errors - 100 * interval.low], [100 * interval.high - errors]], fmt="o", color="#0072B2", capsize=4
        )
    axes.set(yticks=range(len(contenders)), yticklabels=[it.name for it in contenders], xlabel="errors, % (95 % interval)")
    axes.set_xlim(left=0)
    axes.invert_yaxis()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)
    plt.close(figure)
