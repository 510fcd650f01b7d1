"""Makes what the page's Learn tab shows: today's strokes, the historical letters, and which real kana of the gallery each letter has.

A real kana is shown with the letter that it comes nearest to by its features, where that is clear: KMNIST says which kana a picture is, not which letter.
"""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from kmnist_model.alphabet import KMNIST, KUZUSHIJI49
from kmnist_model.characters.historical_forms import Form, HistoricalForms, for_recognizer
from kmnist_model.characters.likeness import likeness
from kmnist_model.files import atomic_path
from kmnist_model.gallery.gallery import Gallery, released
from kmnist_model.recognizer import Recognizer
from train.data.data_folder import DataFolder
from train.data.drawing import drawn_pools, strokes
from train.old_line import cut_out

FILE = Path(__file__).parents[1] / "assets" / "learn" / "forms.json"
MIN_SIMILARITY = 0.5  # of a real kana to its letter
MIN_MARGIN = 0.15  # to the nearest letter of another parent
MAX_EXAMPLES = 12  # of a letter
_SVG_PATH = "{http://www.w3.org/2000/svg}path"
_LICENCES = {
    "strokes": "KanjiVG project, https://kanjivg.tagaini.net, CC BY-SA 3.0",
    "letters": "The Unicode charts of hentaigana",
}


def make(recognizer: Recognizer, gallery: Gallery) -> dict[str, Any]:
    """The data, as JSON values. Raises `WeightsError` if gallery or historical forms are of another network than that of `recognizer`."""
    gallery.check_weights(recognizer)
    forms = for_recognizer(recognizer)
    entries = [entry for entry in KUZUSHIJI49 if entry.parents]
    today = {entry.character for entry in entries}
    parent = {each.letter: each.parent for each in forms.letters}
    return {
        "licences": _LICENCES,
        "gallery": gallery.fingerprint,
        "ten": KMNIST.characters,
        "kana": [
            {
                "kana": entry.character,
                "romaji": entry.romaji,
                "parent": parent[entry.character],
                "strokes": stroke_paths(entry.character),
            }
            for entry in entries
        ],
        "letters": [[each.letter, each.kana, each.parent] for each in forms.letters if each.letter not in today],
        "examples": examples(recognizer, gallery, forms),
    }


def grades(recognizer: Recognizer, forms: HistoricalForms, folder: DataFolder) -> dict[str, Counter[str]]:
    """How `likeness` grades the pencil drawings, without the prototypes made from them.

    For the letter that was drawn ("right"), and for each letter of the same kana after another parent ("wrong").
    """
    inks, letters = drawn_pools.letter_sketches(folder, recognizer.size)
    kept = len(forms.owner) - len(letters)  # they come last
    without = replace(forms, prototypes=forms.prototypes[:kept], owner=forms.owner[:kept])
    table = {each.letter: each for each in forms.letters}
    found: dict[str, Counter[str]] = {"right": Counter(), "wrong": Counter()}
    for vector, drawn in zip(recognizer.features(inks), letters, strict=True):
        kana = table[drawn].kana[0]
        for form in without.nearest(vector, kana, len(table)):
            if form.letter == drawn or form.parent != table[drawn].parent:
                found["right" if form.letter == drawn else "wrong"][likeness(vector, kana, form.letter, without).grade] += 1
    return found


def stroke_paths(character: str) -> list[str]:
    """KanjiVG's strokes of a character in writing order, as SVG paths in a square of 109 units."""
    return [element.attrib["d"] for element in ElementTree.parse(strokes.path(character)).getroot().iter(_SVG_PATH)]


def examples(recognizer: Recognizer, gallery: Gallery, forms: HistoricalForms) -> dict[str, list[int]]:
    """The places in the gallery of each letter's real kana, the clearest first, where there are any."""
    found: dict[str, list[tuple[float, int]]] = {}
    for kana in KMNIST.characters:
        places = np.flatnonzero(gallery.rows(kana))
        features = recognizer.features(np.stack([_resized(gallery.picture(place), recognizer.size) for place in places.tolist()]))
        for place, vector in zip(places.tolist(), features, strict=True):
            letter, similarity = clear(forms.nearest(vector, kana, len(forms.letters)))
            if letter:
                found.setdefault(letter, []).append((-similarity, place))
    return {letter: [place for _, place in sorted(each)[:MAX_EXAMPLES]] for letter, each in found.items()}


def clear(nearest: list[Form]) -> tuple[str, float]:
    """The nearest letter and its similarity, or "" if the letter is in doubt."""
    first = nearest[0]
    others = [form.similarity for form in nearest if form.parent != first.parent]
    is_clear = first.similarity >= MIN_SIMILARITY and first.similarity - max(others, default=-1.0) >= MIN_MARGIN
    return (first.letter if is_clear else ""), first.similarity


def _resized(picture: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    return np.asarray(Image.fromarray(picture).resize((size, size), Image.Resampling.BILINEAR))


def write(path: Path, recognizer: Recognizer, folder: DataFolder) -> dict[str, Any]:
    """Make the data, write it to `path` and the picture of an old book's line beside it. Raises `DataError`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    line = cut_out(folder, path.with_name("old-line.webp"))
    data = {**make(recognizer, released()), "line": line}
    with atomic_path(path) as part:
        part.write_text(json.dumps(data, ensure_ascii=False, separators=(",", ":")) + "\n", "utf-8")
        part.chmod(0o644)
    return data
