"""The catalogues: the same keys and placeholders in every language, each key used, and each used key there."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pytest

from server.languages.catalogue import LANGUAGES, OTHER, REPORTED, catalogue, english, forms, placeholders, recognise

ROOT = Path(__file__).resolve().parents[3]
PLURALS = {"en": {"one", "other"}, "fr": {"one", "many", "other"}, "ja": {"other"}}  # CLDR's, of whole numbers
FILES = [
    *(path for room in ("ui", "server") for path in (ROOT / room).rglob("*") if path.suffix in {".py", ".js", ".html"}),
    ROOT / "app.py",
]
ENGLISH = catalogue("en")
OTHERS = [code for code in LANGUAGES if code != "en"]


def used_keys() -> dict[str, str]:
    """Each key that a file names, in quotes, with that file's name; a key begins with a word that begins keys of the catalogue."""
    firsts = "|".join(sorted({key.partition(".")[0] for key in ENGLISH}))
    found = re.compile(rf"""["'`]((?:{firsts})\.(?!(?:css|js|png)\b)[a-z0-9_]+)["'`]""")
    return {key: path.name for path in FILES for key in found.findall(path.read_text("utf-8"))}


def test_no_used_key_is_missing() -> None:
    assert {key: name for key, name in used_keys().items() if key not in ENGLISH} == {}


def test_no_key_is_unused() -> None:
    """What the library reports is recognised by its wording: its keys are named nowhere (see test_reported.py)."""
    assert {key for key in ENGLISH if not key.startswith(REPORTED)} - set(used_keys()) == set()


@pytest.mark.parametrize("language", OTHERS)
def test_every_language_has_the_same_keys(language: str) -> None:
    assert list(catalogue(language)) == list(ENGLISH)


@pytest.mark.parametrize("language", OTHERS)
def test_every_language_has_the_same_placeholders(language: str) -> None:
    other = catalogue(language)
    assert {key: placeholders(other[key]) for key in ENGLISH} == {key: placeholders(sentence) for key, sentence in ENGLISH.items()}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_plural_has_the_forms_of_its_language(language: str) -> None:
    """Each with the placeholder `count`, but that "one" may be a word."""
    for key, sentence in catalogue(language).items():
        if isinstance(sentence, str):
            continue
        assert set(sentence) == PLURALS[language], key
        assert "{count}" in sentence["other"], key


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_has_control_characters(language: str) -> None:
    sentences = [
        text for sentence in catalogue(language).values() for text in (sentence.values() if isinstance(sentence, dict) else [sentence])
    ]
    assert [text for text in sentences if any(unicodedata.category(character) == "Cc" for character in text)] == []


@pytest.mark.parametrize("language", OTHERS)
def test_what_has_plurals_has_them_everywhere(language: str) -> None:
    assert {key for key, it in catalogue(language).items() if not isinstance(it, str)} == {
        key for key, it in ENGLISH.items() if not isinstance(it, str)
    }


def test_french_has_its_spaces_before_punctuation() -> None:
    """No-break spaces, so that no line begins with a colon."""
    wrong = re.compile(r" [:;?!»]|« ")
    assert [form for sentence in catalogue("fr").values() for form in forms(sentence) if wrong.search(form)] == []


def test_japanese_is_japanese() -> None:
    """Every sentence has kana or kanji, but for what is a number, a name or a placeholder alone."""
    letters = re.compile(r"[぀-ヿ一-鿿]")
    bare = {key for key, it in catalogue("ja").items() if not letters.search(" ".join(forms(it)))}
    assert {key for key in bare if re.search(r"[A-Za-z]{4}", re.sub(r"\{\w+\}", "", " ".join(forms(ENGLISH[key]))))} == set()


def test_what_the_server_reports_is_recognised() -> None:
    assert recognise(english("error.busy")).key == "error.busy"
    unknown = recognise("Something else.")
    assert (unknown.key, unknown.values) == (OTHER, {"sentence": "Something else."})
