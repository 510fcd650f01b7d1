"""Whether "not a character I know" holds for other people: KMNIST's ten, read by fits that left a whole source of drawings or characters out.

A finished run in `runs/` is used again. Takes about 25 minutes on 2 idle cores; run it by name: `make bench SECTIONS=other_people`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np

from bench.section import LONG_RUN, Figures, Row, Section, pick
from bench.training.final_accuracy import BODIES, RATE, pretrain
from bench.training.fits import Fits, fits
from kmnist_model.alphabet import KMNIST
from kmnist_model.recognizer import Recognizer
from train.data import sources
from train.data.data_folder import DataFolder, data_folder
from train.data.drawing import strokes
from train.data.splits import Examples, open_split
from train.evaluation import rejection
from train.recipe import LEFT_OUT

_SEED = 20261127  # of drawings that are never trained on
_EACH, _OTHERS = 100, 1000


def measure(smoke: bool = False) -> Figures:
    """Shares kept and refused of sources that took no part in a fit, at the released thresholds, and the scores compared on released weights."""
    each, others = (2, 20) if smoke else (_EACH, _OTHERS)
    released = Recognizer.load("kmnist", "cpu")
    with fits(smoke) as runner:
        data = data_folder(runner.data[1], verify=False) if smoke else data_folder()
        left_out = {without: _without(runner, without, released) for without in LEFT_OUT}
        drawings, pages = _by_mouse(each), sources.modern(data, KMNIST, range(1, 12))
        unseen = {fold: sources.other_kana(KMNIST, fold) for fold in ("even", "odd")}
        figures: Figures = {
            "kept": {"drawings": _share(left_out["strokes"], drawings), "pages": _share(left_out["pages"], pages.characters)},
            "refused": {
                "other kana": _refused(
                    [(left_out[f"kana-{fold}"], _drawn(unseen[fold], others // 2), _of(data, unseen[fold])) for fold in unseen]
                ),
            },
        }
        train = open_split("kmnist", "t10k", data).train
        unknown = _unknown(data, others)
        figures["scores"] = rejection.compare(released, train, _known(data, drawings), unknown)
        figures["others"] = sum(map(len, unknown.values()))
    return figures


def _without(runner: Fits, without: str, released: Recognizer) -> Recognizer:
    """The recipe's fit without one source, with the released thresholds."""
    out = runner.runs / f"without-{without}"
    if not (out / "kmnist.safetensors").exists():
        body = pretrain(runner, "kkanji", BODIES["kkanji"])
        runner.train("fit", "--learning-rate", RATE, "--init", body, "--set", f"without={without}", "--set", "mix=true", "--out", str(out))
        print(f"without {without}: fitted", file=sys.stderr, flush=True)
    fitted = Recognizer.load(out / "kmnist.safetensors", "cpu")
    return fitted.with_threshold(released.card.threshold)


def _by_mouse(each: int) -> Examples:
    """Each of the ten characters drawn `each` times as by a mouse or a finger."""
    rng = np.random.default_rng(_SEED)
    inks = [strokes.to_ink(strokes.by_mouse(strokes.load(entry.character), rng)) for entry in KMNIST for _ in range(each)]
    return Examples(np.stack(inks), np.repeat(np.arange(len(KMNIST)), each))


def _drawn(characters: str, count: int) -> Examples:
    """`count` drawings of `characters`, as by a mouse or a finger; they are outliers."""
    rng = np.random.default_rng(_SEED)
    inks = [strokes.to_ink(strokes.by_mouse(strokes.load(str(rng.choice(list(characters)))), rng)) for _ in range(count)]
    return Examples(np.stack(inks), np.full(count, len(KMNIST)))


def _of(data: DataFolder, characters: str) -> Examples:
    """The handwritten `characters` of all pages; they are outliers."""
    apart = "".join(set(sources.HIRAGANA) - set(characters))
    return sources.modern(data, KMNIST, range(1, 12), apart).outliers


