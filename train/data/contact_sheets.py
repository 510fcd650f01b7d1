"""Contact sheets of a dataset: the first images of each class."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from kmnist_model.preprocess import SIZE
from train.data.splits import Examples, Split, join

_COLUMNS, _ROWS, _GAP, _SCALE = 16, 8, 2, 2


def contact_sheets(split: Split, folder: Path) -> list[Path]:
    """Save a PNG for each class into `folder`, named by code point and reading.

    A sheet has up to 128 images in the dataset's order, training images first, never test images.
    """
    folder.mkdir(parents=True, exist_ok=True)
    seen = join(split.train, split.validation)
    order = np.argsort(seen.labels, kind="stable")
    starts = np.searchsorted(seen.labels[order], np.arange(len(split.alphabet) + 1))
    paths = []
    for index, entry in enumerate(tqdm(split.alphabet, desc="sheets", disable=not sys.stderr.isatty())):
        mine = seen.take(order[starts[index] : starts[index + 1]][: _COLUMNS * _ROWS])
        path = folder / "-".join(filter(None, [entry.codepoint, entry.romaji]))
        paths.append(path.with_name(path.name + ".png"))
        _sheet(mine).save(paths[-1])
    return paths


def _sheet(examples: Examples) -> Image.Image:
    """Black ink on white, `_COLUMNS` images in a row."""
    rows = max(1, -(-len(examples) // _COLUMNS))
    pitch = SIZE + _GAP
    sheet = np.full((rows * pitch + _GAP, _COLUMNS * pitch + _GAP), 255, np.uint8)
    for place, ink in enumerate(examples.inks):
        top, left = _GAP + place // _COLUMNS * pitch, _GAP + place % _COLUMNS * pitch
        sheet[top : top + SIZE, left : left + SIZE] = 255 - ink
    image = Image.fromarray(sheet)
    return image.resize((image.width * _SCALE, image.height * _SCALE), Image.Resampling.NEAREST)
