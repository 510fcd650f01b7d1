"""assets/bench.json -> assets/bench.md: each figure beside what it must reach."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Row:
    """One line of the table: `value` and `n` are taken from the `section`'s figures; it holds if `value` is at least, or at most, `goal`."""

    section: str
    what: str
    value: Callable[[dict[str, Any]], float]
    n: Callable[[dict[str, Any]], int]
    goal: float | None = None
    at_most: bool = False
    unit: str = "%"
    also: Callable[[dict[str, Any]], str] = lambda _: ""  # what stands behind the value

    def text(self, number: float) -> str:
        """`number` in the row's unit: shares are printed as percentages."""
        if self.unit == "%":
            return f"{100 * number:.2f} %"
        return f"{number:,.{0 if number >= 100 or not self.unit else 2}f} {self.unit}".strip()

    def met(self, figures: dict[str, Any]) -> bool | None:
        """Whether the figure reaches its goal; None where it has none."""
        if self.goal is None:
            return None
        return self.value(figures) <= self.goal if self.at_most else self.value(figures) >= self.goal


def _of(*path: str) -> Callable[[dict[str, Any]], Any]:
    def value(figures: dict[str, Any]) -> Any:
        for key in path:
            figures = figures[key]
        return figures

    return value


def _error_ratio(recipe: str) -> Callable[[dict[str, Any]], float]:
    return lambda f: (1 - f[recipe]["mean_accuracy"]) / (1 - f["tutorial"]["mean_accuracy"])


ROWS = (
    Row(
        "training",
        "KMNIST t10k held out, last epoch: the tutorial's recipe, mean of 3 seeds",
        _of("tutorial", "mean_accuracy"),
        _of("tutorial", "n"),
    ),
    Row("training", "the same, ours from scratch, mean of 3 seeds", _of("scratch", "mean_accuracy"), _of("scratch", "n"), 0.99),
    Row("training", "the same, ours pretrained, mean of 3 seeds", _of("pretrained", "mean_accuracy"), _of("pretrained", "n"), 0.995),
    Row(
        "training",
        "the same, with twice the pretraining (tried and left)",
        _of("pretrained twice as long", "mean_accuracy"),
        _of("pretrained twice as long", "n"),
    ),
    Row("training", "error, pretrained against the tutorial's", _error_ratio("pretrained"), _of("pretrained", "n"), 1 / 6, True),
    Row(
        "training",
        "10-epoch fit on t10k, median",
        lambda f: statistics.median(f["scratch"]["seconds"] + f["pretrained"]["seconds"]),
        lambda f: len(f["scratch"]["seconds"] + f["pretrained"]["seconds"]),
        360,
        True,
        "s",
    ),
    Row("recognition", "shipped weights, KMNIST t10k held out", _of("accuracy"), _of("n"), 0.994),
    Row("recognition", "their expected calibration error (15 bins)", _of("ece"), _of("n"), 0.01, True),
    Row("recognition", "modern handwriting, pages never trained on", _of("modern", "accuracy"), _of("modern", "n"), 0.99),
    Row("recognition", "KanjiVG strokes with jitter never seen", _of("drawn", "accuracy"), _of("drawn", "n"), 0.99),
    Row(
        "recognition",
        'other kana answered "unknown", 97 % of characters kept',
        _of("unknown", "refused", "other kana", "share_at_97%_kept"),
        _of("unknown", "refused", "other kana", "n"),
        0.9,
    ),
    Row(
        "recognition",
        'other kana answered "unknown", shipped threshold',
        _of("unknown", "refused", "other kana", "share"),
        _of("unknown", "refused", "other kana", "n"),
    ),
    Row(
        "recognition",
        "KMNIST characters kept, shipped threshold",
        _of("unknown", "kept", "kmnist", "share"),
        _of("unknown", "kept", "kmnist", "n"),
    ),
    Row(
        "recognition",
        "modern characters kept, shipped threshold",
        _of("unknown", "kept", "modern", "share"),
        _of("unknown", "kept", "modern", "n"),
    ),
    Row("recognition", 'blank -> "blank"', _of("blank", "share"), _of("blank", "n"), 1.0),
    Row("recognition", 'scribbles -> "unknown" or "blank"', _of("scribbles", "refused"), _of("scribbles", "n"), 0.95),
    Row("recognition", "weights file", lambda f: f["bytes"] / 1e6, lambda _: 1, 5, True, "MB"),
    Row("page", "stroke end -> answer painted, p50", _of("ours_ms", "p50"), _of("ours_ms", "n"), 60, True, "ms"),
    Row("page", "stroke end -> answer painted, p95", _of("ours_ms", "p95"), _of("ours_ms", "n"), 120, True, "ms"),
    Row("page", "the stock gr.Sketchpad, p50", _of("stock_ms", "p50"), _of("stock_ms", "n"), unit="ms"),
    Row("page", "the stock gr.Sketchpad, p95", _of("stock_ms", "p95"), _of("stock_ms", "n"), unit="ms"),
    Row("speed", "read_ink throughput, median", _of("throughput", "p50"), _of("throughput", "n"), 1500, unit="/ s"),
    Row("speed", "batch-1 latency, p50", _of("latency_ms", "p50"), _of("latency_ms", "n"), 4, True, "ms"),
    Row("speed", "read_strokes, p50", _of("read_strokes_ms", "p50"), _of("read_strokes_ms", "n"), unit="ms"),
    Row("speed", "import of kmnist_model, median", _of("import_s", "p50"), _of("import_s", "n"), 2.5, True, "s"),
    Row("speed", "process start -> first answer, median", _of("start_s", "p50"), _of("start_s", "n"), 6, True, "s"),
)


