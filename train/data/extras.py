"""What `--extra` adds to the training data: the user's own pictures, or Kuzushiji-49."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from kmnist_model.alphabet import Alphabet
from train.data import folders
from train.data.data_folder import DataFolder
from train.data.drawing.resizing import resized
from train.data.splits import Examples, Split, join, k49_official
from train.errors import DataError

K49 = "k49"
_SHARE = 0.15  # of the samples of a weighted dataset, for each extra


def open_extra(name: str, alphabet: Alphabet, data: DataFolder, size: int) -> Examples:
    """The training examples of `folder:PATH` or "k49", as inks of `size` px.

    Characters outside the alphabet have the label one past its last, "not a character". Raises `DataError`.
    """
    if folders.is_folder(name):
        examples = folders.extra(name, alphabet)
    elif name == K49:
        examples = _kuzushiji49(alphabet, data)
    else:
        raise DataError(f"There is nothing called {name!r} to add: give folder:PATH, or {K49}.")
    return Examples(resized(examples.inks, size), examples.labels)


def _kuzushiji49(alphabet: Alphabet, data: DataFolder) -> Examples:
    split = k49_official(data)
    place = {entry.character: index for index, entry in enumerate(alphabet)}
    labels = np.array([place.get(entry.character, len(alphabet)) for entry in split.alphabet])
    if outside := [entry.character for entry in split.alphabet if entry.character not in place]:
        print(
            f'Of Kuzushiji-49, {"".join(outside)} are learnt as "not a character": {alphabet.name} has no class for them.', file=sys.stderr
        )
    return Examples(split.train.inks, labels[split.train.labels])


def describe(name: str, examples: Examples, alphabet: Alphabet) -> str:
    """What an extra added, for the weights' metadata."""
    known = int((examples.labels < len(alphabet)).sum())
    whose = "Kuzushiji-49 (CODH, CC BY-SA 4.0)" if name == K49 else "the user's own"
    return f"{known:,} characters and {len(examples) - known:,} others of {whose}"


def weighted_in(split: Split, extras: list[Examples]) -> Split:
    """A weighted split with `extras`, each of which is 15 % of the samples, its classes by the square root of their sizes."""
    if not extras or split.weights is None:
        return split
    shares = [1 - _SHARE * len(extras)] + [_SHARE] * len(extras)
    chances = [split.weights, *(balanced(extra.labels, 0.5) for extra in extras)]
    weights = np.concatenate([chance * share for chance, share in zip(chances, shares, strict=True)])
    return replace(split, train=join(split.train, *extras), weights=weights)


def balanced(labels: NDArray[np.int64], power: float) -> NDArray[np.float64]:
    """The chance (N,) of each example, with the sum 1, so that a class of n is drawn in proportion to n to this `power`."""
    chances = np.bincount(labels)[labels].astype(float) ** (power - 1)
    return chances / chances.sum()
