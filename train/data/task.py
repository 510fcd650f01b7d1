"""What one fit learns from and is judged by: a dataset's split, and what is mixed in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from train.data import folders, sources
from train.data.data_folder import DataFolder
from train.data.splits import Examples, Split, join, open_split
from train.recipe import Recipe


@dataclass(frozen=True)
class Task:
    """A `split` with the mix joined in, and `outliers` to learn from; `kinds` of characters and `other_kinds` of outliers to validate on; the names of what was `added`."""

    split: Split
    outliers: Examples | None
    kinds: dict[str, Examples]
    other_kinds: dict[str, Examples] = field(default_factory=dict)
    added: list[str] = field(default_factory=list)


def open_dataset(dataset: str, protocol: str | None, data: DataFolder) -> Split:
    """The split of a dataset by its name, or of `folder:PATH`; raises `DataError`."""
    return folders.open_folder(dataset) if folders.is_folder(dataset) else open_split(dataset, protocol, data)


def prepare(split: Split, data: DataFolder, recipe: Recipe, extra: Sequence[str] = ()) -> Task:
    """The task of learning `split`: with the other sources in `data` where the recipe mixes them in, and with the `extra` ones, each as `folder:PATH`."""
    kinds, other_kinds, added = {split.alphabet.name: split.validation}, {}, []
    characters, outliers = [split.train], []
    if recipe.mix:
        mix = sources.training_mix(data, split.alphabet, recipe.seed)
        characters.append(mix.characters)
        outliers.append(mix.outliers)
        more, other_kinds = sources.validation_kinds(data, split.alphabet)
        kinds |= more
        added += sources.describe(data)
    for dataset in extra:
        own = sources.part(folders.extra(dataset, split.alphabet), len(split.alphabet))
        characters.append(own.characters)
        outliers.append(own.outliers)
        added.append(f"{len(own.characters):,} characters and {len(own.outliers):,} others of one's own")
    split = replace(split, train=join(*characters), validation=join(*kinds.values()))
    return Task(split, join(*outliers) if outliers else None, kinds, other_kinds, added)
