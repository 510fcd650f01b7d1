"""How well real pages of old books are read.

Two are of 虚南留別志 (CODH), with every character annotated; seven spreads are of 機巧図彙 (NDL-DocL), with every column annotated. Furigana is on the pages, but not annotated: a reader that takes it for text finds too much. Kuzushiji-Kanji and KMNIST may hold
characters of the first book. Paper and tables of the second are in the scans that the detector learnt from, its writing is not; captions
within its drawings are not annotated as text, so they count as characters outside it.
"""

from __future__ import annotations

import csv
import io
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from bench.datasets import dataset_folder
from bench.pages.scoring import edits, match
from bench.section import Figures, Row, Section, pick
from kmnist_model import Recognizer, read_page
from kmnist_model.page.types import Character
from synthetic_pages import glyphs
from synthetic_pages.maker import make_page

_WEIGHTS = ("kuzushiji", "kmnist")
_TOP = 5
_SUREST = (50, 80)  # %, of the found characters
_NEAR = 6  # px: a character so far outside an annotated column is still its


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


@dataclass(frozen=True)
class Spread:
    """The bytes of a `picture`, and the boxes (N, 4) left, top, right, bottom of its `columns`."""

    picture: bytes
    columns: NDArray[np.float64]


def library_spreads(folder: Path) -> list[Spread]:
    """The spreads of `folder`: NAME.jpg, and NAME.xml as NDL-DocL has it (VOC)."""
    spreads = []
    for path in sorted(folder.glob("*.xml")):
        found = [
            [float(each.findtext(f"bndbox/{side}") or 0) for side in ("xmin", "ymin", "xmax", "ymax")]
            for each in ElementTree.parse(path).getroot().iter("object")
            if (each.findtext("name") or "").endswith(("handwritten", "typography"))
        ]
        spreads.append(Spread(path.with_suffix(".jpg").read_bytes(), np.array(found).reshape(-1, 4)))
    return spreads


def score_spreads(spreads: list[Spread], recognizer: Recognizer) -> Figures:
    """F1 of columns at IoU 0.5, the share of characters whose centre lies in no annotated column, the median seconds of a spread."""
    true = found = matched = characters = outside = 0
    seconds = []
    for spread in spreads:
        began = time.perf_counter()
        page = read_page(spread.picture, recognizer=recognizer)
        seconds.append(time.perf_counter() - began)
        boxes = [[(each.box.x, each.box.y, each.box.right, each.box.bottom) for each in line.characters] for line in page.text_lines]
        columns = [(*np.min(line, 0)[:2], *np.max(line, 0)[2:]) for line in boxes]
        sized = [[(left, top, right - left, bottom - top) for left, top, right, bottom in each] for each in (spread.columns, columns)]
        true, found, matched = true + len(sized[0]), found + len(sized[1]), matched + len(match(*sized))
        middles = np.array([box for line in boxes for box in line], np.float64).reshape(-1, 2, 2).mean(1)
        inside = (middles[:, None] >= spread.columns[None, :, :2] - _NEAR) & (middles[:, None] <= spread.columns[None, :, 2:] + _NEAR)
        characters, outside = characters + len(middles), outside + int((~inside.all(2).any(1)).sum())
    return {
        "n": true,
        "f1": 2 * matched / max(true + found, 1),
        "characters": characters,
        "outside": outside / max(characters, 1),
        "spreads": len(spreads),
        "seconds": float(np.median(seconds)),
    }


def _made_spread() -> Spread:
    made = make_page(1, glyphs.drawn(), hard=False, characters=20)
    file = io.BytesIO()
    made.picture.save(file, "PNG")
    boxes = np.array([(x, y, x + width, y + height) for x, y, width, height in (truth.box for truth in made.characters)], np.float64)
    numbers = np.array([truth.column for truth in made.characters])
    columns = [np.r_[boxes[numbers == n, :2].min(0), boxes[numbers == n, 2:].max(0)] for n in np.unique(numbers)]
    return Spread(file.getvalue(), np.array(columns))


def _made_page() -> AnnotatedPage:
    made = make_page(1, glyphs.drawn(), hard=False, characters=20)
    file = io.BytesIO()
    made.picture.save(file, "PNG")
    return AnnotatedPage(file.getvalue(), [(truth.character, truth.box) for truth in made.characters])


