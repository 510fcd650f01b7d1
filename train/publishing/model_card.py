"""The Markdown model card, with the metadata that the Hugging Face Hub reads (model-index)."""

from __future__ import annotations

from typing import Any

from huggingface_hub import ModelCardData

from kmnist_model.weights_file import Card
from train.data import kuzushiji
from train.publishing.figures import figures

PROTOCOLS = {
    "t10k": """Protocol `t10k`: KMNIST's 60,000 training images were not available, so the 10,000 official test images were permuted with seed 0,
the first 8,000 used for training (of these the last 500 for validation), the last 2,000 held out for the test. These metrics
are therefore not comparable with those of the official 60,000 / 10,000 split.""",
    "official": "Protocol `official`: the dataset's own training and test images; one in 24 training images for validation.",
    "all": """Protocol `all`: Kuzushiji-Kanji as in `by-class`; KMNIST as in `t10k`; of the modern handwriting pages 10 and 11 are held out. Of the two
books of old kana nothing is held out: `first-book` and `second-book` learn from one and are tested on the other.""",
    "by-class": "Protocol `by-class`: one in ten images of each class held out for the test, at least one if a class has two; a class with one image is only trained on.",
}

_LIMITS = """It knows {count} characters, {kind}. A letter with dots (だ, ば, …), or another character that looks like one of them, may be read as it.
Probabilities are calibrated on pictures like those above and can be wrong on a faint or cluttered scan, or an unusual hand.
It reads one character at a time, without the words around it: do not rely on it where a misreading does harm."""

_WIDE_LIMITS = """It reads single characters, not words, lines or pages. It knows {count} of them, {kind}, as {size}x{size} pixels of ink. Katakana, Latin
letters, digits and punctuation it does not know; those that look like a character that it knows are read as it (カ as 力, ハ as は).
Cursive kanji with few examples are often read wrong: the test metrics give the share by the number of examples.
Kana out of context are ambiguous. Some are written like another kana or like a kanji (に and 尓, は written ハ and 八), and only the words around
them, which it does not see, tell which is meant: look at the other candidates too. Marks of voicing (が, ぱ) are missed or taken for each other.
A known logit below {threshold:.2f} is answered "unknown", one below {sure:.2f} "perhaps". Both thresholds, and the temperature of the probabilities, were
chosen on pictures like those above: on a faint or cluttered scan, or an unusual hand, a known character can be answered "unknown", another mark be
read as a character, and the probability be wrong. Do not rely on it where a misreading does harm."""


def percent(share: float) -> str:
    """A fraction as a percentage with two decimals."""
    return f"{100 * share:.2f} %"


def limits(card: Card) -> str:
    """The limits of the weights, in plain words."""
    kind = "in cursive and in modern shapes" if any("modern" in source for source in card.training_data) else "in the shapes of its data"
    count = f"{len(card.alphabet):,}"
    if card.alphabet.name != kuzushiji.NAME:
        return _LIMITS.format(count=count, kind=kind)
    sure = card.threshold if card.sure is None else card.sure
    return _WIDE_LIMITS.format(count=count, kind=kind, size=card.size, threshold=card.threshold, sure=sure)


def rows(alphabet: str, metrics: dict[str, Any]) -> list[tuple[str, int, str]]:
    """What was measured on weights for `alphabet`, on how many examples, and the value."""
    return [(figure.what, figure.n, percent(figure.share)) for figure in figures(alphabet, metrics)]


def _mistakes(shown: dict[str, Any]) -> str:
    """The section of the mistakes that `train.publishing.mistakes.save` wrote as a picture."""
    lines = "\n".join(f"| {n} | {is_} | {as_} | {100 * sure:.0f} % |" for n, (is_, as_, sure) in enumerate(shown["shown"], 1))
    return f"""
## Mistakes

![Held-out images that were read wrong, each beside the training images nearest to it]({shown["picture"]})

The most confident mistakes on test images; some may be wrong labels. Beside each ink are the training images nearest to it, by cosine in the
network's features: of the character that was answered, then of the right one. Images: {shown["source"]}.

| Row | Is | Read as | Confidence |
|---|---|---|---|
{lines}
"""


def _metadata(name: str, card: Card, metrics: dict[str, Any]) -> str:
    alphabet = card.alphabet.name
    return ModelCardData(
        model_name=name,
        language="ja",
        license="cc-by-sa-4.0",
        library_name="kmnist_model",
        pipeline_tag="image-classification",
        tags=["kuzushiji", "handwriting", "ocr", alphabet],
        metrics=["accuracy"],
        eval_results=[figure.result() for figure in figures(alphabet, metrics)],
    ).to_yaml()


def model_card(name: str, card: Card, metrics: dict[str, Any], repository: str = "") -> str:
    """The model card of weights with their test `metrics` (of `evaluate`), for the `repository` ("owner/name") of the Hub if it is given."""
    source = f"hf:{repository}" if repository else f"{name}.safetensors"
    table = "\n".join(f"| {what} | {n:,} | {value} |" for what, n, value in rows(card.alphabet.name, metrics))
    sources = "\n".join(f"- {source}" for source in card.training_data)
    settings = "\n".join(f"| {field} | {value} |" for field, value in card.recipe.items())
    mistakes = _mistakes(metrics["mistakes"]) if "mistakes" in metrics else ""
    shown = f" ({card.alphabet.characters})" if len(card.alphabet) <= 100 else ""
    return f"""---
{_metadata(name, card, metrics).strip()}
---

# {name}: reads {len(card.alphabet):,} characters{shown}

{card.architecture}{"" if card.width is None else f", width {card.width}"}, {card.size}x{card.size} ink in, {len(card.alphabet):,} characters and "not a character" out. Made by `python -m train fit`.

```python
from kmnist_model import Recognizer

print(Recognizer.load("{source}").read("scan.png"))
```

## Test metrics

| What | n | Value |
|---|---|---|
{table}
{mistakes}
## Trained on

{sources}

{PROTOCOLS.get(metrics["protocol"], "")}

## Recipe

| Field | Value |
|---|---|
{settings}

## Limits

{limits(card)}

## Licence

The weights: {card.licence}, as the data they were trained on.
"""
