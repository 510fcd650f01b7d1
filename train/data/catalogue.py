"""The official datasets: their files, download addresses, MD5 sums, and citation."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from train.data.data_folder import DataFolder
from train.data.download import fetch, verify
from train.data.file_formats import read_idx, read_npz
from train.errors import DataError

CODH = "http://codh.rois.ac.jp/kmnist/dataset/"
CITATION = (
    '"KMNIST Dataset" (created by CODH), adapted from "Kuzushiji Dataset" (created by NIJL and others), doi:10.20676/00000341, CC BY-SA 4.0'
)
PAPER = "Clanuwat et al. 2018, Deep Learning for Classical Japanese Literature, arXiv:1812.01718"


@dataclass(frozen=True)
class File:
    """One official file: `name`, published `md5` if there is one, and `urls`, the official host first."""

    name: str
    md5: str | None
    urls: tuple[str, ...]


@dataclass(frozen=True)
class Dataset:
    """One dataset: its `files` are in the folder `name` of the data folder.

    `about` describes it in a sentence.
    """

    name: str
    title: str
    about: str
    classes: int
    files: tuple[File, ...]
    score: str  # the metric that its authors ask for

    def folder(self, data: DataFolder) -> Path:
        """The folder of its files."""
        return data.path / self.name

    def file(self, name: str) -> File:
        """The file of that name."""
        return next(file for file in self.files if file.name == name)


def _files(folder: str, sums: dict[str, str | None], *mirrors: str) -> tuple[File, ...]:
    return tuple(File(name, md5, tuple(host + name for host in (f"{CODH}{folder}/", *mirrors))) for name, md5 in sums.items())


KMNIST_IDX = _files(
    "kmnist",
    {
        "train-images-idx3-ubyte.gz": "bdb82020997e1d708af4cf47b453dcf7",
        "train-labels-idx1-ubyte.gz": "e144d726b3acfaa3e44228e80efcd344",
        "t10k-images-idx3-ubyte.gz": "5c965bf0a639b31b8f53240b1b52f4d7",
        "t10k-labels-idx1-ubyte.gz": "7320c461ea6c1c855c0b718fb2a4b134",
    },
    "https://huggingface.co/datasets/tanganke/kmnist/resolve/main/raw/",
)
KMNIST_NPZ = _files(
    "kmnist",
    {
        "kmnist-train-imgs.npz": "a183fbc01ed9a345513b145673d3d0bb",
        "kmnist-train-labels.npz": "b0e1d240e8afec72b50437fc3bc5908a",
        "kmnist-test-imgs.npz": "dace6de62ca8b90843cc45366337d02e",
        "kmnist-test-labels.npz": "3ae489a79983d0fe386152684e3b5412",
    },
)

DATASETS = {
    dataset.name: dataset
    for dataset in (
        Dataset("kmnist", "KMNIST", "60,000 and 10,000 images of 10 hiragana, 28x28, balanced", 10, KMNIST_IDX, "accuracy"),
        Dataset(
            "k49",
            "Kuzushiji-49",
            "232,365 and 38,547 images of 48 hiragana and ゝ, 28x28, imbalanced",
            49,
            _files(
                "k49",
                {
                    "k49-train-imgs.npz": "7ac088b20481cf51dcd01ceaab89d821",
                    "k49-train-labels.npz": "44a8e1b893f81e63ff38d73cad420f7a",
                    "k49-test-imgs.npz": "d352e201d846ce6b94f42c990966f374",
                    "k49-test-labels.npz": "4da6f7a62e67a832d5eb1bd85c5ee448",
                },
            ),
            "balanced accuracy",
        ),
        Dataset(
            "kkanji",
            "Kuzushiji-Kanji",
            "140,424 images of 3,832 kanji, 64x64, from 1 to 1,768 of each",
            3832,
            _files("kkanji", {"kkanji.tar": None}),  # its authors publish no sum
            "accuracy, top-5 accuracy, macro accuracy",
        ),
    )
}

# In the first release of KMNIST these images are black (github.com/rois-codh/kmnist, issue 1); fixed on 5 February 2019.
_BLACK = {"train": (13109, 13415, 13442, 23328, 24234), "t10k": (9677,), "test": (9677,)}


def find(name: str) -> Dataset:
    """The dataset called `name`; raises `DataError` for another name."""
    if name not in DATASETS:
        raise DataError(f"No dataset is called {name!r}: choose one of {', '.join(DATASETS)}.")
    return DATASETS[name]


def have(dataset: Dataset, file: File, data: DataFolder) -> Path:
    """The path of a dataset's file: downloaded if it is missing, its MD5 checked if `data.verify`.

    Raises `DataError`.
    """
    path = dataset.folder(data) / file.name
    if not path.exists():
        return fetch(file.urls, path, file.md5)
    if data.verify and file.md5:
        check(path, file.md5)
    return path


def check(path: Path, md5: str) -> None:
    """Raise `DataError` unless `path` has the official MD5, with a message of its own for KMNIST's first release."""
    try:
        verify(path, md5)
    except DataError:
        if is_first_release(path):
            raise DataError(
                f"{path.name} is of KMNIST's first release, in which images are damaged (some are black): delete it to have the "
                "release of 5 February 2019 downloaded."
            ) from None
        raise


def is_first_release(path: Path) -> bool:
    """Whether a file of KMNIST images holds the black ones of the release before 5 February 2019."""
    part = next((part for part in _BLACK if f"{part}-im" in path.name), None)
    if part is None:
        return False
    try:
        images = read_npz(path, "arr_0")["arr_0"] if path.suffix == ".npz" else read_idx(path)
    except DataError:  # neither release
        return False
    places = [place for place in _BLACK[part] if place < len(images)]
    return bool(places) and not np.asarray(images)[places].any()
