"""The folder that holds the datasets, and whether its files must be the official ones."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from train.errors import DataError

DEFAULT_PATH = Path("data")


@dataclass(frozen=True)
class DataFolder:
    """The folder `path` of all datasets.

    With `verify`, files that do not have their published MD5 are rejected.
    """

    path: Path
    verify: bool = True

    def has(self, name: str) -> bool:
        """Whether the folder of the dataset or source called `name` exists."""
        return (self.path / name).is_dir()


def data_folder(path: str | Path | None = None, verify: bool = True) -> DataFolder:
    """The data folder at `path`, else at `KMNIST_DATA`, else `data/`.

    Missing official files are downloaded to it. Raises `DataError` if `path` is given but is not a folder.
    """
    folder = Path(path or os.environ.get("KMNIST_DATA") or DEFAULT_PATH)
    if path and not folder.is_dir():
        raise DataError(f"{folder} is not a folder: give one with --data.")
    return DataFolder(folder, verify)
