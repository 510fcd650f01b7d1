"""Makes and measures the prototypes of the historical forms of kana.

How they are made was chosen by telling the letters of Noto's three fonts by the other two (n = 2,691), and the other way round (n = 1,794), top-1:

- features as they are: 67 and 70 % with weights of a fit of a few minutes, 98.8 and 97.5 % with those of ten epochs of protocol "fonts-only"
- whitened by their whole spread: 80 and 81 %; 99.0 and 97.8 %
- whitened by the spread within letters, which is what is done: 82 and 83 %; 99.1 and 97.5 %
- a prototype for each view instead of each font: up to 4 points worse

So whitening matters where the network is unsure. The fonts themselves are among what the network has learnt from, with the kana as label.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from kmnist_model.alphabet import KUZUSHIJI49
from kmnist_model.characters.historical_forms import HistoricalForms, Letter
from kmnist_model.errors import WeightsError
from kmnist_model.recognizer import Recognizer
from train.data import kuzushiji
from train.data.data_folder import DataFolder
from train.data.drawing import drawn_pools
from train.data.sources import TEST_PAGES
from train.errors import DataError
from train.fitting.augment import augment
from train.recipe import Recipe

_AUGMENTATION = Recipe(cutout=0)
_SHRINKAGE = 0.03  # of the covariance towards a multiple of the identity; 0.1, 0.3 and 0.5 are worse
_STROKES = 3  # drawings of today's letters by KanjiVG's strokes
_SKETCHES, _SKETCHED_FONT = "sketches", "noto"  # the font was drawn after the sketches


@dataclass(frozen=True)
class Source:
    """Features (views, N, D) of one font's letters, or of other drawings; the first view is without augmentation."""

    name: str
    features: NDArray[np.float32]
    letters: list[str]


def letters(data: DataFolder) -> tuple[Letter, ...]:
    """The historical letters, and today's with the first of their parents."""
    today = (Letter(entry.character, entry.character, entry.parents[0]) for entry in KUZUSHIJI49 if entry.parents)
    return (*drawn_pools.letter_table(data), *today)


def sources(recognizer: Recognizer, data: DataFolder, views: int, seed: int = 0) -> list[Source]:
    """Everything that prototypes are made from, as `recognizer` sees it in `views` augmented views and as it is. Raises `DataError`."""
    size = recognizer.size
    historical = "".join(drawn_pools.historical_letters(data))
    today = KUZUSHIJI49.characters.replace("ゝ", "")
    drawings = {
        **drawn_pools.letter_glyphs(data, "historical", historical, 1, size, seed),
        **drawn_pools.letter_glyphs(data, "kana", today, 1, size, seed),
        "strokes": drawn_pools.kanjivg(data, today, _STROKES, size, seed, "letters-strokes"),
        _SKETCHES: drawn_pools.letter_sketches(data, size),
    }
    torch.manual_seed(seed)
    return [Source(name, _views(recognizer, inks, views), characters) for name, (inks, characters) in drawings.items()]


def _views(recognizer: Recognizer, inks: NDArray[np.uint8], count: int) -> NDArray[np.float32]:
    drawn = [inks] + [augment(torch.from_numpy(inks), _AUGMENTATION).round().clamp(0, 255).byte().numpy() for _ in range(count)]
    return np.stack([recognizer.features(each) for each in drawn])


def make(table: tuple[Letter, ...], parts: list[Source], weights: str) -> HistoricalForms:
    """One prototype for each letter of each source: the mean of its views. Raises `WeightsError` for a network without fingerprint."""
    if not weights:
        raise WeightsError("These weights give no features: make historical forms with weights of a preact_resnet.")
    index = {each.letter: place for place, each in enumerate(table)}
    owners = [np.array([index[letter] for letter in part.letters]) for part in parts]
    mean, projection = _whitening(
        np.concatenate([part.features.reshape(-1, part.features.shape[2]) for part in parts]),
        np.concatenate([np.tile(owner, len(part.features)) for part, owner in zip(parts, owners, strict=True)]),
    )
    pairs = [
        (letter, part.features[:, own == letter].mean((0, 1))) for part, own in zip(parts, owners, strict=True) for letter in np.unique(own)
    ]
    raw = np.stack([prototype for _, prototype in pairs])
    forms = HistoricalForms(table, raw, np.array([letter for letter, _ in pairs]), mean, projection, weights)
    return replace(forms, prototypes=forms.whiten(raw))


def _whitening(features: NDArray[np.float32], labels: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The mean (D,) of features (N, D), and the projection (D, D) that makes their spread within each label round."""
    centred = features - features.mean(0)
    within = np.concatenate([centred[labels == label] - centred[labels == label].mean(0) for label in np.unique(labels)])
    spread = within.T.astype(np.float64) @ within / len(within)
    spread = (1 - _SHRINKAGE) * spread + _SHRINKAGE * np.trace(spread) / len(spread) * np.eye(len(spread))
    values, vectors = np.linalg.eigh(spread)
    return features.mean(0), ((vectors / np.sqrt(values)) @ vectors.T).astype(np.float32)


def rank(forms: HistoricalForms, features: NDArray[np.float32], drawn: list[str], among: dict[str, str]) -> dict[str, Any]:
    """How often the drawn letter is among the nearest one or three, for each kana that it stands for, if the kana has several letters.

    `features` (N, D) are of drawings of the letters `drawn`; `among` gives each letter's kana.
    """
    places = []
    for vector, letter in zip(features, drawn, strict=True):
        for kana in among[letter]:
            ranked = [form.letter for form in forms.nearest(vector, kana, len(forms.letters))]
            if len(ranked) > 1 and letter in ranked:
                places.append(ranked.index(letter))
    if not places:
        raise DataError("No letter was drawn that a font has too: give the folder that holds the fonts with --data.")
    found = np.array(places)
    return {"n": len(found), "top1": float((found < 1).mean()), "top3": float((found < 3).mean())}


def make_and_measure(recognizer: Recognizer, data: DataFolder, views: int = 3) -> HistoricalForms:
    """The prototypes for `recognizer`, with figures of what they tell without the drawings that are measured. Raises `DataError`."""
    table, parts = letters(data), sources(recognizer, data, views)
    kana = {each.letter: each.kana for each in table}
    sketches = next(part for part in parts if part.name == _SKETCHES)
    others = [part for part in parts if part is not sketches]
    apart = [part for part in others if not part.name.startswith(_SKETCHED_FONT)]
    without, far = make(table, others, recognizer.fingerprint), make(table, apart, recognizer.fingerprint)
    modern = kuzushiji.modern_kana(data, recognizer.alphabet, TEST_PAGES)
    characters = [recognizer.alphabet[index].character for index in modern.labels]
    plain = [n for n, character in enumerate(characters) if character in kana]
    hands = recognizer.features(modern.inks[plain])
    metrics = {
        "pencil drawings": rank(without, sketches.features[0], sketches.letters, kana),
        "pencil drawings, without their own font": rank(far, sketches.features[0], sketches.letters, kana),
        "today's letters, modern hands": rank(without, hands, [characters[n] for n in plain], kana),
    }
    return replace(make(table, parts, recognizer.fingerprint), metrics=metrics)
