"""The recipe of the command line: the tutorial, a file, single fields, in that order."""

from __future__ import annotations

from pathlib import Path

from train.arguments import parser, recipe_of
from train.recipe import TUTORIAL


def test_the_command_line_outranks_the_file_and_the_file_the_tutorial(tmp_path: Path) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text("epochs = 7\nbatch_size = 64\n")
    words = ["fit", "--tutorial", "--recipe", str(path), "--set", "momentum=0.8", "--epochs", "3"]
    recipe = recipe_of(parser().parse_args(words))
    assert recipe == TUTORIAL.changed({"epochs": 3, "batch_size": 64, "momentum": 0.8})


def test_the_mix_is_kmnists_alone() -> None:
    assert recipe_of(parser().parse_args(["fit"])).mix
    assert not recipe_of(parser().parse_args(["fit", "--dataset", "k49"])).mix
