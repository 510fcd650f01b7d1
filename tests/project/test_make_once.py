"""A folder that several workers need is made once, and again where making it has failed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.make_once import make_once


class Base:
    """Stands for `tmp_path_factory` in one worker: its own folder, beside those of the other workers."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self._folder = folder

    def getbasetemp(self) -> Path:
        return self._folder


def test_workers_share_what_the_first_has_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_XDIST_WORKER", "gw0")
    made: list[Path] = []

    def make(folder: Path) -> None:
        made.append(folder)
        (folder / "weights").write_text("one")

    folders = {make_once(Base(tmp_path / worker), "run", make) for worker in ("gw0", "gw1", "gw0")}  # type: ignore[arg-type]
    assert folders == {tmp_path / "run"}
    assert made == [tmp_path / "run"]


def test_without_workers_the_folder_is_inside_the_runs_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    assert make_once(Base(tmp_path / "one"), "run", lambda _: None) == tmp_path / "one" / "run"  # type: ignore[arg-type]


def test_what_failed_is_made_again_from_nothing(tmp_path: Path) -> None:
    base = Base(tmp_path / "gw0")

    def fail(folder: Path) -> None:
        (folder / "half").write_text("")
        raise AssertionError("no disk")

    for _ in range(2):
        with pytest.raises(AssertionError, match="no disk"):
            make_once(base, "run", fail)  # type: ignore[arg-type]
    folder = make_once(base, "run", lambda folder: (folder / "whole").touch())  # type: ignore[arg-type]
    assert [path.name for path in folder.iterdir()] == ["whole"]
