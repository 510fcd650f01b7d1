"""A recipe is read from TOML and settings, and rejected with the nearest known name."""

from __future__ import annotations

from pathlib import Path

import pytest

import train
from train.recipe import Recipe, RecipeError, parse_setting, read_toml


def test_toml_gives_the_same_recipe_again(tmp_path: Path) -> None:
    recipe = Recipe(epochs=3, learning_rate=0.2, ema=0.9, mix=False, architecture="resnet18")
    path = tmp_path / "recipe.toml"
    path.write_text(recipe.to_toml())
    assert read_toml(path, Recipe()) == recipe


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("epochs=30", {"epochs": 30}),
        ("ema = 0.99", {"ema": 0.99}),
        ("augment=false", {"augment": False}),
        ("architecture=resnet34", {"architecture": "resnet34"}),
        ('architecture="resnet34"', {"architecture": "resnet34"}),
        ("learning_rate=none", {"learning_rate": None}),
    ],
)
def test_a_setting_is_parsed(text: str, values: dict[str, object]) -> None:
    assert parse_setting(text) == values
    assert Recipe().changed(values).as_dict().items() >= values.items()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("cutuot=3", r"no 'cutuot' \(did you mean cutout\?\)"),
        ("learning-rate=3", r"did you mean learning_rate\?"),
        ("epochs=many", "epochs cannot be 'many': give a whole number"),
        ("epochs=1.5", "epochs cannot be 1.5: give a whole number"),
        ("epochs=true", "epochs cannot be True"),
        ("augment=1", "augment cannot be 1: give true or false"),
        ("architecture=resnet43", r"No network is called 'resnet43' \(did you mean resnet34"),
        ("optimizer=sgdd", r"did you mean sgd\?"),
        ("schedule=cosine", "choose one of one_cycle, flat_cosine, constant"),
        ("epochs", "write name=value"),
        ("=3", "write name=value"),
        ("ema=1.0", "below 1"),
        ("batch_size=1", "at least 2"),
    ],
)
def test_what_a_recipe_cannot_be_is_rejected(text: str, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        Recipe().changed(parse_setting(text))


@pytest.mark.parametrize("content", [b"epochs = [", b"\xff\xfe", b"epoch = 3"])
def test_a_file_that_is_no_recipe_is_rejected_in_one_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "recipe.toml"
    path.write_bytes(content)
    with pytest.raises(RecipeError) as caught:
        read_toml(path, Recipe())
    assert str(caught.value).endswith(".")


def test_another_architecture_has_a_width_of_its_own() -> None:
    assert Recipe(width=16).changed({"architecture": "resnet18"}).width is None


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"learning_rate": 0.0}, "learning_rate cannot be 0.0: give a number above 0 or none."),
        ({"learning_rate": float("nan")}, "learning_rate cannot be nan: give a finite number or none."),
        ({"learning_rate": float("inf")}, "learning_rate cannot be inf: give a finite number or none."),
        ({"momentum": True}, "momentum cannot be True: give a number."),
        ({"width": "wide"}, "width cannot be 'wide': give a whole number or none."),
        ({"epochs": -1}, "epochs cannot be -1: give a number of at least 0."),
        ({"mixup": 0.4, "cutmix": 1.0}, "A fit mixes whole inks or patches, not both: set mixup or cutmix to 0."),
    ],
    ids=str,
)
def test_the_constructor_itself_rejects_in_one_sentence(values: dict[str, object], message: str) -> None:
    with pytest.raises(RecipeError) as caught:
        Recipe(**values)
    assert str(caught.value) == message


def test_a_recipe_cannot_be_changed_in_place() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Recipe().epochs = 3


def test_a_whole_number_is_a_number() -> None:
    assert Recipe().changed({"momentum": 0, "learning_rate": 1}) == Recipe(momentum=0.0, learning_rate=1.0)


@pytest.mark.parametrize("path", sorted((Path(train.__file__).parent / "recipes").glob("*.toml")), ids=lambda path: path.stem)
def test_the_recipes_of_the_wide_weights_can_be_read(path: Path) -> None:
    recipe = read_toml(path, Recipe())
    assert (recipe.architecture, recipe.mix) == ("preact_resnet18", False)
    assert recipe.samples is not None
