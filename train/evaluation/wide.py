"""Measures weights of the wide alphabet on everything that was held out for them, by kinds of writing."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmnist_model.alphabet import KUZUSHIJI49
from kmnist_model.preprocess import from_strokes
from kmnist_model.recognizer import Recognizer
from train.data import kuzushiji
from train.data.data_folder import DataFolder
from train.data.drawing import drawn_pools, strokes
from train.data.sources import TEST_PAGES
from train.data.splits import Examples
from train.errors import DataError
from train.evaluation.calibrate import calibration_error

MOUSE_FILE = "kanji-by-mouse.json"
_SEED = 20261126  # of drawings that are never trained on
_KANA48 = KUZUSHIJI49.characters.replace("ゝ", "")
_SIZES = ((1, 9), (10, 29), (30, 99), (100, None))  # training examples of a class


def scores(logits: NDArray[np.float32], labels: NDArray[np.int64], columns: list[int] | None = None) -> dict[str, Any]:
    """Top-1 and top-5 accuracy, as fractions, of `logits` (N, characters) among the `columns` only, by default all."""
    chosen = np.arange(logits.shape[1]) if columns is None else np.array(columns)
    ranked = chosen[np.argsort(-logits[:, chosen], axis=1, kind="stable")[:, :5]]
    hits = ranked == labels[:, None]
    return {"n": len(labels), "top1": float(hits[:, 0].mean()), "top5": float(hits.any(1).mean())}


def mouse_drawings(data: DataFolder) -> tuple[list[list[list[list[float]]]], list[str]]:
    """The strokes of 250 drawings of 50 kanji by mouse (tegaki project, GPL: for measuring only), and their characters.

    Raises `DataError` where they are missing.
    """
    path = data.path / "drawn" / MOUSE_FILE
    if not path.exists():
        raise DataError(f"{path} is missing: give the folder that holds it with --data or KMNIST_DATA.")
    drawings = json.loads(path.read_text("utf-8"))
    return [drawing["strokes"] for drawing in drawings], [drawing["character"] for drawing in drawings]


def measure_wide(recognizer: Recognizer, data: DataFolder, book: str = "") -> dict[str, Any]:
    """All test figures of wide weights; those of old kana mean something only if the weights did not learn from the `book`.

    Raises `DataError` if a dataset is missing.
    """
    known = recognizer.alphabet
    labels_of = kuzushiji.Labels(known)
    kana48 = [known.index(character) for character in _KANA48]
    kana = [index for index, entry in enumerate(known) if entry.kind == "kana"]
    train, _, test = kuzushiji.old_kanji(data, known)
    logits = recognizer.logits(test.inks)
    errors = {"kanji": (logits, test.labels)}
    measured: dict[str, Any] = {"kkanji": _kanji_scores(logits[:, :-1], test.labels, np.bincount(train.labels, minlength=len(known)))}

    old = kuzushiji.kmnist(data, known)[2]
    logits = recognizer.logits(old.inks)
    errors["kmnist"] = (logits, old.labels)
    measured["kmnist"] = {"all": scores(logits[:, :-1], old.labels), "kana48": scores(logits[:, :-1], old.labels, kana48)}

    book_kana = kuzushiji.book_kana(data, known, book)
    logits = recognizer.logits(book_kana.inks)
    measured["kana_real"] = {"all": scores(logits[:, :-1], book_kana.labels), "kana48": scores(logits[:, :-1], book_kana.labels, kana48)}

    modern = kuzushiji.modern_kana(data, known, TEST_PAGES)
    logits = recognizer.logits(modern.inks)
    errors["modern"] = (logits, modern.labels)
    measured["modern"] = {
        "all": scores(logits[:, :-1], modern.labels) | {"voicing_ignored": _voicing_ignored(recognizer, logits, modern)},
        "kana": scores(logits[:, :-1], modern.labels, kana) | {"voicing_ignored": _voicing_ignored(recognizer, logits, modern, kana)},
    }

    drawings, characters = mouse_drawings(data)
    mouse = labels_of.examples((np.stack([from_strokes(drawing, recognizer.size) for drawing in drawings]), characters))
    logits = recognizer.logits(mouse.inks)
    measured["mouse"] = scores(logits[:, :-1], mouse.labels) | {"ece": calibration_error(recognizer.probabilities(logits), mouse.labels)}

    kanji = "".join(entry.character for entry in known if entry.kind == "kanji")
    drawn = labels_of.examples(
        drawn_pools.draw_strokes([(character, "pen") for character in kanji if strokes.has(character)], _SEED, recognizer.size)
    )
    measured["drawn"] = scores(recognizer.logits(drawn.inks)[:, :-1], drawn.labels)

    probabilities = np.concatenate([recognizer.probabilities(logits) for logits, _ in errors.values()])
    measured["ece"] = {
        "n": len(probabilities),
        "share": calibration_error(probabilities, np.concatenate([labels for _, labels in errors.values()])),
    }
    return measured


def _kanji_scores(logits: NDArray[np.float32], labels: NDArray[np.int64], learnt: NDArray[np.int64]) -> dict[str, Any]:
    """The scores of Kuzushiji-Kanji, with the mean over its classes, and by the number of examples that were `learnt` (classes,)."""
    right = logits.argmax(1) == labels
    classes = np.unique(labels)
    found = scores(logits, labels) | {"macro": float(np.mean([right[labels == index].mean() for index in classes]))}
    counts = learnt[labels]
    found["by_examples"] = {}
    for low, high in _SIZES:
        among = (counts >= low) & (counts <= (high or counts.max()))
        if among.any():
            name = f"{low} to {high}" if high else f"{low} and more"
            found["by_examples"][name] = {"n": int(among.sum()), "top1": float(right[among].mean())}
    return found


def _voicing_ignored(recognizer: Recognizer, logits: NDArray[np.float32], examples: Examples, columns: list[int] | None = None) -> float:
    """The share of examples whose best candidate is right but for the marks of a voiced sound."""
    characters = recognizer.alphabet.characters
    chosen = np.arange(len(characters)) if columns is None else np.array(columns)
    best = "".join(characters[index] for index in chosen[logits[:, chosen].argmax(1)])
    truth = "".join(characters[index] for index in examples.labels)
    pairs = zip(kuzushiji.without_voicing(best), kuzushiji.without_voicing(truth), strict=True)
    return float(np.mean([read == right for read, right in pairs]))
