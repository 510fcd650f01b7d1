"""The task of one fit: a split of a dataset, with the sources that are mixed in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from train.data import extras, folders, kuzushiji, sources
from train.data.data_folder import DataFolder
from train.data.splits import Examples, Split, join, open_split
from train.recipe import Recipe


@dataclass(frozen=True)
class Task:
    """What a fit of `dataset` learns from and is validated on.

    `split` has the mix joined in, `outliers` are examples of no character; `kinds` of characters and `other_kinds` of outliers are for
    validation, by name; `added` describes the sources beside the dataset.
    """

    dataset: str
    data: DataFolder
    split: Split
    outliers: Examples | None
    kinds: dict[str, Examples]
    other_kinds: dict[str, Examples] = field(default_factory=dict)
    added: list[str] = field(default_factory=list)


def open_dataset(dataset: str, protocol: str | None, data: DataFolder) -> Split:
    """The split of a dataset by its name, or of `folder:PATH`; raises `DataError`."""
    if folders.is_folder(dataset):
        return folders.open_folder(dataset)
    if dataset == kuzushiji.NAME:
        return kuzushiji.open_wide(protocol, data)
    return open_split(dataset, protocol, data)


def open_task(dataset: str, protocol: str | None, data: DataFolder, recipe: Recipe, extra: Sequence[str] = ()) -> Task:
    """The task of learning a dataset, by its name or as `folder:PATH`; raises `DataError`."""
    return prepare(open_dataset(dataset, protocol, data), data, recipe, extra, dataset)


def prepare(split: Split, data: DataFolder, recipe: Recipe, extra: Sequence[str] = (), dataset: str | None = None) -> Task:
    """The task of learning `split`, with the added sources of the recipe.

    With `recipe.mix` those in `data` are mixed in, and always the `extra` ones, each `folder:PATH` or k49. `dataset` is the name for the run
    record, by default that of the split's alphabet.
    """
    kinds: dict[str, Examples] = {split.alphabet.name: split.validation}
    other_kinds: dict[str, Examples] = {}
    added: list[str] = []
    characters, outliers = [split.train], []
    if recipe.mix:
        mix = sources.training_mix(data, split.alphabet, recipe.seed, recipe.without)
        characters.append(mix.characters)
        outliers.append(mix.outliers)
        more, other_kinds = sources.validation_kinds(data, split.alphabet)
        kinds |= more
        added += sources.describe(data, recipe.without)
    if split.alphabet.name == kuzushiji.NAME:
        added += kuzushiji.describe(split.name, data)
    more_examples = [extras.open_extra(name, split.alphabet, data, split.size) for name in extra]
    added += [extras.describe(name, examples, split.alphabet) for name, examples in zip(extra, more_examples, strict=True)]
    if split.weights is not None:
        return Task(split.alphabet.name, data, extras.weighted_in(split, more_examples), None, kinds, other_kinds, added)
    for examples in more_examples:
        own = sources.part(examples, len(split.alphabet))
        characters.append(own.characters)
        outliers.append(own.outliers)
    split = replace(split, train=join(*characters), validation=join(*kinds.values()))
    return Task(dataset or split.alphabet.name, data, split, join(*outliers) if outliers else None, kinds, other_kinds, added)