def _scans(half: str, goals: tuple[float, float, float]) -> tuple[Row, ...]:
    """A half's three figures, ours with its goals and the naive way's."""
    return tuple(
        row
        for (what, key, at_most), goal in zip(
            (
                ("detection F1 at IoU 0.5", "f1", False),
                ("reading of found characters", "accuracy", False),
                ("character error rate of the text", "error_rate", True),
            ),
            goals,
            strict=True,
        )
        for row in (
            Row("scans", f"{half} pages: {what}", _of(half, key), _of(half, "n"), goal, at_most),
            Row("scans", f"{half} pages, the naive way: {what}", _of(f"{half}, naive", key), _of(f"{half}, naive", "n")),
        )
    )


ROWS += (
    *_scans("easy", (0.99, 0.985, 0.02)),
    *_scans("hard", (0.95, 0.96, 0.07)),
    Row("scans", "easy pages: error of the skew, p95", _of("easy", "skew_p95"), _of("easy", "pages"), 0.5, True, "°"),
    Row("scans", "hard pages: error of the skew, p95", _of("hard", "skew_p95"), _of("hard", "pages"), 0.5, True, "°"),
    Row("scans", "a page of 300 characters at 8 megapixels, median", _of("large", "median"), _of("large", "n"), 1.5, True, "s"),
)


def _architecture(what: str, name: str) -> Row:
    """One fit's accuracy, and behind it what it took."""
    return Row(
        "architectures",
        f"t10k held out, one fit of 10 epochs, {what}",
        _of(name, "accuracy"),
        _of(name, "n"),
        also=lambda f: f", {f[name]['seconds'] / 60:.1f} min, {f[name]['bytes'] / 1e6:.1f} MB",
    )


ROWS += (
    _architecture("KMNIST alone: preact_resnet20, width 32", "preact_resnet20"),
    _architecture("KMNIST alone: resnet18, 28x28 stem", "resnet18"),
    _architecture("KMNIST alone: resnet34, stock stem", "resnet34_stock"),
    _architecture("our whole recipe: preact_resnet20, width 32, pretrained", "whole recipe"),
    Row(
        "architectures",
        "the best of these, the whole recipe among them",
        lambda f: max(figures["accuracy"] for figures in f.values()),
        lambda f: max(figures["n"] for figures in f.values()),
        0.993,
    ),
    Row("loops", "training loop, speed against a bare torch loop", _of("ratio", "p50"), _of("ratio", "n"), 0.9, unit="x"),
    Row("loops", "training, one process on all cores", _of("one process"), _of("n"), unit="images / s"),
    Row("loops", "training, torchrun with two processes on half the cores each", _of("two processes"), _of("n"), unit="images / s"),
    *(
        Row(
            "onnx_runtime",
            f"ONNX Runtime, batch {size}, same cores",
            _of(size, "onnx_ms", "p50"),
            _of(size, "onnx_ms", "n"),
            unit="ms",
            also=lambda f, size=size: f"; torch eager {f[size]['torch_ms']['p50']:,.2f} ms",
        )
        for size in ("1", "256")
    ),
    Row("finder", "learning-rate finder, largest pick / smallest over five seeds", _of("ratio"), _of("n"), 3, True, "x"),
)


