"""assets/bench.json as Markdown: the long table of docs/benchmarks.md and the short one of the README."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bench.report.freshness import is_fresh
from bench.section import Figures, Row
from bench.sections import GROUPS, SECTIONS

HEAD = ["| Figure | Target | Measured | n | |", "|---|---|---|---|---|"]
HEADLINES = (  # the README's rows: at most ten, with missed targets among them
    ("recognition", "released weights, KMNIST test images"),
    ("kuzushiji", "Kuzushiji-Kanji, published split, top-1, by examples of a class"),
    ("kuzushiji", "250 kanji drawn with a mouse by a stranger, top-1"),
    ("kuzushiji", "any modern hiragana, pages never trained on, among kana"),
    ("old_kana", "old kana learnt from one book and KMNIST, the other book, mean of both ways, top-1"),
    ("training", "KMNIST test images, our recipe with pretraining, mean of 3 seeds"),
    ("page", "stroke end -> answer painted, p95"),
    ("speed", "read_ink throughput, median"),
    ("scans", "hard pages: character error rate of the text"),
    ("load", "strokes' p95 while a 40-megapixel page is read, against without; the worst of 1, 10 and 50 visitors"),
)


def lines(bench: dict[str, Any], names: Iterable[str] = SECTIONS) -> list[str]:
    """The rows of the sections `names` that have been measured."""
    return HEAD + [row.line(figures) for row, figures in _measured(bench, names)]


def headlines(bench: dict[str, Any]) -> list[str]:
    """The README's rows, and a sentence that says how many targets are missed in all."""
    measured = {(name, row.what): row.line(figures) for name in SECTIONS for row, figures in _measured(bench, [name])}
    chosen = [measured[headline] for headline in HEADLINES if headline in measured]
    verdicts = _verdicts(bench)
    missed = sum(not met for _, met in verdicts)
    return [*HEAD, *chosen, "", f"{missed} of {len(verdicts)} targets are missed; [docs/benchmarks.md](docs/benchmarks.md) has every row."]


def _measured(bench: dict[str, Any], names: Iterable[str]) -> list[tuple[Row, Figures]]:
    """The rows of the sections `names` whose figures `bench` has, with these figures."""
    measured = [(row, bench[name]["figures"]) for name in names if name in bench for row in SECTIONS[name].rows]
    return [(row, figures) for row, figures in measured if row.is_in(figures)]


def _verdicts(bench: dict[str, Any]) -> list[tuple[str, bool]]:
    """Each row with a target, and whether it is met."""
    return [(row.what, met) for row, figures in _measured(bench, SECTIONS) if (met := row.met(figures)) is not None]


def markdown(bench: dict[str, Any]) -> str:
    """docs/benchmarks.md: the missed targets, then the rows of each group with date, commit and machine."""
    verdicts = _verdicts(bench)
    missed = [what for what, met in verdicts if not met]
    page = [
        "# Benchmarks",
        "",
        "Written by `make bench`, and by `make bench SECTIONS=…` for the sections that take long. Spreads are in",
        "[bench.json](../assets/bench.json). A `+` after a commit means that the tree differed from it.",
        "",
        f"{len(missed)} of {len(verdicts)} targets are missed:",
        "",
        *(f"- {what}" for what in missed),
    ]
    for group in GROUPS:
        names = [name for name, section in SECTIONS.items() if section.group == group and name in bench]
        stamps = [_stamp(name, bench[name]) for name in names]
        page += ["", f"## {group}", "", *lines(bench, names), "", "Measured:", "", *stamps]
    return "\n".join([*page, ""])


def _stamp(name: str, measured: dict[str, Any]) -> str:
    """When, on what and of which code a section was measured."""
    text = f"- {name}: {measured['date']}, commit {measured['commit']}, {measured['machine']}, {measured['versions']}"
    stale = SECTIONS[name].allowed_stale
    if stale and not is_fresh(SECTIONS[name], measured):
        text += f"; **measured on older code**, allowed until {stale.until.isoformat()} because it {stale.reason}"
    return text
