"""How often the real characters shown beside an answer are of its class, how fast they are found, and how large the gallery is."""

from __future__ import annotations

import time

import numpy as np

from bench.datasets import datasets
from bench.section import Figures, Row, Section, pick
from kmnist_model import KMNIST
from kmnist_model.gallery import gallery
from kmnist_model.recognizer import Recognizer
from train.data import kuzushiji
from train.data.data_folder import DataFolder
from train.gallery import SHOWN, measure, right_share

_SEARCHES, _SMOKE_SEARCHES = 1000, 20


def measure_nearest(smoke: bool = False) -> Figures:
    """Shares of the right class, times in ms, and the gallery's size.

    The shares are of held-out characters; the times are of the search alone and with the network.
    """
    recognizer = Recognizer.load(gallery.WEIGHTS, "cpu")
    with datasets(smoke) as data:
        return _measure(recognizer, data, _SMOKE_SEARCHES if smoke else _SEARCHES)


def _measure(recognizer: Recognizer, data: DataFolder, searches: int) -> Figures:
    released = gallery.released()
    released.check_weights(recognizer)
    ten = kuzushiji.kmnist(data, recognizer.alphabet)[2]
    inks = ten.inks[np.resize(np.arange(len(ten)), searches)]
    return {
        "right": {
            **measure(released, recognizer, data),
            "kmnist among ten": right_share(released, recognizer, ten, released.rows(KMNIST.characters)),
        },
        "ms": _times(released, recognizer, inks),
        "pictures": len(released),
        "bytes": sum(path.stat().st_size for path in (gallery.FILE, gallery.FILE.with_suffix(".png"))),
    }


def _times(released: gallery.Gallery, recognizer: Recognizer, inks: np.ndarray) -> Figures:
    """p50 and p95, in ms, of the search among all pictures, and of the whole answer: features, search, pictures."""
    features = recognizer.features(inks)
    released.search(features[0], SHOWN)
    found: dict[str, list[float]] = {"search": [], "whole": []}
    for vector, ink in zip(features, inks, strict=True):
        started = time.perf_counter()
        released.search(vector, SHOWN)
        searched = time.perf_counter()
        recognizer.nearest(ink)
        found["search"].append(searched - started)
        found["whole"].append(time.perf_counter() - searched)
    return {
        "n": len(inks),
        **{name: {f"p{share}": 1000 * float(np.percentile(took, share)) for share in (50, 95)} for name, took in found.items()},
    }


SECTION = Section(
    name="nearest",
    group="Every kana and every kanji",
    measure=measure_nearest,
    rows=(
        Row(
            "the eight nearest real characters of the right class, held-out Kuzushiji-Kanji, classes of ten and more",
            pick("right", "kanji", "share"),
            pick("right", "kanji", "n"),
            0.85,
        ),
        Row("the same, KMNIST, among its ten", pick("right", "kmnist among ten", "share"), pick("right", "kmnist among ten", "n"), 0.95),
        Row("the same, KMNIST, among all characters", pick("right", "kmnist", "share"), pick("right", "kmnist", "n"), 0.95),
        Row("search among the gallery, p50", pick("ms", "search", "p50"), pick("ms", "n"), unit="ms"),
        Row("the same, p95", pick("ms", "search", "p95"), pick("ms", "n"), 5, True, "ms"),
        Row("the same with network and pictures, p95", pick("ms", "whole", "p95"), pick("ms", "n"), unit="ms"),
        Row("gallery", lambda f: f["bytes"] / 1e6, pick("pictures"), 9, True, "MB"),
    ),
    code=("kmnist_model/gallery/*", "kmnist_model/weights/kuzushiji.safetensors", "train/gallery.py"),
)
