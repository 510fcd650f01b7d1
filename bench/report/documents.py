"""Write the tables of docs/benchmarks.md, docs/archives.md, README.md, docs/trust.md and train/RECIPE.md from assets/bench.json.

Run it as `python -m bench.report.documents`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bench.report.stamp import ROOT
from bench.report.table import headlines, lines, markdown
from bench.training.ablation import table

FILE = ROOT / "assets" / "bench.json"
BENCHMARKS = ROOT / "docs" / "benchmarks.md"
ARCHIVES = ROOT / "docs" / "archives.md"
README, TRUST, RECIPE = ROOT / "README.md", ROOT / "docs" / "trust.md", ROOT / "train" / "RECIPE.md"
BEGIN, END = "<!-- figures -->", "<!-- /figures -->"


def read() -> dict[str, Any]:
    """The figures that have been measured so far, by section."""
    bench: dict[str, Any] = json.loads(FILE.read_text("utf-8")) if FILE.exists() else {}
    return bench


def with_table(text: str, rows: list[str]) -> str:
    """`text` with the table between its two marks replaced by `rows`."""
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    return "\n".join([before + BEGIN, "", *rows, "", END + after])


def contents(bench: dict[str, Any]) -> dict[Path, str]:
    """What each document must contain, by its path."""
    tables = {
        README: headlines(bench),
        TRUST: lines(bench, ["load"]),
        ARCHIVES: lines(bench, ["archive"]),
        RECIPE: table(bench.get("recipe", {}).get("figures", {})),
    }
    return {BENCHMARKS: markdown(bench)} | {path: with_table(path.read_text("utf-8"), rows) for path, rows in tables.items()}


def update(bench: dict[str, Any]) -> None:
    """Write the figures of `bench` into all documents."""
    for path, text in contents(bench).items():
        path.write_text(text, "utf-8")


if __name__ == "__main__":
    update(read())
