"""Open a dataset and split it into training, validation and test images."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from kmnist_model.alphabet import KMNIST, KUZUSHIJI49, Alphabet, of_codepoints
from kmnist_model.errors import PictureError
from kmnist_model.files import atomic_path
from train.data import catalogue
from train.data.catalogue import KMNIST_NPZ, Dataset
from train.data.data_folder import DataFolder
from train.data.data_folder import data_folder as data_folder  # also imported from here by bench
from train.data.file_formats import read_idx, read_npz, read_tar
from train.data.pictures import LeftOut, read_ink
from train.errors import DataError

KANJI_CACHE = "kkanji-28x28.npz"

Inks = NDArray[np.uint8]  # (N, size, size), white ink
Labels = NDArray[np.int64]  # (N,)


@dataclass(frozen=True)
class Examples:
    """Inks (N, size, size) uint8 and their class indices (N,) int64."""

    inks: Inks
    labels: Labels

    def __post_init__(self) -> None:
        if self.inks.ndim != 3 or len(self.inks) != len(self.labels):
            raise DataError(f"{len(self.inks)} images do not match {len(self.labels)} labels: get the dataset again.")

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, which: NDArray[np.integer] | NDArray[np.bool_] | slice) -> Examples:
        """The examples selected by `which`: an index array, a mask or a slice."""
        return Examples(self.inks[which], self.labels[which])


def join(*parts: Examples) -> Examples:
    """All the parts' examples, one after the other."""
    return Examples(np.concatenate([part.inks for part in parts]), np.concatenate([part.labels for part in parts]))


@dataclass(frozen=True)
class Split:
    """A dataset in three parts.

    `validation` is for model selection and calibration, `test` only for the final evaluation. With `weights`, the chance of each training
    example, an epoch is drawn by them; otherwise it has each example once.
    """

    name: str
    alphabet: Alphabet
    train: Examples
    validation: Examples
    test: Examples
    source: str = catalogue.CITATION
    weights: NDArray[np.float64] | None = None

    @property
    def size(self) -> int:
        """The side of the ink images, in px."""
        return self.train.inks.shape[1]


def _images(data: DataFolder, part: str) -> Examples:
    """A part of KMNIST ("train" or "t10k"), from its idx files, or the NumPy files if only those exist."""
    dataset = catalogue.find("kmnist")
    names = [file.name for file in dataset.files if file.name.startswith(part)]
    numpy_files = [file for file in KMNIST_NPZ if f"-{'test' if part == 't10k' else part}-" in file.name]
    here = dataset.folder(data)
    if all((here / file.name).exists() for file in numpy_files) and not any((here / name).exists() for name in names):
        images, labels = (read_npz(catalogue.have(dataset, file, data), "arr_0")["arr_0"] for file in numpy_files)
    else:
        images, labels = (read_idx(catalogue.have(dataset, dataset.file(name), data)) for name in names)
    return _checked(images, labels, KMNIST, f"The {part} files are not KMNIST's")


def _checked(images: NDArray, labels: NDArray, alphabet: Alphabet, otherwise: str) -> Examples:
    if images.dtype != np.uint8 or images.shape[1:] != (28, 28) or labels.ndim != 1 or labels.max(initial=0) >= len(alphabet):
        raise DataError(f"{otherwise}: get the official ones.")
    return Examples(images, labels.astype(np.int64))


def kmnist_official(data: DataFolder) -> Split:
    """The official 60,000 / 10,000.

    The last 2,500 of the training images, in a seeded order, are for validation.
    """
    train, validation = _set_aside(_images(data, "train"))
    return Split("official", KMNIST, train, validation, _images(data, "t10k"))


def _set_aside(examples: Examples) -> tuple[Examples, Examples]:
    """The examples without one in 24 of them, and those, in a seeded order."""
    order = np.random.default_rng(0).permutation(len(examples))
    kept = len(examples) - len(examples) // 24
    return examples.take(order[:kept]), examples.take(order[kept:])


def kmnist_t10k(data: DataFolder) -> Split:
    """The 10,000 official test images alone, permuted with seed 0.

    The first 7,500 are for training, 500 for validation, the last 2,000 for the test.
    """
    images = _images(data, "t10k")
    order = np.random.default_rng(0).permutation(len(images))
    train, validation = round(len(images) * 0.75), round(len(images) * 0.8)
    parts = np.split(order, [train, validation])
    return Split("t10k", KMNIST, *_take(images, parts))


def _take(examples: Examples, parts: Sequence[Labels]) -> tuple[Examples, Examples, Examples]:
    """The examples at the indices for training, validation and test."""
    train, validation, test = (examples.take(part) for part in parts)
    return train, validation, test


def kmnist_ablation(data: DataFolder) -> Split:
    """The 8,000 training and validation images of `t10k`, for comparing recipes.

    6,000 are for training, 2,000 for validation, none for the test.
    """
    whole = kmnist_t10k(data)
    images = join(whole.train, whole.validation)
    kept = round(len(images) * 0.75)
    return Split("ablation", KMNIST, images.take(slice(kept)), images.take(slice(kept, None)), images.take(slice(0)))


def k49_official(data: DataFolder) -> Split:
    """Kuzushiji-49's own training and test images.

    One in 24 of the training images, in a seeded order, is for validation.
    """
    dataset = catalogue.find("k49")
    arrays = [read_npz(catalogue.have(dataset, file, data), "arr_0")["arr_0"] for file in dataset.files]
    train, test = (_checked(arrays[at], arrays[at + 1], KUZUSHIJI49, "The files are not Kuzushiji-49's") for at in (0, 2))
    train, validation = _set_aside(train)
    return Split("official", KUZUSHIJI49, train, validation, test)


