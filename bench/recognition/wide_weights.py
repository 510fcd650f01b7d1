"""How well the weights of the wide alphabet read, and how fast."""

from __future__ import annotations

from collections.abc import Callable

from bench.datasets import datasets
from bench.recognition import zinnia
from bench.section import Figures, Row, Section, pick
from bench.speed.reading_and_startup import FULL, SMOKE, read_rates
from kmnist_model.recognizer import Recognizer, weights_path
from train.evaluation.wide import measure_wide, mouse_drawings

NAME = "kuzushiji"


def measure(smoke: bool = False) -> Figures:
    """The figures of `train.evaluation.wide`, the size of the file in bytes, and the times of one character and of batches."""
    recognizer = Recognizer.load(NAME, "cpu")
    with datasets(smoke) as data:
        figures = measure_wide(recognizer, data)
        if zinnia.is_here() and not smoke:
            figures["zinnia"] = zinnia.measure(*mouse_drawings(data))
    return figures | {"bytes": weights_path(NAME).stat().st_size, "speed": read_rates(recognizer, SMOKE if smoke else FULL)}


def _by_examples(figures: Figures) -> str:
    """The accuracy by the number of training examples, for the reader of the row."""
    return " (" + ", ".join(f"{size}: {100 * of['top1']:.1f} %" for size, of in figures["kkanji"]["by_examples"].items()) + ")"


def _zinnia(key: str) -> Callable[[Figures], str]:
    """What zinnia reads of the same drawings, where it is installed."""
    return lambda f: f" (zinnia, which needs the stroke order: {100 * f['zinnia'][key]:.1f} %)" if "zinnia" in f else ""


SECTION = Section(
    name=NAME,
    group="Every kana and every kanji",
    measure=measure,
    rows=(
        Row(
            "Kuzushiji-Kanji, published split, top-1, by examples of a class",
            pick("kkanji", "top1"),
            pick("kkanji", "n"),
            0.93,
            also=_by_examples,
        ),
        Row("the same, top-5", pick("kkanji", "top5"), pick("kkanji", "n"), 0.98),
        Row("the same, macro top-1", pick("kkanji", "macro"), pick("kkanji", "n"), 0.8),
        Row("KMNIST t10k held out, among all characters", pick("kmnist", "all", "top1"), pick("kmnist", "all", "n"), 0.98),
        Row("KMNIST t10k held out, among 48 kana", pick("kmnist", "kana48", "top1"), pick("kmnist", "kana48", "n"), 0.988),
        Row("any modern hiragana, pages never trained on, among kana", pick("modern", "kana", "top1"), pick("modern", "kana", "n"), 0.97),
        Row("the same, voicing ignored", pick("modern", "kana", "voicing_ignored"), pick("modern", "kana", "n"), 0.985),
        Row("the same among all characters", pick("modern", "all", "top1"), pick("modern", "all", "n")),
        Row("250 kanji drawn with a mouse by a stranger, top-1", pick("mouse", "top1"), pick("mouse", "n"), 0.96, also=_zinnia("top1")),
        Row("the same, top-5", pick("mouse", "top5"), pick("mouse", "n"), 0.995, also=_zinnia("top5")),
        Row("KanjiVG kanji with jitter never seen, top-1", pick("drawn", "top1"), pick("drawn", "n"), 0.98),
        Row("expected calibration error, held-out data", pick("ece", "share"), pick("ece", "n"), 0.02, True),
        Row("expected calibration error, mouse kanji", pick("mouse", "ece"), pick("mouse", "n"), 0.05, True),
        Row("weights file", lambda f: f["bytes"] / 1e6, lambda _: 1, 10, True, "MB"),
        Row("one character, p50", pick("speed", "latency_ms", "p50"), pick("speed", "latency_ms", "n"), 12, True, "ms"),
        Row("read_ink throughput, median", pick("speed", "throughput", "p50"), pick("speed", "throughput", "n"), 250, unit="/ s"),
    ),
    code=("kmnist_model/*.py", "kmnist_model/weights/kuzushiji.safetensors", "train/data/**/*.py", "train/evaluation/*.py"),
)
