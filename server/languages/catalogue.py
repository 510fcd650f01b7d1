"""The catalogues of the page's sentences: `en.json` beside this file, and one of the same keys for every other language.

A catalogue maps a key to a sentence with {placeholders}, or to its plural forms, of which the value `count` chooses one: "one", "many" and
"other", as CLDR names them. The server sends a `Phrase`, and the browser (ui/language.js) writes it in the visitor's language. The library, its
command line and the public endpoints speak English: `recognise` finds the phrase of their sentences.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

FOLDER = Path(__file__).parent
LANGUAGES = {"en": "English", "fr": "Français", "ja": "日本語"}  # the first is the default
REPORTED = ("error.", "doing.")  # how the keys begin of what the library and the server report
OTHER = "error.other"  # of a sentence that no catalogue holds

Sentence = str | dict[str, str]
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


class Phrase(BaseModel):
    """A sentence to be said in any language: its `key`, and the values of its placeholders."""

    model_config = ConfigDict(frozen=True)

    key: str
    values: dict[str, int | str] = {}


@cache
def catalogue(language: str) -> dict[str, Sentence]:
    """The sentences of one of `LANGUAGES`, by key."""
    return json.loads((FOLDER / f"{language}.json").read_text("utf-8"))


def forms(sentence: Sentence) -> list[str]:
    """A sentence, or its plural forms."""
    return [sentence] if isinstance(sentence, str) else list(sentence.values())


def placeholders(sentence: Sentence) -> set[str]:
    """The names of the placeholders of a sentence."""
    return {name for form in forms(sentence) for name in _PLACEHOLDER.findall(form)}


def english(key: str, **values: Any) -> str:
    """The English sentence of this key, as logs and the public endpoints say it."""
    sentence = catalogue("en")[key]
    if not isinstance(sentence, str):
        sentence = sentence.get("one" if values["count"] == 1 else "other", sentence["other"])
    return sentence.format(**values)


def recognise(sentence: str) -> Phrase:
    """The phrase of an English sentence that the library or the server reports, `OTHER` with the sentence itself if there is none."""
    for pattern, key in _patterns():
        if match := pattern.fullmatch(sentence):
            return Phrase(key=key, values={name: int(value) if value.isdecimal() else value for name, value in match.groupdict().items()})
    return Phrase(key=OTHER, values={"sentence": sentence})


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """What is reported, as patterns with their keys, those with the longest wording first."""
    reported = {key: sentence for key, sentence in catalogue("en").items() if key.startswith(REPORTED) and key != OTHER}
    worded = [(form, key) for key, sentence in reported.items() for form in forms(sentence)]
    worded.sort(key=lambda pair: len(_PLACEHOLDER.sub("", pair[0])), reverse=True)
    return [(_pattern(form), key) for form, key in worded]


def _pattern(form: str) -> re.Pattern[str]:
    parts = _PLACEHOLDER.split(form)  # wording and names by turns
    return re.compile("".join(f"(?P<{part}>.+)" if n % 2 else re.escape(part) for n, part in enumerate(parts)), re.DOTALL)
