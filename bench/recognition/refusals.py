"""Whether "not a character I know" is told from characters: seven scores of the released weights of the ten, on what they never learnt from."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bench.datasets import datasets
from bench.section import Figures, Row, Section, pick
from kmnist_model.alphabet import KMNIST
from kmnist_model.recognizer import Recognizer
from train.data import sources
from train.data.data_folder import DataFolder
from train.data.drawing import strokes
from train.data.splits import Examples, open_split
from train.evaluation import rejection

_SEED = 20261127  # of drawings that are never trained on
_EACH, _OTHERS = 100, 1000


def measure(smoke: bool = False) -> Figures:
    """The scores compared (`scores`), and the number of `others`, which are none of the ten."""
    each, others = (2, 20) if smoke else (_EACH, _OTHERS)
    released = Recognizer.load("kmnist", "cpu", engine="torch")  # ViM takes the head's weights
    with datasets(smoke) as data:
        train, unknown = open_split("kmnist", "t10k", data).train, _unknown(data, others)
        scores = rejection.compare(released, train, _known(data, _by_mouse(each)), unknown)
    return {"scores": scores, "others": sum(map(len, unknown.values()))}


def _by_mouse(each: int) -> Examples:
    """Each of the ten characters drawn `each` times as by a mouse or a finger."""
    rng = np.random.default_rng(_SEED)
    inks = [strokes.to_ink(strokes.by_mouse(strokes.load(entry.character), rng)) for entry in KMNIST for _ in range(each)]
    return Examples(np.stack(inks), np.repeat(np.arange(len(KMNIST)), each))


def _drawn(characters: str, count: int) -> Examples:
    """`count` drawings of `characters`, as by a mouse or a finger; they are outliers."""
    rng = np.random.default_rng(_SEED)
    inks = [strokes.to_ink(strokes.by_mouse(strokes.load(str(rng.choice(list(characters)))), rng)) for _ in range(count)]
    return Examples(np.stack(inks), np.full(count, len(KMNIST)))


def _known(data: DataFolder, drawings: Examples) -> dict[str, Examples]:
    """Characters that the released weights did not learn from."""
    handwriting = sources.modern(data, KMNIST, sources.TEST_PAGES)
    return {"KMNIST": open_split("kmnist", "t10k", data).test, "drawings": drawings, "pages": handwriting.characters}


def _unknown(data: DataFolder, count: int) -> dict[str, Examples]:
    """What is none of the ten, by kind."""
    rng = np.random.default_rng(_SEED)
    scribbles = np.stack([strokes.to_ink(strokes.scribble(rng)) for _ in range(count)])
    kana = sources.other_kana(KMNIST, "even") + sources.other_kana(KMNIST, "odd")
    return {
        "modern kana": sources.modern(data, KMNIST, sources.TEST_PAGES).outliers,
        "drawn kana": _drawn(kana, count),
        "cursive kanji": sources.kanji_outliers(data, KMNIST, count, rng),
        "Latin letters": _drawn(sources.LATIN[10:], count),
        "digits": _drawn(sources.LATIN[:10], count),
        "scribbles": Examples(scribbles, np.full(count, len(KMNIST))),
    }


def _mean(name: str, key: str) -> Callable[[Figures], float]:
    """The mean of a score's `auroc` or `fpr95` over all kinds of what is none of the ten."""
    return lambda f: float(np.mean([kind[key] for kind in f["scores"][name].values()]))


def _worst(name: str) -> Callable[[Figures], str]:
    def words(f: Figures) -> str:
        kind, worst = max(f["scores"][name].items(), key=lambda it: it[1]["fpr95"])
        mean = _mean(name, "fpr95")(f)
        return f" (answered as a character at 95 % kept: {100 * mean:.1f} % of them, worst {kind}: {100 * worst['fpr95']:.1f} %)"

    return words


def _row(name: str) -> Row:
    return Row(f"others told from characters, AUROC, mean of six kinds: {name}", _mean(name, "auroc"), pick("others"), also=_worst(name))


SECTION = Section(
    name="refusals",
    group="Not a character I know",
    measure=measure,
    rows=tuple(_row(name) for name in rejection.NAMES),
    code=(
        "kmnist_model/*.py",
        "kmnist_model/weights/kmnist.safetensors",
        "train/data/**/*.py",
        "train/evaluation/rejection.py",
    ),
)
