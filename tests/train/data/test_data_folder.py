"""The folder of the datasets: given, from the environment, or the default."""

from __future__ import annotations

from pathlib import Path

import pytest

from train.data.data_folder import DataFolder, data_folder
from train.errors import DataError


def test_the_folder_is_the_given_one_else_the_environments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KMNIST_DATA", "/elsewhere")
    assert data_folder(tmp_path) == DataFolder(tmp_path)
    assert data_folder(verify=False) == DataFolder(Path("/elsewhere"), verify=False)
    monkeypatch.delenv("KMNIST_DATA")
    assert data_folder() == DataFolder(Path("data"))
    with pytest.raises(DataError, match=r"is not a folder: give one with --data\.$"):
        data_folder(tmp_path / "missing")
