"""What a section of the benchmark is: what it measures, of which code, and the rows that its figures fill."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Figures = dict[str, Any]


class CannotMeasureError(Exception):
    """Something that a section needs is missing; the message says what to do."""


@dataclass(frozen=True)
class Row:
    """One line of a table: `value` and `n` pick from a section's figures; the target is reached if `value` is at least, or at most, `goal`."""

    what: str
    value: Callable[[Figures], float]
    n: Callable[[Figures], int]
    goal: float | None = None
    at_most: bool = False
    unit: str = "%"
    also: Callable[[Figures], str] = lambda _: ""  # details, printed after the value
    optional: bool = False  # left out where what it needs is not installed

    def is_in(self, figures: Figures) -> bool:
        """Whether `figures` hold this row; those of an earlier version of the section may not."""
        try:
            self.value(figures)
        except KeyError:
            return False
        return True

    def text(self, number: float) -> str:
        """`number` in the row's unit: fractions are printed as percentages."""
        if self.unit == "%":
            return f"{100 * number:.2f} %"
        return f"{number:,.{0 if number >= 100 or not self.unit else 2}f} {self.unit}".strip()

    def met(self, figures: Figures) -> bool | None:
        """Whether the figure reaches its target; None if the row has none."""
        if self.goal is None:
            return None
        return self.value(figures) <= self.goal if self.at_most else self.value(figures) >= self.goal

    def line(self, figures: Figures) -> str:
        """The row as a line of a Markdown table: what, target, measured, n, verdict."""
        goal = "" if self.goal is None else f"{'≤' if self.at_most else '≥'} {self.text(self.goal)}"
        verdict = {None: "", True: "met", False: "**missed**"}[self.met(figures)]
        return f"| {self.what} | {goal} | {self.text(self.value(figures))}{self.also(figures)} | {self.n(figures):,} | {verdict} |"


@dataclass(frozen=True)
class AllowedStale:
    """Until when, and why, a section's figures may be of older code."""

    reason: str
    until: datetime.date


@dataclass(frozen=True)
class Section:
    """A section of the benchmark.

    `measure(smoke)` returns its figures; with `smoke` within seconds and without meaning. `code` are globs of the files that they depend on.
    """

    name: str  # its key in assets/bench.json
    group: str  # its heading in docs/benchmarks.md
    measure: Callable[[bool], Figures]
    rows: tuple[Row, ...]
    code: tuple[str, ...]
    allowed_stale: AllowedStale | None = None


def pick(*path: str) -> Callable[[Figures], Any]:
    """A function that follows `path` into the figures."""

    def value(figures: Figures) -> Any:
        for key in path:
            figures = figures[key]
        return figures

    return value


LONG_RUN = AllowedStale("takes from minutes to hours on an idle machine", datetime.date(2026, 12, 31))
