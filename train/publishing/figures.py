"""What was measured on weights, one figure for each dataset and metric: for tables, and for the model-index of a model card."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from huggingface_hub import EvalResult

from train.data import catalogue, kuzushiji

_METRICS = {  # their names, and the identifiers that the Hub reads
    "accuracy": "Accuracy",
    "top_5_accuracy": "Top-5 accuracy",
    "balanced_accuracy": "Balanced accuracy",
    "accuracy_voicing_ignored": "Accuracy, voicing ignored",
    "ece": "Expected calibration error, 15 bins",
    "kept": "Kept by the threshold",
    "refused": 'Answered "unknown"',
    "not_sure": 'Not surely read as a character ("unknown", "perhaps" or "blank")',
}
_DATASETS = {
    "kanjivg": "KanjiVG strokes in a simulated hand",
    "scribbles": "Scribbles",
    "modern": "Modern handwritten hiragana",
    "mouse": "Kanji drawn with a mouse by a stranger",
    "other kana": "Modern handwritten kana that are not in the alphabet",
}

_SPLITS = {"kanjivg": "drawn anew", "scribbles": "drawn anew"}  # not held out: the fit saw the same strokes with other jitter


@dataclass(frozen=True)
class Figure:
    """One measured `share` (0..1) of `n` examples.

    `what` says it in a table; `dataset` (a key of the catalogue or of this module), its `config` and the `metric` say it to the Hub.
    """

    what: str
    n: int
    share: float
    dataset: str
    config: str
    metric: str = "accuracy"

    def result(self) -> EvalResult:
        """The figure as the Hub reads it, with `n` among the dataset's arguments."""
        return EvalResult(
            task_type="image-classification",
            dataset_type=self.dataset.replace(" ", "-"),
            dataset_name=title(self.dataset),
            dataset_config=self.config,
            dataset_split=_SPLITS.get(self.dataset, "held out"),
            dataset_args={"n": self.n},
            metric_type=self.metric,
            metric_name=_METRICS[self.metric],
            metric_value=round(self.share, 5),
            verified=False,
        )


def title(name: str) -> str:
    """The title of a dataset, for the wide alphabet that of its test images; for any other, its name."""
    if name == kuzushiji.NAME:
        return catalogue.DATASETS["kkanji"].title
    return catalogue.DATASETS[name].title if name in catalogue.DATASETS else _DATASETS.get(name, name)


def figures(alphabet: str, metrics: dict[str, Any]) -> list[Figure]:
    """All figures of the test `metrics` (of `evaluate`) of weights for `alphabet`."""
    dataset = "kkanji" if alphabet == kuzushiji.NAME else alphabet
    protocol, n = metrics["protocol"], metrics["n"]
    found = [Figure(f"{title(alphabet)}, {protocol} held out", n, metrics["accuracy"], dataset, protocol)]
    if metrics["classes"] > 10:
        found += [
            Figure("its mean over the classes (balanced accuracy)", n, metrics["macro_accuracy"], dataset, protocol, "balanced_accuracy"),
            Figure("right among the first five", n, metrics["top5_accuracy"], dataset, protocol, "top_5_accuracy"),
        ]
    found.append(Figure("its expected calibration error (15 bins)", n, metrics["ece"], dataset, protocol, "ece"))
    for kind, what, key, where in (
        ("drawn", "KanjiVG strokes in a simulated hand", "accuracy", "kanjivg"),
        ("scribbles", 'scribbles not surely read as a character ("unknown", "perhaps" or "blank")', "refused", "scribbles"),
        ("modern", "modern handwriting, pages never trained on", "accuracy", "modern"),
    ):
        if kind in metrics:
            found.append(
                Figure(what, metrics[kind]["n"], metrics[kind][key], where, _config(where), key if key == "accuracy" else "not_sure")
            )
    if "wide" in metrics:
        found += _wide(metrics["wide"], protocol)
    for kind, of in metrics["unknown"]["kept"].items():
        where = dataset if kind == alphabet else kind
        config = protocol if kind == alphabet else _config(kind)
        found.append(Figure(f"{_kept(kind)} characters kept by the threshold", of["n"], of["share"], where, config, "kept"))
    for kind, of in metrics["unknown"]["refused"].items():
        found.append(Figure(f'{kind} answered "unknown"', of["n"], of["share"], kind, _config(kind), "refused"))
    return found


def _kept(kind: str) -> str:
    return kind if kind in _DATASETS else title(kind)


def _config(kind: str) -> str:
    return {"kanjivg": "kana, jitter never seen", "scribbles": "random strokes"}.get(kind, "pages never trained on")


def _wide(wide: dict[str, Any], protocol: str) -> list[Figure]:
    """What was measured on the wide alphabet beside Kuzushiji-Kanji as a whole."""
    found = [
        Figure(
            f"Kuzushiji-Kanji, classes of {size} examples",
            of["n"],
            of["top1"],
            "kkanji",
            f"{protocol}, classes of {size} training examples",
        )
        for size, of in wide["kkanji"]["by_examples"].items()
    ]
    for kind, among, what, config in (
        ("kmnist", "all", "KMNIST, t10k held out, among all characters", "t10k, among all characters"),
        ("kmnist", "kana48", "KMNIST, t10k held out, among 48 kana", "t10k, among 48 kana"),
        ("modern", "all", "modern hiragana, pages never trained on, among all characters", "pages never trained on, among all characters"),
        ("modern", "kana", "modern hiragana, pages never trained on, among kana", "pages never trained on, among kana"),
    ):
        found.append(Figure(what, wide[kind][among]["n"], wide[kind][among]["top1"], kind, config))
    kana = wide["modern"]["kana"]
    found.append(
        Figure("the same, voicing ignored", kana["n"], kana["voicing_ignored"], "modern", found[-1].config, "accuracy_voicing_ignored")
    )
    for kind, what, where, config in (
        ("mouse", "kanji drawn with a mouse by a stranger", "mouse", "50 kanji, five times each"),
        ("drawn", "KanjiVG kanji with jitter never seen", "kanjivg", "kanji, jitter never seen"),
    ):
        of = wide[kind]
        found += [
            Figure(what, of["n"], of["top1"], where, config),
            Figure(f"{what}, first five", of["n"], of["top5"], where, config, "top_5_accuracy"),
        ]
    return found
