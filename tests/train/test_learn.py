"""What the Learn tab shows, made from a gallery and forms that are made up."""

from __future__ import annotations

from pathlib import Path

import pytest

from kmnist_model.characters.historical_forms import Form
from train.data.data_folder import data_folder as open_folder
from train.errors import DataError
from train.learn import clear, stroke_paths
from train.old_line import COUNT, cut_out


def _forms(*parts: tuple[str, str, float]) -> list[Form]:
    return [Form(*part) for part in parts]


def test_a_letter_is_clear_if_no_letter_of_another_parent_is_as_near() -> None:
    assert clear(_forms(("a", "者", 0.9), ("b", "者", 0.88), ("は", "波", 0.5))) == ("a", 0.9)
    assert clear(_forms(("a", "者", 0.9), ("は", "波", 0.85)))[0] == ""
    assert clear(_forms(("a", "者", 0.4), ("は", "波", 0.0)))[0] == ""
    assert clear(_forms(("a", "者", 0.6)))[0] == "a"


def test_strokes_are_paths_in_writing_order() -> None:
    assert [len(stroke_paths(kana)) for kana in "つはお"] == [1, 3, 3]
    assert all(path.startswith("M") for path in stroke_paths("は"))
    with pytest.raises(KeyError, match="KanjiVG"):
        stroke_paths("\U0001b0a5")


@pytest.mark.data
def test_the_line_is_cut_out_with_its_boxes(data_folder: Path, tmp_path: Path) -> None:
    line = cut_out(open_folder(str(data_folder), False), tmp_path / "line.webp")
    assert line["text"] == "門部をわけ追々嘘をつきなら"
    assert len(line["boxes"]) == COUNT
    assert 0 < (tmp_path / "line.webp").stat().st_size <= 60_000


def test_a_folder_without_the_scan_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"coordinates\.csv"):
        cut_out(open_folder(str(tmp_path), False), tmp_path / "line.webp")
