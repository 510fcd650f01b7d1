"""The README's table of figures, copied from assets/bench.json."""

from __future__ import annotations

from typing import Any

from bench.machine import ROOT
from bench.table import lines

README = ROOT / "README.md"
BEGIN, END = "<!-- figures -->", "<!-- /figures -->"


def with_figures(text: str, bench: dict[str, Any]) -> str:
    """The README's `text` with its table of figures as `bench` has them."""
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    return "\n".join([before + BEGIN, "", *lines(bench), "", END + after])


def update(bench: dict[str, Any]) -> None:
    """Write the figures of `bench` into the README."""
    README.write_text(with_figures(README.read_text(), bench))
