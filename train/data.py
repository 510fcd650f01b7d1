"""Open the datasets in their official formats, and split them."""

from __future__ import annotations

import gzip
import math
import os
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kmnist_model.alphabet import KMNIST, Alphabet
from train.download import DataError, fetch, verify

# Official files and their MD5s (github.com/rois-codh/kmnist, the release of 5 February 2019).
KMNIST_FILES = {
    "train-images-idx3-ubyte.gz": "bdb82020997e1d708af4cf47b453dcf7",
    "train-labels-idx1-ubyte.gz": "e144d726b3acfaa3e44228e80efcd344",
    "t10k-images-idx3-ubyte.gz": "5c965bf0a639b31b8f53240b1b52f4d7",
    "t10k-labels-idx1-ubyte.gz": "7320c461ea6c1c855c0b718fb2a4b134",
}
KMNIST_HOSTS = (
    "http://codh.rois.ac.jp/kmnist/dataset/kmnist/",
    "https://huggingface.co/datasets/tanganke/kmnist/resolve/main/raw/",
)
CITATION = (
    '"KMNIST Dataset" (created by CODH), adapted from "Kuzushiji Dataset" (created by NIJL and others), doi:10.20676/00000341, CC BY-SA 4.0'
)
DEFAULT_FOLDER = Path("data")

Inks = NDArray[np.uint8]  # (N, 28, 28), white ink
Labels = NDArray[np.int64]  # (N,)


@dataclass(frozen=True)
class Examples:
    """Inks (N, 28, 28) uint8 and their class indices (N,) int64."""

    inks: Inks
    labels: Labels

    def __post_init__(self) -> None:
        if self.inks.ndim != 3 or len(self.inks) != len(self.labels):
            raise DataError(f"{len(self.inks)} images do not go with {len(self.labels)} labels: get the dataset again.")

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, which: NDArray[np.integer] | NDArray[np.bool_] | slice) -> Examples:
        """The examples at `which`, an index array, a mask or a slice."""
        return Examples(self.inks[which], self.labels[which])


def join(*parts: Examples) -> Examples:
    """All the parts' examples, one after the other."""
    return Examples(np.concatenate([part.inks for part in parts]), np.concatenate([part.labels for part in parts]))


@dataclass(frozen=True)
class Split:
    """A dataset by use: `train` to learn from, `validation` for choices and calibration, `held_out` touched once, at the end."""

    name: str
    alphabet: Alphabet
    train: Examples
    validation: Examples
    held_out: Examples


def data_folder(given: str | Path | None = None) -> Path:
    """The folder of the datasets: `given`, else `KMNIST_DATA`, else `data/`, to which official files are downloaded."""
    folder = Path(given or os.environ.get("KMNIST_DATA") or DEFAULT_FOLDER)
    if given and not folder.is_dir():
        raise DataError(f"{folder} is not a folder: give one with --data.")
    return folder


def read_idx(path: Path) -> NDArray[np.uint8]:
    """Read an idx file of unsigned bytes, gzipped or not (the MNIST format, yann.lecun.com/exdb/mnist); raises `DataError` on anything else."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            content = file.read()
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path.name} cannot be read ({error}): get it again.") from None
    dimensions = content[3] if len(content) >= 4 and content[:3] == b"\0\0\x08" else 0
    header = 4 + 4 * dimensions
    if not dimensions or len(content) < header:
        raise DataError(f"{path.name} is not an idx file of bytes: get the official one.")
    shape = tuple(int(side) for side in np.frombuffer(content, ">u4", dimensions, 4))
    values = np.frombuffer(content, np.uint8, offset=header)
    if dimensions > 4 or values.size != math.prod(shape):
        raise DataError(f"{path.name} is cut off: {values.size} of {shape} bytes; get it again.")
    return values.reshape(shape)


def _kmnist_part(folder: Path, part: str, official: bool = True) -> Examples:
    arrays = []
    for name in (f"{part}-images-idx3-ubyte.gz", f"{part}-labels-idx1-ubyte.gz"):
        path = folder / "kmnist" / name
        if not path.exists():
            fetch([host + name for host in KMNIST_HOSTS], path, KMNIST_FILES[name])
        elif official:
            verify(path, KMNIST_FILES[name])
        arrays.append(read_idx(path))
    images, labels = arrays
    if images.shape[1:] != (28, 28) or labels.ndim != 1 or labels.max(initial=0) >= len(KMNIST):
        raise DataError(f"The {part} files are not KMNIST's: get the official ones.")
    return Examples(images, labels.astype(np.int64))


def kmnist_official(folder: Path, official: bool = True) -> Split:
    """The official 60,000 / 10,000; the last 2,500 of the training images, in a seeded order, for calibration and choices."""
    train = _kmnist_part(folder, "train", official)
    order = np.random.default_rng(0).permutation(len(train))
    kept = len(train) - len(train) // 24
    held_out = _kmnist_part(folder, "t10k", official)
    return Split("official", KMNIST, train.take(order[:kept]), train.take(order[kept:]), held_out)


def kmnist_t10k(folder: Path, official: bool = True) -> Split:
    """The 10,000 official test images alone, permuted with seed 0: 7,500 to learn from, 500 for calibration and choices, the last 2,000 held out."""
    images = _kmnist_part(folder, "t10k", official)
    order = np.random.default_rng(0).permutation(len(images))
    train, validation = round(len(images) * 0.75), round(len(images) * 0.8)
    parts = np.split(order, [train, validation])
    return Split("t10k", KMNIST, *(images.take(part) for part in parts))


def kmnist_choices(folder: Path, official: bool = True) -> Split:
    """The 8,000 training images of `t10k` alone, for comparing recipes on more than 500: 6,000 to learn from, 2,000 for validation, none held out."""
    whole = kmnist_t10k(folder, official)
    images = join(whole.train, whole.validation)
    kept = round(len(images) * 0.75)
    return Split("choices", KMNIST, images.take(slice(kept)), images.take(slice(kept, None)), images.take(slice(0)))


def kkanji(folder: Path, official: bool = True) -> Split:  # noqa: ARG001 (this file is made from the official one; it has no MD5)
    """All of Kuzushiji-Kanji at 28x28, for pretraining: every 50th image of a class for validation, none held out."""
    path = folder / "kkanji" / "kkanji-28x28.npz"
    arrays = read_npz(path, "images", "labels", "codepoints")
    labels = arrays["labels"].astype(np.int64)
    starts = np.searchsorted(labels, np.arange(len(arrays["codepoints"])))
    rank = np.arange(len(labels)) - starts[labels]  # the place of an image within its class: the classes stand in order
    alphabet = Alphabet.from_rows("kkanji", [(chr(code), "", "") for code in arrays["codepoints"]])
    examples, validation = Examples(arrays["images"], labels), rank % 50 == 49
    nothing = examples.take(slice(0))
    return Split("kkanji", alphabet, examples.take(~validation), examples.take(validation), nothing)


PROTOCOLS = {"t10k": kmnist_t10k, "official": kmnist_official, "choices": kmnist_choices, "kkanji": kkanji}


def read_npz(path: Path, *names: str) -> dict[str, NDArray]:
    """The arrays `names` of a NumPy .npz file; no pickled object is ever read. Raises `DataError` where the file or an array is missing or damaged."""
    if not path.exists():
        raise DataError(f"{path} is missing: give the folder that holds it with --data or KMNIST_DATA.")
    try:
        with zipfile.ZipFile(path), np.load(path, allow_pickle=False) as arrays:  # np.load would take other formats too
            return {name: arrays[name] for name in names}
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(f"{path.name} cannot be read ({error}): get it again.") from None
