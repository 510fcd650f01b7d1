"""The files of the Learn tab, and the real examples of a kana's letters: crops of the gallery."""

from __future__ import annotations

import json
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from kmnist_model import data_url
from kmnist_model.gallery import gallery

FOLDER = Path(__file__).parents[2] / "assets" / "learn"
FILES = {
    "forms.json": "application/json",
    "hentaigana.woff2": "font/woff2",
    "old-line.webp": "image/webp",
    "ts-fsrs.mjs": "text/javascript",
}
MAX_BRUSHED = 6  # pictures of a parent kanji


@cache
def data() -> dict[str, Any]:
    """What `python -m train learn` made."""
    return json.loads((FOLDER / "forms.json").read_text("utf-8"))


@lru_cache(maxsize=64)
def examples(kana: str) -> dict[str, dict[str, list[str]]]:
    """Pictures of a kana as data URLs, white ink: by letter under `letters`, by parent kanji under `parents`; none for any other text.

    Real kana are left out if the data was made with another gallery than the one in the package.
    """
    today = next((entry for entry in data()["kana"] if entry["kana"] == kana), None)
    if today is None:
        return {"letters": {}, "parents": {}}
    shown = gallery.released()
    own = {kana: today["parent"]} | {letter: parent for letter, its, parent in data()["letters"] if kana in its}
    fits = data()["gallery"] == shown.fingerprint
    places = {letter: data()["examples"].get(letter, []) for letter in own} if fits else {}
    brushed = {parent: np.flatnonzero(shown.rows(parent)).tolist() for parent in dict.fromkeys(own.values())}
    return {
        "letters": {letter: [_picture(shown, place) for place in each] for letter, each in places.items() if each},
        "parents": {parent: [_picture(shown, place) for place in _spread(each)] for parent, each in brushed.items() if each},
    }


def _spread(places: list[int]) -> list[int]:
    """A few of the places, from the first to the last: a class lies in the order of its forms."""
    if len(places) <= MAX_BRUSHED:
        return places
    return [places[round(index)] for index in np.linspace(0, len(places) - 1, MAX_BRUSHED)]


def _picture(shown: gallery.Gallery, place: int) -> str:
    return data_url.from_image(Image.fromarray(shown.picture(place)))