def _kanji(data: DataFolder) -> tuple[Alphabet, Examples]:
    """All of Kuzushiji-Kanji at 28x28, from its cache or, if that is missing, from the official tar."""
    dataset = catalogue.find("kkanji")
    cache = dataset.folder(data) / KANJI_CACHE
    if cache.exists():
        arrays = read_npz(cache, "images", "labels", "codepoints")
    else:
        arrays = _cached(cache, catalogue.have(dataset, dataset.files[0], data), dataset)
    alphabet = of_codepoints("kkanji", arrays["codepoints"])
    return alphabet, _checked(arrays["images"], arrays["labels"], alphabet, f"{KANJI_CACHE} is not of Kuzushiji-Kanji")


def _cached(cache: Path, tar: Path, dataset: Dataset) -> dict[str, NDArray]:
    """Read the tar in one pass and keep its arrays in `cache`.

    Each picture is preprocessed by `read_ink`; classes are in the order of their code points. Damaged pictures are named on stderr and left
    out, and then nothing is kept: the cache would hide them once the tar is replaced.
    """
    codes, inks, left_out = [], [], LeftOut()
    for code, name, content in tqdm(read_tar(tar), desc=dataset.title, unit=" images", disable=not sys.stderr.isatty()):
        try:
            inks.append(read_ink(content))
            codes.append(code)
        except PictureError as error:
            left_out.add(f"{name} in {tar.name}", error)
    left_out.report()
    if not inks:
        raise DataError(f"{tar.name} holds no U+XXXX/*.png that can be read: get the official one.")
    codepoints, labels = np.unique(np.array(codes, np.uint32), return_inverse=True)
    order = np.argsort(labels, kind="stable")
    arrays: dict[str, NDArray] = {
        "images": np.stack(inks)[order],
        "labels": labels[order].astype(np.uint16),
        "codepoints": codepoints,
    }
    if left_out.lines:
        print(f"{cache.name} is not written, and the next run reads {tar.name} again: get a whole one.", file=sys.stderr)
        return arrays
    try:
        with atomic_path(cache) as part, part.open("wb") as file:
            np.savez_compressed(file, images=arrays["images"], labels=arrays["labels"], codepoints=arrays["codepoints"])
    except OSError as error:  # a folder without write permission: the next run reads the tar again
        print(f"{cache} cannot be written ({error.strerror or error}); the tar will be read again next time.", file=sys.stderr)
    return arrays


def kkanji_by_class(data: DataFolder) -> Split:
    """Kuzushiji-Kanji split within each class by `split_by_class`; it has no official split."""
    alphabet, images = _kanji(data)
    return Split("by-class", alphabet, *_take(images, split_by_class(images.labels, 10, 50)))


def kkanji_whole(data: DataFolder) -> Split:
    """All of Kuzushiji-Kanji, for pretraining: every 50th image of a class for validation, no test images."""
    alphabet, images = _kanji(data)
    starts = np.searchsorted(images.labels, np.arange(len(alphabet)))
    rank = np.arange(len(images)) - starts[images.labels]  # the position of an image within its class; classes are in order
    validation = rank % 50 == 49
    return Split("whole", alphabet, images.take(~validation), images.take(validation), images.take(slice(0)))


def split_by_class(labels: Labels, test: int, validation: int, seed: int = 0) -> tuple[Labels, Labels, Labels]:
    """The indices for training, validation and test, each in the order of the classes.

    Within each class, in an order seeded by `seed` and the class: one in `test` images is for the test, at least one if the class has
    two or more; one in `validation` images is for validation; the rest, and a class with a single image, is for training.
    """
    parts: tuple[list[Labels], ...] = ([], [], [])
    order = np.argsort(labels, kind="stable")
    for index, places in enumerate(np.split(order, np.searchsorted(labels[order], np.arange(1, labels.max(initial=-1) + 1)))):
        places = np.random.default_rng([seed, index]).permutation(places)
        count = len(places)
        tested = 0 if count < 2 else max(1, count // test)
        validated = tested + min(count // validation, max(count - tested - 1, 0))
        for part, chosen in zip(parts, (places[validated:], places[tested:validated], places[:tested]), strict=True):
            part.append(chosen)
    train_places, validation_places, test_places = (np.concatenate(part) for part in parts)
    return train_places, validation_places, test_places


PROTOCOLS: dict[str, dict[str, Callable[[DataFolder], Split]]] = {
    "kmnist": {"t10k": kmnist_t10k, "official": kmnist_official, "ablation": kmnist_ablation},
    "k49": {"official": k49_official},
    "kkanji": {"by-class": kkanji_by_class, "whole": kkanji_whole},
}

_FORMER_NAMES = {"choices": "ablation"}  # in the records of earlier runs


def open_split(dataset: str, protocol: str | None, data: DataFolder) -> Split:
    """The split of the `dataset` of that name by `protocol`, by default its first one. Raises `DataError`."""
    protocols = PROTOCOLS[catalogue.find(dataset).name]
    protocol = _FORMER_NAMES.get(protocol or "", protocol)
    if protocol is not None and protocol not in protocols:
        raise DataError(f"{dataset} has no protocol {protocol!r}: choose one of {', '.join(protocols)}.")
    return protocols[protocol or next(iter(protocols))](data)
