"""The model card says what is true of its weights: its text is made from the weights file."""

from __future__ import annotations

from dataclasses import replace

from kmnist_model.recognizer import WEIGHTS, weights_path
from kmnist_model.weights_file import Card, load_card
from train.publishing.model_card import limits, model_card


def test_the_released_card_of_the_wide_weights_is_made_from_them() -> None:
    card = load_card(weights_path("kuzushiji"))
    assert (WEIGHTS / "kuzushiji.md").read_text("utf-8") == model_card("kuzushiji", card, card.metrics["held_out"])


def test_the_limits_of_the_wide_weights_are_their_own() -> None:
    card = load_card(weights_path("kuzushiji"))
    said = limits(card)
    for part in (
        "6,622",
        "48x48",
        "few examples are often read wrong",
        "に and 尓",
        "Marks of voicing",
        "single characters, not words",
        f"{card.threshold:.2f}",
    ):
        assert part in said
    assert "だ, ば" not in said, "they are characters that it knows"
    assert f"one below {card.threshold:.2f}" in limits(replace(card, sure=None))


def test_mistakes_are_shown_where_they_were_recorded() -> None:
    card = load_card(weights_path("kuzushiji"))
    measured = {name: value for name, value in card.metrics["held_out"].items() if name != "mistakes"}
    without = model_card("kuzushiji", card, measured)
    assert "## Mistakes" not in without
    mistakes = {"picture": "some-mistakes.png", "source": "Someone, CC BY-SA 4.0", "shown": [["尓", "に", 0.994]]}
    shown = model_card("kuzushiji", card, measured | {"mistakes": mistakes})
    for part in ("](some-mistakes.png)", "Images: Someone, CC BY-SA 4.0.", "| 1 | 尓 | に | 99 % |"):
        assert part in shown


def test_the_released_card_shows_a_picture_that_is_there() -> None:
    for name in ("kmnist", "kuzushiji"):
        recorded = load_card(weights_path(name)).metrics["held_out"].get("mistakes")
        assert (WEIGHTS / f"{name}-mistakes.png").is_file() == (recorded is not None)


def test_the_ten_have_limits_of_their_own(card: Card) -> None:
    assert "だ, ば" in limits(card)
