"""The command data show saves a sheet of images for each class."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.support import official_files
from train import __main__

KANJI = {"山": 12, "川": 6, "人": 2, "口": 1}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """k49/ and kkanji/kkanji.tar."""
    folder = tmp_path_factory.mktemp("others")
    official_files.write_k49(folder, 6)
    official_files.write_tar(folder / "kkanji" / "kkanji.tar", KANJI)
    return folder


@pytest.mark.parametrize("name", ["k49", "kkanji"])
def test_show_saves_a_sheet_for_each_class(folder: Path, tmp_path: Path, name: str) -> None:
    assert __main__.main(["data", "show", name, "--data", str(folder), "--no-verify", "--out", str(tmp_path)]) == 0
    sheets = sorted(path.name for path in tmp_path.iterdir())
    assert len(sheets) == (49 if name == "k49" else 4)
    assert ("U+3042-a.png" if name == "k49" else "U+5C71.png") in sheets
    with Image.open(tmp_path / sheets[0]) as sheet:
        assert np.asarray(sheet).min() < 50 < 250 < np.asarray(sheet).max(), "ink on paper"
