"""The model card says what is true of its weights: its text is made from the weights file."""

from __future__ import annotations

from dataclasses import replace

import pytest
from huggingface_hub import ModelCard

from kmnist_model.recognizer import WEIGHTS, weights_path
from kmnist_model.weights_file import Card, load_card
from train.publishing.model_card import limits, model_card, rows


@pytest.mark.parametrize("name", ["kmnist", "kuzushiji"])
def test_the_released_cards_are_made_from_their_weights(name: str) -> None:
    card = load_card(weights_path(name))
    assert (WEIGHTS / f"{name}.md").read_text("utf-8") == model_card(name, card, card.metrics["held_out"])


def index(name: str) -> dict[tuple[str, str, str], tuple[int, float]]:
    """The model-index of a released card as the Hub's own parser reads it: n and value by dataset, configuration and metric."""
    results = ModelCard.load(WEIGHTS / f"{name}.md").data.eval_results
    found = {(it.dataset_type, it.dataset_config, it.metric_type): (it.dataset_args["n"], it.metric_value) for it in results}
    assert len(found) == len(results), "none hides another"
    assert {it.task_type for it in results} == {"image-classification"}
    return found


def test_the_model_index_of_the_ten_has_every_measured_figure_with_its_n() -> None:
    measured = load_card(weights_path("kmnist")).metrics["held_out"]
    found = index("kmnist")
    assert found["kmnist", "t10k", "accuracy"] == (measured["n"], measured["accuracy"])
    assert found["kmnist", "t10k", "ece"] == (measured["n"], round(measured["ece"], 5))
    modern = measured["modern"]
    assert found["modern", "pages never trained on", "accuracy"] == (modern["n"], modern["accuracy"])
    assert found["scribbles", "random strokes", "not_sure"] == (measured["scribbles"]["n"], measured["scribbles"]["refused"])
    other = measured["unknown"]["refused"]["other kana"]
    assert found["other-kana", "pages never trained on", "refused"] == (other["n"], round(other["share"], 5))
    assert len(found) == len(rows("kmnist", measured))


def test_the_model_index_of_the_wide_weights_leaves_out_what_they_learnt_from() -> None:
    measured = load_card(weights_path("kuzushiji")).metrics["held_out"]
    found = index("kuzushiji")
    wide = measured["wide"]
    assert found["kkanji", "all", "accuracy"] == (measured["n"], round(measured["accuracy"], 5))
    assert found["kkanji", "all", "balanced_accuracy"] == (measured["n"], round(measured["macro_accuracy"], 5))
    for size, of in wide["kkanji"]["by_examples"].items():
        assert found["kkanji", f"all, classes of {size} training examples", "accuracy"] == (of["n"], round(of["top1"], 5))
    assert found["kmnist", "t10k, among 48 kana", "accuracy"] == (2000, wide["kmnist"]["kana48"]["top1"])
    assert found["mouse", "50 kanji, five times each", "top_5_accuracy"] == (250, wide["mouse"]["top5"])
    assert wide["kana_real"]["all"]["top1"] == 1, "the two books that the fit learnt from"
    assert not any("kana_real" in part or "book" in part for key in found for part in key)
    assert len(found) == len(rows("kuzushiji", measured))


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
