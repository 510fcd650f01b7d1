"""How well the ink that is said to have spoken for a reading did so, how fast that is said, and how often a set holds the right character."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.datasets import datasets
from bench.recognition.curves import areas
from bench.section import Figures, Row, Section, pick
from kmnist_model.explain.evidence import ink_evidence, odds_gradient, stroke_evidence
from kmnist_model.explain.sets import Margin
from kmnist_model.recognizer import Recognizer
from train.data import kuzushiji
from train.data.data_folder import DataFolder
from train.evaluation import sets
from train.evaluation.wide import mouse_drawings

NAME = "kuzushiji"
_INKS, _SMOKE_INKS = 500, 3

Weigh = Callable[[Recognizer, NDArray[np.uint8], int], NDArray[np.floating]]


def measure(smoke: bool = False) -> Figures:
    """Areas of deletion and insertion curves, times in ms of both kinds of reasons, coverage and size of sets."""
    recognizer = Recognizer.load(NAME, "cpu")
    with datasets(smoke) as data:
        return _measure(recognizer, data, _SMOKE_INKS if smoke else _INKS)


def _measure(recognizer: Recognizer, data: DataFolder, count: int) -> Figures:
    test = kuzushiji.old_kanji(data, recognizer.alphabet)[2]
    inks = test.inks[np.linspace(0, len(test) - 1, count).astype(int)]
    return {
        "curves": {"n": len(inks), **_curves(recognizer, inks)},
        "ms": {"strokes": _stroke_times(recognizer, data, count), "picture": _picture_times(recognizer, inks)},
        "sets": sets.measure(recognizer, Margin.load(), sets.halves(test)[1]),
    }


def _curves(recognizer: Recognizer, inks: NDArray[np.uint8]) -> Figures:
    """The mean areas of each way to weigh pixels: ours, the plain gradient, and chance."""
    rng = np.random.default_rng(0)
    ways: dict[str, Weigh] = {"ours": _ours, "plain gradient": _plain_gradient, "chance": lambda _, ink, __: rng.random(ink.shape)}
    best = recognizer.logits(inks)[:, :-1].argmax(1).tolist()
    found: dict[str, Any] = {}
    for name, weigh in ways.items():
        both = np.array([areas(recognizer, ink, weigh(recognizer, ink, index), index) for ink, index in zip(inks, best, strict=True)])
        found[name] = dict(zip(("deletion", "insertion"), both.mean(0).tolist(), strict=True))
    return found


def _ours(recognizer: Recognizer, ink: NDArray[np.uint8], index: int) -> NDArray[np.floating]:
    return ink_evidence(recognizer, ink, recognizer.alphabet.characters[index])


def _plain_gradient(recognizer: Recognizer, ink: NDArray[np.uint8], index: int) -> NDArray[np.floating]:
    """The size of the gradient of the odds at each pixel (Simonyan 2014, arXiv:1312.6034)."""
    batch = recognizer.normalised(ink[None])
    direction = partial(odds_gradient, index=index, against=None, temperature=recognizer.card.temperature)
    return np.abs(recognizer.engine.gradient(batch, direction)[0, 0])


def _stroke_times(recognizer: Recognizer, data: DataFolder, count: int) -> Figures:
    drawings, characters = mouse_drawings(data)
    pairs = [pair for pair in zip(drawings, characters, strict=True) if pair[1] in recognizer.alphabet.characters][:count]
    return _times([partial(stroke_evidence, recognizer, *pair) for pair in pairs])


def _picture_times(recognizer: Recognizer, inks: NDArray[np.uint8]) -> Figures:
    character = recognizer.alphabet.characters[0]
    return _times([partial(ink_evidence, recognizer, ink, character) for ink in inks])


def _times(calls: Sequence[Callable[[], object]]) -> Figures:
    """p50 and p95 of the calls, in ms."""
    calls[0]()
    took = []
    for call in calls:
        started = time.perf_counter()
        call()
        took.append(1000 * (time.perf_counter() - started))
    return {"n": len(took), "p50": float(np.percentile(took, 50)), "p95": float(np.percentile(took, 95))}


def _beside(curve: str) -> Callable[[Figures], str]:
    """What the other ways reach on the same `curve`, for the reader of the row."""
    return lambda f: (
        f" (plain gradient: {100 * f['curves']['plain gradient'][curve]:.1f} %, chance: {100 * f['curves']['chance'][curve]:.1f} %)"
    )


def _lead(curve: str, sign: int) -> Callable[[Figures], float]:
    """By how much ours is better than the best of the other ways."""
    return lambda f: min(sign * (f["curves"]["ours"][curve] - f["curves"][other][curve]) for other in ("plain gradient", "chance"))


SECTION = Section(
    name="explain",
    group="Every kana and every kanji",
    measure=measure,
    rows=(
        Row(
            "area under the deletion curve of a picture's ink, less is better",
            pick("curves", "ours", "deletion"),
            pick("curves", "n"),
            also=_beside("deletion"),
        ),
        Row("the same, ahead of the better of plain gradient and chance", _lead("deletion", -1), pick("curves", "n"), 0.0),
        Row(
            "area under the insertion curve, more is better",
            pick("curves", "ours", "insertion"),
            pick("curves", "n"),
            also=_beside("insertion"),
        ),
        Row("the same, ahead of the better of plain gradient and chance", _lead("insertion", 1), pick("curves", "n"), 0.0),
        Row("strokes weighed, kanji by mouse, p95", pick("ms", "strokes", "p95"), pick("ms", "strokes", "n"), 60, True, "ms"),
        Row("picture weighed, p95", pick("ms", "picture", "p95"), pick("ms", "picture", "n"), 60, True, "ms"),
        Row(
            "sets of characters fitted to 95 %, off the mark",
            lambda f: abs(f["sets"]["coverage"] - 0.95),
            pick("sets", "n"),
            0.01,
            True,
            also=lambda f: f" (coverage {100 * f['sets']['coverage']:.2f} %)",
        ),
        Row(
            "characters of a set, mean",
            pick("sets", "size"),
            pick("sets", "n"),
            unit="characters",
            also=lambda f: f" ({100 * f['sets']['unsure']:.1f} % of the sets have more than one)",
        ),
    ),
    code=(
        "kmnist_model/explain/*.py",
        "kmnist_model/weights/kuzushiji.safetensors",
        "kmnist_model/weights/sets.json",
        "train/evaluation/sets.py",
        "bench/recognition/curves.py",
    ),
)
