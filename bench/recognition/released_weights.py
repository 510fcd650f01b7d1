"""How well the shipped weights read."""

from __future__ import annotations

from typing import Any

import numpy as np

from kmnist_model.recognizer import Recognizer, weights_path
from train.data.splits import data_folder, open_split
from train.evaluation.evaluate import evaluate


def measure() -> dict[str, Any]:
    """The held-out figures of `train.evaluation.evaluate`, whether a blank sheet is blank, and the size of the weights file in bytes."""
    recognizer = Recognizer.load("kmnist", "cpu")
    folder = data_folder()
    sheets = recognizer.read_ink(np.zeros((100, 28, 28), np.uint8))
    blank = [*sheets, recognizer.read_strokes([]), recognizer.read_strokes([[]])]
    return {
        **evaluate(recognizer, open_split("kmnist", "t10k", folder), folder),
        "blank": {"n": len(blank), "share": float(np.mean([reading.verdict == "blank" for reading in blank]))},
        "bytes": weights_path("kmnist").stat().st_size,
    }