_RATIOS = ("1", "10", "50")


def _drawing(visitors: str, goal: float | None = None) -> Row:
    """The 95th percentile from sending a drawing to its answer, and behind it the rest."""

    def also(f: dict[str, Any]) -> str:
        alone, beside = (f[visitors][how] for how in ("alone", "beside a page"))
        return (
            f" (p50 {alone['answered_ms']['p50']:.0f}, p99 {alone['answered_ms']['p99']:.0f}), {alone['per_s']:.0f} readings / s; "
            f"with a page beside {beside['answered_ms']['p95']:.0f} ms"
        )

    who = "visitor" if visitors == "1" else "visitors"
    what = f"{visitors} {who} drawing, a stroke every 300 ms: sent -> answered, p95"
    return Row("load", what, _of(visitors, "alone", "answered_ms", "p95"), _of(visitors, "alone", "n"), goal, True, "ms", also)


ROWS += (
    *(_drawing(visitors, 150 if visitors == "50" else None) for visitors in ("1", "10", "50", "200")),
    Row(
        "load",
        "50 visitors, Gradio's own batching instead of ours: p95",
        _of("50, gradio's batch", "answered_ms", "p95"),
        _of("50, gradio's batch", "n"),
        unit="ms",
    ),
    Row(
        "load",
        "50 visitors: answers that are not right",
        lambda f: sum(n for outcome, n in f["50"]["alone"]["outcomes"].items() if outcome not in ("right", "overtaken")),
        _of("50", "alone", "n"),
        0,
        True,
        "",
    ),
    Row(
        "load",
        '200 visitors: answers neither right nor an honest "busy"',
        lambda f: f["200"]["alone"]["failed"] + f["200"]["beside a page"]["failed"],
        lambda f: f["200"]["alone"]["n"] + f["200"]["beside a page"]["n"],
        0,
        True,
        "",
    ),
    Row(
        "load",
        "strokes' p95 while a 40-megapixel page is read, against without; the worst of 1, 10 and 50 visitors",
        lambda f: max(f[visitors]["ratio"] for visitors in _RATIOS),
        lambda f: sum(f[visitors]["beside a page"]["n"] for visitors in _RATIOS),
        3,
        True,
        "x",
    ),
    Row("load", "soak, 10 minutes: growth of memory over the last 80 %", _of("soak", "growth"), _of("soak", "n"), 0.05, True),
    Row("load", 'soak: answers neither right nor "busy"', _of("soak", "failed"), _of("soak", "n"), 0, True, ""),
    Row("load", "soak: temporary files left after the clean-up", _of("soak", "files_left"), lambda _: 1, 0, True, ""),
    Row("load", "restart after kill -9 -> first answer, the longest", _of("restart_s", "max"), _of("restart_s", "n"), 6, True, "s"),
)


def lines(bench: dict[str, Any]) -> list[str]:
    """The table's lines, of the sections that have been measured."""
    table = ["| Figure | Must reach | Measured | n | |", "|---|---|---|---|---|"]
    for row in ROWS:
        if row.section not in bench:
            continue
        figures = bench[row.section]["figures"]
        goal = "" if row.goal is None else f"{'≤' if row.at_most else '≥'} {row.text(row.goal)}"
        met = {None: "", True: "met", False: "**missed**"}[row.met(figures)]
        table.append(f"| {row.what} | {goal} | {row.text(row.value(figures))}{row.also(figures)} | {row.n(figures):,} | {met} |")
    return table


def markdown(bench: dict[str, Any]) -> str:
    """The whole page: the table, and where and when each section was measured."""
    stamps = [
        f"- {name}: {section['date']}, commit {section['commit']}, {section['machine']}, {section['versions']}"
        for name, section in bench.items()
    ]
    return "\n".join(
        [
            "# Figures",
            "",
            "Written by `make bench` (`make bench SECTIONS=training` for the first rows); spreads are in `bench.json`.",
            "",
            *lines(bench),
            "",
            "Measured:",
            "",
            *stamps,
            "",
        ]
    )
