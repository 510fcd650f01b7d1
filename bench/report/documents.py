"""The tables of figures in README.md, docs/trust.md and train/RECIPE.md, copied from assets/bench.json."""

from __future__ import annotations

from typing import Any

from bench.report.stamp import ROOT
from bench.report.table import lines
from bench.training.ablation import table

README, TRUST, RECIPE = ROOT / "README.md", ROOT / "docs" / "trust.md", ROOT / "train" / "RECIPE.md"
BEGIN, END = "<!-- figures -->", "<!-- /figures -->"


def with_table(text: str, rows: list[str]) -> str:
    """`text` with the table between its two marks replaced by `rows`."""
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    return "\n".join([before + BEGIN, "", *rows, "", END + after])


def load_lines(bench: dict[str, Any]) -> list[str]:
    """The rows that say how the page bears load."""
    return lines({name: section for name, section in bench.items() if name == "load"})


def update(bench: dict[str, Any]) -> None:
    """Write the figures of `bench` into all three."""
    README.write_text(with_table(README.read_text(), lines(bench)))
    TRUST.write_text(with_table(TRUST.read_text(), load_lines(bench)))
    RECIPE.write_text(with_table(RECIPE.read_text(), table(bench.get("recipe", {}).get("figures", {}))))


if __name__ == "__main__":
    import json

    update(json.loads((ROOT / "assets" / "bench.json").read_text()))
