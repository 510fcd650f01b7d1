"""How well the released weights read."""

from __future__ import annotations

import numpy as np

from bench.datasets import datasets
from bench.section import Figures, Row, Section, pick
from kmnist_model.recognizer import Recognizer, weights_path
from train.data.splits import open_split
from train.evaluation.evaluate import evaluate


def measure(smoke: bool = False) -> Figures:
    """The test figures of `train.evaluation.evaluate`, the share of blank drawings read as blank, and the size of the weights file in bytes."""
    recognizer = Recognizer.load("kmnist", "cpu")
    with datasets(smoke) as data:
        figures: Figures = evaluate(recognizer, open_split("kmnist", "t10k", data), data)
    sheets = recognizer.read_ink(np.zeros((100, 28, 28), np.uint8))
    blank = [*sheets, recognizer.read_strokes([]), recognizer.read_strokes([[]])]
    return {
        **figures,
        "blank": {"n": len(blank), "share": float(np.mean([reading.verdict == "blank" for reading in blank]))},
        "bytes": weights_path("kmnist").stat().st_size,
    }


SECTION = Section(
    name="recognition",
    group="Recognition",
    measure=measure,
    rows=(
        Row("released weights, KMNIST test images", pick("accuracy"), pick("n"), 0.994),
        Row("their expected calibration error (15 bins)", pick("ece"), pick("n"), 0.01, True),
        Row("modern handwriting, pages never trained on", pick("modern", "accuracy"), pick("modern", "n"), 0.99),
        Row("KanjiVG strokes with jitter never seen", pick("drawn", "accuracy"), pick("drawn", "n"), 0.99),
        Row(
            'modern kana of kinds seen as outliers answered "unknown", 97 % of characters kept',
            pick("unknown", "refused", "other kana", "share_at_97%_kept"),
            pick("unknown", "refused", "other kana", "n"),
            0.9,
        ),
        Row(
            'the same kana answered "unknown", released threshold',
            pick("unknown", "refused", "other kana", "share"),
            pick("unknown", "refused", "other kana", "n"),
        ),
        *(
            Row(
                f"{title} characters kept, released threshold",
                pick("unknown", "kept", kind, "share"),
                pick("unknown", "kept", kind, "n"),
            )
            for title, kind in (("KMNIST", "kmnist"), ("modern", "modern"))
        ),
        Row('blank -> "blank"', pick("blank", "share"), pick("blank", "n"), 1.0),
        Row('scribbles -> "unknown" or "blank"', pick("scribbles", "refused"), pick("scribbles", "n"), 0.95),
        Row("weights file", lambda f: f["bytes"] / 1e6, lambda _: 1, 5, True, "MB"),
    ),
    code=("kmnist_model/*.py", "kmnist_model/weights/kmnist.safetensors", "train/data/**/*.py", "train/evaluation/*.py"),
)
