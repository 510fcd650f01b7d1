"""The record of a fit is written, and rejected where it is damaged."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from train import __main__

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        ("no log", "holds no fit.json of a finished fit"),
        ("no json", "holds no fit.json of a finished fit"),
        ("no weights", "holds no weights files"),
    ],
)
def test_what_is_no_finished_fit_is_rejected(
    small_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], damage: str, sentence: str
) -> None:
    run = tmp_path / "run"
    shutil.copytree(small_run, run)
    if damage == "no json":
        (run / "fit.json").write_text("[1, 2")
    else:
        (run / ("fit.json" if damage == "no log" else "kmnist.safetensors")).unlink()
    assert __main__.main(["report", str(run)]) == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert said.count("\n") == 1


def test_the_record_says_what_was_trained_and_where(small_run: Path) -> None:
    log = json.loads((small_run / "fit.json").read_text())
    assert (log["dataset"], log["protocol"], log["processes"]) == ("kmnist", "t10k", 1)
    assert log["parameters"] > 1000
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", log["date"])
    assert "cores" in log["machine"]
