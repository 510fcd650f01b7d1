"""Where the datasets of the benchmark are: in the folder that KMNIST_DATA names, or, for a smoke run, small ones made for it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import small_data
from bench.section import CannotMeasureError
from train.data.data_folder import DataFolder


def dataset_folder() -> Path:
    """The folder that KMNIST_DATA names; raises `CannotMeasureError` if it is not set."""
    if not os.environ.get("KMNIST_DATA"):
        raise CannotMeasureError("the datasets are missing: set KMNIST_DATA to the folder that holds kmnist/ and hiragana/.")
    return Path(os.environ["KMNIST_DATA"])


@contextmanager
def datasets(smoke: bool) -> Iterator[DataFolder]:
    """The datasets; with `smoke` small ones, which are deleted at the end. Raises `CannotMeasureError`."""
    if not smoke:
        yield DataFolder(dataset_folder())
        return
    with tempfile.TemporaryDirectory() as folder:
        small_data.write(Path(folder))
        yield DataFolder(Path(folder), verify=False)
