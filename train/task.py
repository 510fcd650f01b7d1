"""What one fit learns from and is judged by: a protocol's split, and what is mixed in."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from train import sources
from train.data import PROTOCOLS, Examples, Split, join
from train.recipe import Recipe


@dataclass(frozen=True)
class Task:
    """A `split` with the mix joined in, and `outliers` to learn from; `kinds` of characters and `other_kinds` of outliers to validate on; the names of what was `added`."""

    split: Split
    outliers: Examples | None
    kinds: dict[str, Examples]
    other_kinds: dict[str, Examples] = field(default_factory=dict)
    added: list[str] = field(default_factory=list)


def prepare(folder: Path, protocol: str, recipe: Recipe, official: bool = True) -> Task:
    """Open the protocol's dataset in `folder` and, where the recipe says so, mix in the other sources; `official=False` takes files of any MD5."""
    split = PROTOCOLS[protocol](folder, official)
    kinds = {split.alphabet.name: split.validation}
    if not recipe.mix:
        return Task(split, None, kinds)
    mix = sources.training_mix(folder, split.alphabet, recipe.seed)
    more, other_kinds = sources.validation_kinds(folder, split.alphabet)
    kinds |= more
    split = replace(split, train=join(split.train, mix.characters), validation=join(*kinds.values()))
    return Task(split, mix.outliers, kinds, other_kinds, sources.describe(folder))