def _share(recognizer: Recognizer, examples: Examples) -> Figures:
    """The share that is kept, as a character or perhaps one, and the share that is kept and right."""
    readings = recognizer.read_ink(examples.inks)
    right = [
        it.is_read and it.candidates[0].character == KMNIST[label].character for it, label in zip(readings, examples.labels, strict=True)
    ]
    return {"n": len(examples), "share": float(np.mean([it.is_read for it in readings])), "right": float(np.mean(right))}


def _refused(folds: list[tuple[Recognizer, Examples, Examples]]) -> Figures:
    """The share of other kana that is refused by the fits that saw none of them: drawn ones and written ones."""
    refused = [
        [not reading.is_read for reading in recognizer.read_ink(np.concatenate([drawn.inks, written.inks]))]
        for recognizer, drawn, written in folds
    ]
    return {"n": sum(map(len, refused)), "share": float(np.mean(np.concatenate(refused)))}


def _known(data: DataFolder, drawings: Examples) -> dict[str, Examples]:
    """Characters that the released weights did not learn from."""
    handwriting = sources.modern(data, KMNIST, sources.TEST_PAGES)
    return {"KMNIST": open_split("kmnist", "t10k", data).test, "drawings": drawings, "pages": handwriting.characters}


def _unknown(data: DataFolder, count: int) -> dict[str, Examples]:
    """What is none of the ten, by kind."""
    rng = np.random.default_rng(_SEED)
    scribbles = np.stack([strokes.to_ink(strokes.scribble(rng)) for _ in range(count)])
    kana = sources.other_kana(KMNIST, "even") + sources.other_kana(KMNIST, "odd")
    return {
        "modern kana": sources.modern(data, KMNIST, sources.TEST_PAGES).outliers,
        "drawn kana": _drawn(kana, count),
        "cursive kanji": sources.kanji_outliers(data, KMNIST, count, rng),
        "Latin letters": _drawn(sources.LATIN[10:], count),
        "digits": _drawn(sources.LATIN[:10], count),
        "scribbles": Examples(scribbles, np.full(count, len(KMNIST))),
    }


def _mean(name: str, key: str) -> Callable[[Figures], float]:
    """The mean of a score's `auroc` or `fpr95` over all kinds of what is none of the ten."""
    return lambda f: float(np.mean([kind[key] for kind in f["scores"][name].values()]))


def _worst(name: str) -> Callable[[Figures], str]:
    def words(f: Figures) -> str:
        kind, worst = max(f["scores"][name].items(), key=lambda it: it[1]["fpr95"])
        mean = _mean(name, "fpr95")(f)
        return f" (answered as a character at 95 % kept: {100 * mean:.1f} % of them, worst {kind}: {100 * worst['fpr95']:.1f} %)"

    return words


def _row(name: str) -> Row:
    return Row(f"others told from characters, AUROC, mean of six kinds: {name}", _mean(name, "auroc"), pick("others"), also=_worst(name))


SECTION = Section(
    name="other_people",
    group="Not a character I know",
    measure=measure,
    rows=(
        Row("drawings as by mouse kept, no drawing was trained on", pick("kept", "drawings", "share"), pick("kept", "drawings", "n"), 0.98),
        Row("the same, kept and right", pick("kept", "drawings", "right"), pick("kept", "drawings", "n")),
        Row("modern handwriting kept, no page was trained on", pick("kept", "pages", "share"), pick("kept", "pages", "n"), 0.98),
        Row("kana never seen as outliers, refused", pick("refused", "other kana", "share"), pick("refused", "other kana", "n"), 0.95),
        *(_row(name) for name in rejection.NAMES),
    ),
    code=(
        "kmnist_model/network.py",
        "kmnist_model/preprocess.py",
        "train/data/sources.py",
        "train/data/drawing/strokes.py",
        "train/evaluation/rejection.py",
    ),
    allowed_stale=LONG_RUN,
)
