"""The tables hold the rows that have been measured, and no others."""

from __future__ import annotations

import copy
import json

from bench.report.documents import FILE, contents
from bench.report.table import HEAD, headlines, lines
from bench.sections import SECTIONS

BENCH = json.loads(FILE.read_text("utf-8"))


def test_a_row_that_figures_of_an_earlier_version_lack_is_left_out() -> None:
    bench = copy.deepcopy(BENCH)
    before = lines(bench, ["page"])
    bench["page"]["figures"].pop("kanji_ms", None)
    shorter = lines(bench, ["page"])
    assert [row for row in before if "kanji" not in row] == shorter
    assert len(shorter) == len(HEAD) + len(SECTIONS["page"].rows) - 2
    assert "kanji's 12 strokes" not in "".join(contents(bench).values())


def test_the_kanjis_rows_have_targets_once_they_are_measured() -> None:
    bench = {"page": {"figures": {key: {"p50": 65.0, "p95": 121.0, "n": 60} for key in ("ours_ms", "kanji_ms", "stock_ms")}}}
    kanji = [row for row in lines(bench, ["page"]) if "kanji" in row]
    assert [row.split(" | ")[1:] for row in kanji] == [
        ["≤ 70.00 ms", "65.00 ms", "60", "met |"],
        ["≤ 120 ms", "121 ms", "60", "**missed** |"],
    ]
    assert headlines(bench)[-1].startswith("3 of 4 targets are missed")
