"""Whether "not a character I know" holds for other people: KMNIST's ten, read by fits that left a whole source of drawings or characters out.

A finished run in `runs/` is used again. Takes about 25 minutes on 2 idle cores; run it by name: `make bench SECTIONS=other_people`.
"""

from __future__ import annotations

import sys

import numpy as np

from bench.recognition.unseen_drawings import by_mouse, drawn
from bench.section import LONG_RUN, Figures, Row, Section, pick
from bench.training.final_accuracy import BODIES, RATE, pretrain
from bench.training.fits import Fits, fits
from kmnist_model.alphabet import KMNIST
from kmnist_model.recognizer import Recognizer
from train.data import sources
from train.data.data_folder import DataFolder, data_folder
from train.data.splits import Examples
from train.recipe import LEFT_OUT

_EACH, _OTHERS = 100, 1000


def measure(smoke: bool = False) -> Figures:
    """Shares kept and refused of sources that took no part in a fit, at the released thresholds."""
    each, others = (2, 20) if smoke else (_EACH, _OTHERS)
    released = Recognizer.load("kmnist", "cpu")
    with fits(smoke) as runner:
        data = data_folder(runner.data[1], verify=False) if smoke else data_folder()
        left_out = {without: _without(runner, without, released) for without in LEFT_OUT}
        drawings, pages = by_mouse(each), sources.modern(data, KMNIST, range(1, 12))
        unseen = {fold: sources.other_kana(KMNIST, fold) for fold in ("even", "odd")}
        figures: Figures = {
            "kept": {"drawings": _share(left_out["strokes"], drawings), "pages": _share(left_out["pages"], pages.characters)},
            "refused": {
                "other kana": _refused(
                    [(left_out[f"kana-{fold}"], drawn(unseen[fold], others // 2), _of(data, unseen[fold])) for fold in unseen]
                ),
            },
        }
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
        [not reading.is_read for reading in recognizer.read_ink(np.concatenate([drawings.inks, written.inks]))]
        for recognizer, drawings, written in folds
    ]
    return {"n": sum(map(len, refused)), "share": float(np.mean(np.concatenate(refused)))}


SECTION = Section(
    name="other_people",
    group="Not a character I know",
    measure=measure,
    rows=(
        Row("drawings as by mouse kept, no drawing was trained on", pick("kept", "drawings", "share"), pick("kept", "drawings", "n"), 0.98),
        Row("the same, kept and right", pick("kept", "drawings", "right"), pick("kept", "drawings", "n")),
        Row("modern handwriting kept, no page was trained on", pick("kept", "pages", "share"), pick("kept", "pages", "n"), 0.98),
        Row("kana never seen as outliers, refused", pick("refused", "other kana", "share"), pick("refused", "other kana", "n"), 0.95),
    ),
    code=(
        "kmnist_model/network.py",
        "kmnist_model/preprocess.py",
        "train/data/sources.py",
        "train/data/drawing/strokes.py",
    ),
    allowed_stale=LONG_RUN,
)
