"""Drawings that no fit has seen, as by a mouse or a finger: the ten characters, and what is none of them."""

from __future__ import annotations

import numpy as np

from kmnist_model.alphabet import KMNIST
from train.data.drawing import strokes
from train.data.splits import Examples

SEED = 20261127


def by_mouse(each: int) -> Examples:
    """Each of the ten characters drawn `each` times."""
    rng = np.random.default_rng(SEED)
    inks = [strokes.to_ink(strokes.by_mouse(strokes.load(entry.character), rng)) for entry in KMNIST for _ in range(each)]
    return Examples(np.stack(inks), np.repeat(np.arange(len(KMNIST)), each))


def drawn(characters: str, count: int) -> Examples:
    """`count` drawings of `characters`; they are outliers."""
    rng = np.random.default_rng(SEED)
    inks = [strokes.to_ink(strokes.by_mouse(strokes.load(str(rng.choice(list(characters)))), rng)) for _ in range(count)]
    return Examples(np.stack(inks), np.full(count, len(KMNIST)))
