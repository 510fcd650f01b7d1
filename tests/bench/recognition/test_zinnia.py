"""zinnia's notation, and what it prints, as the Debian package of version 0.06 does."""

from __future__ import annotations

import subprocess

import pytest

from bench.recognition import zinnia

PRINTED = "Answer: \n一 0.898288\n七 -0.379466\n\nAnswer: \n\nAnswer: \n二 1.2\n\n"


def test_answers_keep_the_places_of_their_drawings(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def run(*_: object, **options: str) -> subprocess.CompletedProcess[str]:
        asked.append(options["input"])
        return subprocess.CompletedProcess([], 0, PRINTED, "")

    monkeypatch.setattr(subprocess, "run", run)
    line = [[[100.0, 500.0], [900.4, 500.0]]]
    figures = zinnia.measure([line, line, line], ["七", "一", "二"])
    assert figures == {"n": 3, "top1": pytest.approx(1 / 3), "top5": pytest.approx(2 / 3)}
    assert asked[0].splitlines()[0] == "(character (width 1000)(height 1000)(strokes ((100 500)(900 500))))"
