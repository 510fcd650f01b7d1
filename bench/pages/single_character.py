"""How well photographs of one character are read.

48 were made for this project by other hands; twelve made scenes hold glyphs that no one trained on.
Half of the scenes hold KMNIST's ten, read by their weights, half any class, read by the wide ones. The same glyphs without a scene, black on
white, tell what the weights alone lose.
"""

from __future__ import annotations

import csv
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

from bench.datasets import dataset_folder
from bench.pages.processes import spread
from bench.section import LONG_RUN, Figures, Row, Section, pick
from kmnist_model import Recognizer, from_image
from synthetic_pages import glyphs
from synthetic_pages.maker import Glyph, Source
from synthetic_pages.scenes import SCENES, make_scene

_SEEDS = {"ten": 900_000, "any": 950_000}  # neither tests nor choices use scenes with these seeds
_WEIGHTS = {"ten": "kmnist", "any": "kuzushiji"}
_EACH = 60  # of a scene and kind
_BATCH = 20  # pictures that a process makes and reads at a time
_MEGAPIXELS = (4000, 3000)


@dataclass
class _Kept:
    """A source that keeps its last glyph."""

    source: Source
    last: Glyph | None = None

    def __call__(self, rng: np.random.Generator) -> Glyph:
        self.last = self.source(rng)
        return self.last


@dataclass(frozen=True)
class _Batch:
    """Pictures of the scene called `scene` with glyphs of a `kind`: those with so many seeds from `first` on; drawn glyphs for a smoke run."""

    kind: str
    scene: str
    first: int
    count: int
    smoke: bool


def measure(smoke: bool = False) -> Figures:
    """Shares read right: of the cases, of each scene, of the same glyphs without a scene; needs KMNIST_DATA, but for a smoke run."""
    figures: Figures = {"each": 1 if smoke else _EACH}
    recognizer = _recognizer("any")
    with tempfile.TemporaryDirectory() as folder:
        cases = _made_cases(Path(folder)) if smoke else dataset_folder() / "cases" / "single"
        figures["cases"] = score_cases(cases, recognizer)
    for kind in _WEIGHTS:
        figures[kind] = score_scenes(kind, figures["each"], smoke)
        print(f"{kind}: {figures[kind]}", file=sys.stderr, flush=True)
    return figures | {"large": _seconds(recognizer, 1 if smoke else 9)}  # timed alone


@cache
def _recognizer(kind: str) -> Recognizer:
    """The weights for a kind of glyphs, loaded once by each process."""
    return Recognizer.load(_WEIGHTS[kind], "cpu")


@cache
def _source(kind: str, smoke: bool) -> Source:
    """The test glyphs of a kind, opened once by each process."""
    if smoke:
        return glyphs.drawn()
    return (glyphs.of_ten if kind == "ten" else glyphs.of_any)(dataset_folder(), "test")


def _made_cases(folder: Path) -> Path:
    """`folder` with one picture and truth.tsv, for a smoke run."""
    made = make_scene("plain", 1, glyphs.drawn())
    made.picture.save(folder / "made.jpg")
    (folder / "truth.tsv").write_text(f"file\tcharacter\nmade.jpg\t{made.character}\n", encoding="utf-8")
    return folder


def score_cases(folder: Path, recognizer: Recognizer) -> Figures:
    """How many of the photographs in `folder`, with truth.tsv, are read right, and the names of the others."""
    with (folder / "truth.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    wrong = [row["file"] for row in rows if not _is_right(folder / row["file"], row["character"], recognizer)]
    return {"n": len(rows), "right": len(rows) - len(wrong), "wrong": wrong}


def score_scenes(kind: str, each: int, smoke: bool = False) -> Figures:
    """The share read right of `each` pictures of every scene, the worst scene, and the share of the same glyphs without a scene.

    All cores work on them, but for a smoke run.
    """
    batches = [
        _Batch(kind, name, _SEEDS[kind] + first, min(_BATCH, each - first), smoke) for name in SCENES for first in range(0, each, _BATCH)
    ]
    right, bare = dict.fromkeys(SCENES, 0), 0
    for batch, (read, plain) in zip(batches, spread(_score_batch, batches, 1 if smoke else None), strict=True):
        right[batch.scene] += read
        bare += plain
    scenes = {name: count / each for name, count in right.items()}
    worst = min(scenes, key=lambda name: scenes[name])
    n = each * len(scenes)
    return {
        "n": n,
        "right": float(np.mean(list(scenes.values()))),
        "worst": scenes[worst],
        "worst_scene": worst,
        "bare": bare / n,
        "scenes": scenes,
    }


def _score_batch(batch: _Batch) -> tuple[int, int]:
    """How many pictures are read right, and how many of the same glyphs without a scene."""
    recognizer, kept = _recognizer(batch.kind), _Kept(_source(batch.kind, batch.smoke))
    right, inks, characters = 0, [], []
    for seed in range(batch.first, batch.first + batch.count):
        made = make_scene(batch.scene, seed, kept)
        right += _is_right(made.picture, made.character, recognizer)
        assert kept.last is not None
        character, glyph = kept.last
        inks.append(from_image(Image.fromarray(255 - np.pad(glyph, max(glyph.shape) // 4)), recognizer.size))
        characters.append(character)
    readings = recognizer.read_ink(np.stack(inks))
    bare = sum(reading.candidates[0].character == character for reading, character in zip(readings, characters, strict=True))
    return right, bare


def _is_right(picture: Path | Image.Image, character: str, recognizer: Recognizer) -> bool:
    """Whether the best candidate is the `character`, whatever the verdict but blank and dropped."""
    reading = recognizer.read(picture)
    return reading.verdict != "blank" and not reading.dropped and reading.candidates[0].character == character


def _seconds(recognizer: Recognizer, count: int) -> Figures:
    """Seconds for a photograph of 12 megapixels, decoded; the scenes in turn."""
    seconds = []
    for name in list(SCENES)[1 : 1 + count]:
        picture = make_scene(name, _SEEDS["ten"], glyphs.drawn()).picture.resize(_MEGAPIXELS)
        began = time.perf_counter()
        recognizer.read(picture)
        seconds.append(time.perf_counter() - began)
    return {"n": len(seconds), "median": float(np.median(seconds)), "spread": [min(seconds), max(seconds)]}


def _rows(kind: str, title: str, goal: float) -> tuple[Row, ...]:
    """The rows of one kind of glyphs, called `title`."""
    return (
        Row(f"{title} photographed in twelve made scenes: right", pick(kind, "right"), pick(kind, "n"), goal),
        Row(
            f"{title} in the worst scene",
            pick(kind, "worst"),
            pick("each"),
            0.85,
            also=lambda figures: f" ({figures[kind]['worst_scene']})",
        ),
        Row(f"{title}, the same glyphs without a scene", pick(kind, "bare"), pick(kind, "n")),
    )


SECTION = Section(
    name="single_character",
    group="Pages",
    measure=measure,
    rows=(
        Row("48 photographs of one character in twelve scenes: right", pick("cases", "right"), pick("cases", "n"), 46, unit=""),
        *_rows("ten", "one of the ten", 0.95),
        *_rows("any", "one of all characters", 0.92),
        Row("a photograph of one character at 12 megapixels, median", pick("large", "median"), pick("large", "n"), 1.0, True, "s"),
    ),
    code=("kmnist_model/*.py", "kmnist_model/photo/*", "kmnist_model/weights/*.safetensors", "synthetic_pages/*.py"),
    allowed_stale=LONG_RUN,
)
