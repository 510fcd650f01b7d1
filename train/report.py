"""Figures and words about a fit: the finder's curve, the model card."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")  # files only: a fit runs where there is no screen
import matplotlib.pyplot as plt
import numpy as np

from kmnist_model.checkpoint import Card
from train.finder import Found


def save_finder_curve(found: Found, path: Path) -> None:
    """Draw the finder's raw and smoothed losses over the rates, with fastai's suggestions, as a PNG."""
    rates, losses = np.array(found.rates), np.array(found.losses)
    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    axes.plot(rates, found.raw, color="0.75", linewidth=1, label="loss")
    axes.plot(rates, losses, color="#0072B2", label="smoothed loss")
    for (name, rate), style in zip(found.suggestions.items(), ("-", "--", "-.", ":"), strict=True):
        chosen = name == "minimum"
        label = f"{name}{' / 10, chosen' if chosen else ''}: {rate:.2g}"
        axes.axvline(rate, color="#D55E00" if chosen else "0.5", linestyle=style, linewidth=2 if chosen else 1, label=label)
    axes.set(xscale="log", xlabel="learning rate", ylabel="loss", title="Learning-rate finder")
    axes.set_ylim(top=min(losses.max(), 2 * losses[0]) * 1.05)
    axes.legend(fontsize="small")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)
    plt.close(figure)


_PROTOCOL_NOTES = {
    "t10k": """Protocol `t10k`: KMNIST's 60,000 training images could not be had, so the 10,000 official test images were permuted with seed 0,
the first 8,000 used for training (of these the last 500 for calibration and choices), the last 2,000 held out. These figures
are therefore not comparable with those of the official 60,000 / 10,000 split.""",
    "official": "Protocol `official`: KMNIST's own 60,000 training and 10,000 test images.",
}


def percent(share: float) -> str:
    """A fraction as a percentage with two decimals."""
    return f"{100 * share:.2f} %"


def _rows(figures: dict[str, Any]) -> list[tuple[str, int, str]]:
    """What was measured, on how many, and the figure."""
    rows = [
        (f"KMNIST, {figures['protocol']} held out", figures["n"], percent(figures["accuracy"])),
        ("its expected calibration error (15 bins)", figures["n"], percent(figures["ece"])),
        ("KanjiVG strokes in a jittered hand", figures["drawn"]["n"], percent(figures["drawn"]["accuracy"])),
        ('scribbles -> "unknown" or "blank"', figures["scribbles"]["n"], percent(figures["scribbles"]["refused"])),
    ]
    if "modern" in figures:
        rows.append(("modern handwriting, pages never trained on", figures["modern"]["n"], percent(figures["modern"]["accuracy"])))
    for kind, of in figures["unknown"]["kept"].items():
        rows.append((f"{kind} characters kept by the threshold", of["n"], percent(of["share"])))
    for kind, of in figures["unknown"]["refused"].items():
        rows.append((f'{kind} answered "unknown"', of["n"], percent(of["share"])))
    return rows


def lines(figures: dict[str, Any]) -> list[str]:
    """Held-out `figures` (of `evaluate`) as lines of text: what, n, figure, parted by tabs."""
    return [f"{what}\t{n}\t{value}" for what, n, value in _rows(figures)]


def model_card(name: str, card: Card, figures: dict[str, Any]) -> str:
    """The Markdown model card of weights with held-out `figures` (of `evaluate`)."""
    table = "\n".join(f"| {what} | {n:,} | {value} |" for what, n, value in _rows(figures))
    sources = "\n".join(f"- {source}" for source in card.training_data)
    return f"""---
license: cc-by-sa-4.0
library_name: kmnist_model
tags: [kmnist, kuzushiji, handwriting, image-classification]
---

# {name}: reads {len(card.alphabet)} characters ({card.alphabet.characters})

{card.architecture}{"" if card.width is None else f", width {card.width}"}, 28x28 ink in, {len(card.alphabet)} characters and "not a character" out.
Made by `python -m train fit`; the recipe is in the file's metadata (`python -m kmnist_model info`).

## Held-out figures

| What | n | Figure |
|---|---|---|
{table}

## Trained on

{sources}

{_PROTOCOL_NOTES.get(figures["protocol"], "")}

## Limits

It knows ten characters, in cursive and in modern shapes. A letter with dots (だ, ば, …) or a kanji that looks like one of the
ten may be read as it. Probabilities are calibrated on pictures like those above; a faint or cluttered scan can mislead them.

## Licence

The weights: {card.licence}, as the data they were trained on.
"""
