"""Answer: a Gradio component that shows a `Reading`, and the HTML of its states."""

from __future__ import annotations

import base64
import io
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from kmnist_model import Alphabet, Candidate, Reading

SHOWN = 5  # candidates

_HERE = Path(__file__).parent
_SURE, _LIKELY = 0.9, 0.6  # calibrated probabilities at which the sentence says so


class Answer(gr.HTML):
    """Shows the HTML that this module's functions make, except where it answers an older turn than what is shown already.

    It follows the `ink` events of the pads and pictures inside the nearest element of class `reader`: a cleared pad clears
    the answer at once, and whatever was asked before that is not shown any more.
    """

    def __init__(self, alphabet: Alphabet, **kwargs: Any) -> None:
        super().__init__(
            value=nothing_yet(alphabet),
            label="Answer",
            html_template='<div class="view"></div><p class="spoken" role="status" aria-live="polite"></p>',
            css_template=(_HERE / "style.css").read_text("utf-8"),
            js_on_load=(_HERE / "answer.js").read_text("utf-8"),
            apply_default_css=False,
            **kwargs,
        )


def nothing_yet(alphabet: Alphabet, turn: float = 0.0) -> str:
    """The answer to an empty sheet."""
    some = "".join(_japanese(entry.character) for entry in alphabet)
    detail = f'<p class="detail">I read these characters of the old cursive script: {some}</p>'
    return _frame("empty", turn, "", "Nothing drawn yet", detail, _rows([]), None, "")


def failed(message: str, turn: float = 0.0) -> str:
    """An answer that says in one sentence why there is none."""
    detail = f'<p class="detail">{escape(message)}</p>'
    return _frame("error", turn, "", "That did not work", detail, _rows([]), None, message)


def answered(reading: Reading, alphabet: Alphabet, turn: float = 0.0) -> str:
    """The answer to what was read, whatever its verdict."""
    if reading.verdict == "blank":
        detail = '<p class="detail">I see no ink: try a darker pen, or more light.</p>'
        return _frame("blank", turn, "", "Nothing to read", detail, _rows([]), reading, "Nothing to read: I see no ink.")
    if reading.verdict == "unknown":
        some = "".join(_japanese(entry.character) for entry in alphabet)
        detail = f'<p class="detail">I know only {some}</p>'
        rows = _rows(reading.candidates[:SHOWN], percent=False)
        return _frame("unknown", turn, "", "Not a character I know", detail, rows, reading, "Not a character I know.")
    best = reading.candidates[0]
    rows = _rows(reading.candidates[:SHOWN])
    spoken = f"{best.character}, {best.romaji}, {_percent(best.probability)}."
    detail = f'<p class="detail">{_sentence(reading)}</p>{_parents(alphabet, best)}'
    return _frame("character", turn, best.character, best.romaji, detail, rows, reading, spoken)


def _frame(state: str, turn: float, glyph: str, title: str, detail: str, rows: str, reading: Reading | None, spoken: str) -> str:
    """Every state has the same parts in the same places, so that nothing moves between them."""
    heading = "Nearest shapes" if state == "unknown" else "Candidates"
    picture = f'<img width="84" height="84" src="{_png(reading)}" alt="">' if reading else "<i></i>"
    return (
        f'<section class="answer" data-state="{state}" data-turn="{turn!r}" data-spoken="{escape(spoken)}" aria-label="Answer">'
        f'<p class="glyph" lang="ja">{escape(glyph)}</p>'
        f'<div class="words"><p class="title">{escape(title)}</p>{detail}</div>'
        f'<div class="nearest"><h3>{heading}</h3><ol class="candidates">{rows}</ol></div>'
        f'<figure class="seen">{picture}<figcaption>What the model sees, 28 × 28 pixels</figcaption></figure>'
        "</section>"
    )


def _rows(candidates: tuple[Candidate, ...] | list[Candidate], percent: bool = True) -> str:
    rows = [
        f"<li>{_japanese(c.character)}<span>{escape(c.romaji)}</span>"
        f'<span class="bar"><i style="width: {100 * c.probability:.1f}%"></i></span>'
        f"<span>{_percent(c.probability) if percent else ''}</span></li>"
        for c in candidates
    ]
    empty = (
        '<li aria-hidden="true"><span lang="ja"></span><span></span><span class="bar"><i style="width: 0.0%"></i></span><span></span></li>'
    )
    return "".join(rows) + empty * (SHOWN - len(rows))


def _sentence(reading: Reading) -> str:
    best, second = reading.candidates[:2]
    if best.probability >= _SURE:
        return f"I read this as {_japanese(best.character)}"
    if best.probability >= _LIKELY:
        return f"Probably {_japanese(best.character)}"
    return f"Perhaps {_japanese(best.character)}, or {_japanese(second.character)}"


def _parents(alphabet: Alphabet, best: Candidate) -> str:
    parents = alphabet[alphabet.index(best.character)].parents
    if not parents:
        return ""
    others = f' <span class="others">also {_japanese(parents[1:])}</span>' if parents[1:] else ""
    return f'<p class="parents" title="The kanji it was a cursive form of (jibo)">from {_japanese(parents[0])}{others}</p>'


def _japanese(text: str) -> str:
    return f'<span lang="ja">{escape(text)}</span>'


def _percent(probability: float) -> str:
    if probability >= 0.9995:
        return "> 99.9 %"
    return f"{100 * probability:.1f} %" if probability >= 0.0005 else "< 0.1 %"


def _png(reading: Reading) -> str:
    """The ink as a data URL, in black on transparent paper, so that it takes the page's colours."""
    file = io.BytesIO()
    Image.fromarray(reading.ink).save(file, "PNG")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