def measure(smoke: bool = False) -> Figures:
    """Detection, reading and text by weights; needs KMNIST_DATA, but for a smoke run."""
    pages = [_made_page()] if smoke else annotated_pages(dataset_folder() / "scans" / "codh")
    spreads = [_made_spread()] if smoke else library_spreads(dataset_folder() / "scans" / "ndl")
    figures: Figures = {name: score(pages, Recognizer.load(name, "cpu")) for name in _WEIGHTS}
    return figures | {"spreads": score_spreads(spreads, Recognizer.load(_WEIGHTS[0], "cpu"))}


def score(pages: list[AnnotatedPage], recognizer: Recognizer) -> Figures:
    """F1 of detection at IoU 0.5, the shares of all true characters that are read right, and the error rate of the text.

    Right is the first candidate, or one of the first five. "surest" has the share of wrong ones among the surest of the found characters.
    """
    true = detected = matched = first = among = wrong = 0
    answers: list[tuple[float, bool]] = []  # of found characters: how sure, and whether right
    for annotated in pages:
        page = read_page(annotated.picture, recognizer=recognizer)
        pairs = match([box for _, box in annotated.characters], [character.box for character in page.characters])
        for place, number in pairs:
            wanted = annotated.characters[place][0]
            character = page.characters[number]
            first += character.text == wanted
            among += wanted in [candidate.character for candidate in character.reading.candidates[:_TOP]]
        true_of = {number: annotated.characters[place][0] for place, number in pairs}
        answers += [(_sureness(each), each.text == true_of.get(number)) for number, each in enumerate(page.characters)]
        true, detected, matched = true + len(annotated.characters), detected + len(page.characters), matched + len(pairs)
        wrong += edits("".join(character for character, _ in annotated.characters), page.text.replace("\n", ""))
    ranked = np.array([right for _, right in sorted(answers, key=lambda each: -each[0])])
    surest = {share: 1 - float(np.mean(ranked[: max(1, round(len(ranked) * share / 100))])) for share in _SUREST} if answers else {}
    return {
        "n": true,
        "f1": 2 * matched / max(true + detected, 1),
        "right": first / true,
        "top5": among / true,
        "error_rate": wrong / true,
        "found": len(answers),
        "surest": {str(share): error for share, error in surest.items()},
    }


def _sureness(character: Character) -> float:
    """The probability of the answer; an unknown character comes last."""
    return -1.0 if character.reading.verdict == "unknown" else character.reading.candidates[0].probability


SECTION = Section(
    name="real_pages",
    group="Pages",
    measure=measure,
    rows=(
        Row("two annotated pages of an Edo book: detection F1 at IoU 0.5", pick("kuzushiji", "f1"), pick("kuzushiji", "n"), 0.90),
        Row("the same pages: right of all characters", pick("kuzushiji", "right"), pick("kuzushiji", "n"), 0.60),
        Row("the same pages: right among five candidates, of all characters", pick("kuzushiji", "top5"), pick("kuzushiji", "n"), 0.82),
        Row("the same pages: character error rate of the text", pick("kuzushiji", "error_rate"), pick("kuzushiji", "n"), 0.42, True),
        *(
            Row(
                f"the same pages: wrong of the surest {share} % found",
                pick("kuzushiji", "surest", str(share)),
                pick("kuzushiji", "found"),
                goal,
                True,
            )
            for share, goal in ((50, 0.15), (80, 0.30))
        ),
        Row("the same pages, by the ten's weights: right of all characters", pick("kmnist", "right"), pick("kmnist", "n")),
        Row("the same pages, by the ten's weights: character error rate of the text", pick("kmnist", "error_rate"), pick("kmnist", "n")),
        Row("seven spreads of another: F1 of columns at IoU 0.5", pick("spreads", "f1"), pick("spreads", "n"), 0.85),
        Row("the same spreads: characters outside annotated text", pick("spreads", "outside"), pick("spreads", "characters"), 0.02, True),
        Row("the same spreads, 2 megapixels, median", pick("spreads", "seconds"), pick("spreads", "spreads"), 2.5, True, "s"),
    ),
    code=("kmnist_model/*.py", "kmnist_model/page/**/*", "kmnist_model/weights/*.safetensors"),
)
