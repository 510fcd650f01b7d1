"""How well real pages are read: two of an Edo book (虚南留別志, CODH) with every character annotated.

Furigana is on the pages, but not annotated: a reader that takes it for text finds too much. Kuzushiji-Kanji and KMNIST may hold
characters of this book.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from bench.pages.scoring import edits, match
from bench.recognition.released_weights import dataset_folder
from bench.section import Figures, Row, Section, pick
from kmnist_model import Recognizer, read_page
from synthetic_pages import glyphs
from synthetic_pages.maker import make_page

_WEIGHTS = ("kuzushiji", "kmnist")
_TOP = 5


@dataclass(frozen=True)
class AnnotatedPage:
    """The bytes of a `picture`, and its `characters` in reading order, each with its box x, y, width, height in px."""

    picture: bytes
    characters: list[tuple[str, tuple[int, int, int, int]]]


def annotated_pages(folder: Path) -> list[AnnotatedPage]:
    """The pages of `folder`: NAME.jpg, and coordinates.csv as CODH's Kuzushiji Dataset has it."""
    found: dict[str, list[tuple[str, tuple[int, int, int, int]]]] = defaultdict(list)
    with (folder / "coordinates.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            box = (int(row["X"]), int(row["Y"]), int(row["Width"]), int(row["Height"]))
            found[row["Image"]].append((chr(int(row["Unicode"].removeprefix("U+"), 16)), box))
    return [AnnotatedPage((folder / f"{name}.jpg").read_bytes(), characters) for name, characters in sorted(found.items())]


def _made_page() -> AnnotatedPage:
    made = make_page(1, glyphs.drawn(), hard=False, characters=20)
    file = io.BytesIO()
    made.picture.save(file, "PNG")
    return AnnotatedPage(file.getvalue(), [(truth.character, truth.box) for truth in made.characters])


def measure(smoke: bool = False) -> Figures:
    """Detection, reading and text by weights; needs KMNIST_DATA, but for a smoke run."""
    pages = [_made_page()] if smoke else annotated_pages(dataset_folder() / "scans" / "codh")
    return {name: score(pages, Recognizer.load(name, "cpu")) for name in _WEIGHTS}


def score(pages: list[AnnotatedPage], recognizer: Recognizer) -> Figures:
    """F1 of detection at IoU 0.5; the shares of all true characters whose first, or one of five candidates is right; the error rate of the text."""
    true = detected = matched = first = among = wrong = 0
    for annotated in pages:
        page = read_page(annotated.picture, recognizer=recognizer)
        pairs = match([box for _, box in annotated.characters], [character.box for character in page.characters])
        for place, number in pairs:
            wanted = annotated.characters[place][0]
            character = page.characters[number]
            first += character.text == wanted
            among += wanted in [candidate.character for candidate in character.reading.candidates[:_TOP]]
        true, detected, matched = true + len(annotated.characters), detected + len(page.characters), matched + len(pairs)
        wrong += edits("".join(character for character, _ in annotated.characters), page.text.replace("\n", ""))
    return {"n": true, "f1": 2 * matched / max(true + detected, 1), "right": first / true, "top5": among / true, "error_rate": wrong / true}


SECTION = Section(
    name="real_pages",
    group="Pages",
    measure=measure,
    rows=(
        Row("two annotated pages of an Edo book: detection F1 at IoU 0.5", pick("kuzushiji", "f1"), pick("kuzushiji", "n"), 0.90),
        Row("the same pages: right of all characters", pick("kuzushiji", "right"), pick("kuzushiji", "n"), 0.60),
        Row("the same pages: right among five candidates, of all characters", pick("kuzushiji", "top5"), pick("kuzushiji", "n"), 0.82),
        Row("the same pages: character error rate of the text", pick("kuzushiji", "error_rate"), pick("kuzushiji", "n"), 0.42, True),
        Row("the same pages, by the ten's weights: right of all characters", pick("kmnist", "right"), pick("kmnist", "n")),
        Row("the same pages, by the ten's weights: character error rate of the text", pick("kmnist", "error_rate"), pick("kmnist", "n")),
    ),
    code=("kmnist_model/*.py", "kmnist_model/page/*.py", "kmnist_model/weights/*.safetensors"),
)
