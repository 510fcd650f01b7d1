from __future__ import annotations

from pathlib import Path

import pytest

from kmnist_model.files import atomic_path


def test_a_file_appears_whole(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file.txt"
    with atomic_path(path) as part:
        part.write_text("one", "utf-8")
        assert not path.exists()
    assert path.read_text("utf-8") == "one"
    assert [each.name for each in path.parent.iterdir()] == ["file.txt"]


def test_a_failure_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    path.write_text("before", "utf-8")

    def write_half() -> None:
        with atomic_path(path) as part:
            part.write_text("half", "utf-8")
            raise OSError("no space left on device")

    with pytest.raises(OSError, match="no space"):
        write_half()
    assert path.read_text("utf-8") == "before"
    assert [each.name for each in tmp_path.iterdir()] == ["file.txt"]
