"""The command line's arguments and help texts, and what they mean for a recipe and a dataset."""

from __future__ import annotations

import argparse
from pathlib import Path

from kmnist_model.recognizer import WEIGHTS
from train.data.catalogue import DATASETS
from train.data.splits import PROTOCOLS
from train.fitting.tracking import TRACKERS
from train.recipe import TUTORIAL, Recipe, parse_setting, read_toml

_FIELDS = ", ".join(Recipe.model_fields)


def parser() -> argparse.ArgumentParser:
    """All commands."""
    main = argparse.ArgumentParser(prog="python -m train", description="Make the weights of kmnist_model.")
    commands = main.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_data_command(commands.add_parser("data", help="list, fetch, verify and show the datasets"))
    fit = commands.add_parser("fit", help="train, calibrate and write a weights file")
    find_rate = commands.add_parser("find-lr", help="run the learning-rate finder alone")
    find_batch = commands.add_parser("find-batch-size", help="find the largest batch that learns as well as a smaller one")
    for command in (fit, find_rate, find_batch):
        _add_recipe(command)
    fit.add_argument("--resume", action="store_true", help="go on from the checkpoint in --out, if there is one")
    fit.add_argument("--track", choices=TRACKERS, help="log to Weights & Biases (offline where there is no account) or for TensorBoard")
    find_rate.add_argument("--seeds", type=int, default=1, metavar="N", help="run it from N seeds, and say how far the picks lie apart")
    find_batch.add_argument(
        "--samples", type=int, default=16_384, metavar="N", help="how many examples each size learns from (default: 16384)"
    )
    measure = commands.add_parser("evaluate", help="measure weights on the held-out data: once, at the end")
    ship = commands.add_parser("export", help="measure weights, and put them with their figures where kmnist_model finds them")
    ship.add_argument("--name", default="kmnist", help="the name they get (default: kmnist)")
    ship.add_argument("--out", type=Path, default=WEIGHTS, help="the folder they go to (default: kmnist_model/weights)")
    ship.add_argument("--onnx", type=Path, metavar="FILE", help="write them as ONNX as well")
    ship.add_argument(
        "--push", metavar="REPO", help="upload weights, card and report to the model REPO (owner/name) of the Hugging Face Hub"
    )
    report = commands.add_parser("report", help="a page and a model card about a finished fit, with figures of the held-out data")
    report.add_argument("run", metavar="RUN|NAME|PATH", help="the --out of a fit; or weights alone, whose report has no curves")
    report.add_argument("--out", type=Path, metavar="DIR", help="where report.html and model_card.md go (default: where the weights lie)")
    report.add_argument(
        "--no-pictures", action="store_true", help="leave out the dataset's pictures, for a page that goes where they may not"
    )
    report.add_argument("--finder", type=Path, metavar="DIR", help="the --out of a find-lr, for a fit that was given its rate")
    _add_data(report)
    report.set_defaults(dataset=None)
    side_by_side = commands.add_parser("compare", help="weights files side by side on the same held-out data")
    side_by_side.add_argument("weights", nargs="+", metavar="NAME|PATH", help="the weights")
    side_by_side.add_argument("--out", type=Path, default=Path("runs/compare.png"), metavar="FILE", help="where the picture goes")
    _add_data(side_by_side)
    for command in (measure, ship):
        command.add_argument("--weights", default="kmnist", metavar="NAME|PATH", help="the weights (default: kmnist)")
        _add_data(command)
    measure.add_argument("--json", action="store_true", help="print one JSON object")
    return main


def _add_data_command(command: argparse.ArgumentParser) -> None:
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="name, size, classes, licence and citation of each, and what of it is here")
    fetch = actions.add_parser("fetch", help="download what is missing, resumed and verified")
    verify = actions.add_parser("verify", help="check the files that are here against their published sums")
    show = actions.add_parser("show", help="save a sheet of each class's images")
    for action in (listing, fetch, verify, show):
        action.add_argument("--data", metavar="DIR", help="the folder of the datasets (default: KMNIST_DATA, else data/)")
    for action in (fetch, verify):
        action.add_argument("name", choices=DATASETS, help="the dataset")
    show.add_argument("name", metavar="NAME", help=f"the dataset: {', '.join(DATASETS)}, or folder:PATH")
    show.add_argument("--no-verify", action="store_true", help="take files that are not the official ones, by their MD5")
    show.add_argument("--out", type=Path, default=Path("runs/sheets"), metavar="DIR", help="where the sheets go (default: runs/sheets)")


def _add_data(command: argparse.ArgumentParser) -> None:
    protocols = "; ".join(f"{name}: {', '.join(known)}" for name, known in PROTOCOLS.items())
    command.add_argument("--data", metavar="DIR", help="the folder of the datasets (default: KMNIST_DATA, else data/)")
    command.add_argument(
        "--dataset",
        default="kmnist",
        metavar="NAME",
        help=f"{', '.join(DATASETS)}, or folder:PATH with pictures of your own (default: kmnist; for a report, the fit's)",
    )
    command.add_argument("--protocol", metavar="NAME", help=f"what is learnt from, and what is held out ({protocols}; default: the first)")
    command.add_argument("--no-verify", action="store_true", help="take files that are not the official ones, by their MD5")


def _add_recipe(command: argparse.ArgumentParser) -> None:
    _add_data(command)
    command.add_argument(
        "--extra", action="append", default=[], metavar="folder:PATH", help="pictures or corrections to learn from as well"
    )
    command.add_argument("--out", type=Path, default=Path("runs/kmnist"), metavar="DIR", help="where all that is made goes")
    command.add_argument("--init", metavar="PATH", help="a weights file whose body the fit starts from")
    command.add_argument("--tutorial", action="store_true", help="the original tutorial's recipe instead of ours")
    command.add_argument("--recipe", type=Path, metavar="FILE", help="a TOML file with fields of the recipe")
    command.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help=f"a field of the recipe: {_FIELDS}")
    for name in ("seed", "epochs", "batch_size"):
        command.add_argument(f"--{name.replace('_', '-')}", type=int, help=f"as --set {name}=… ({getattr(Recipe(), name)})")
    command.add_argument("--learning-rate", type=float, help="as --set learning_rate=… (the finder's)")


def recipe_of(arguments: argparse.Namespace) -> Recipe:
    """The recipe that the arguments ask for: ours or the tutorial's, then the TOML file's fields, then single ones. Raises `RecipeError`."""
    recipe = TUTORIAL if arguments.tutorial else Recipe()
    if arguments.dataset != "kmnist":  # the mix is of KMNIST's ten characters
        recipe = recipe.changed({"mix": False})
    if arguments.recipe:
        recipe = read_toml(arguments.recipe, recipe)
    for text in arguments.set:
        recipe = recipe.changed(parse_setting(text))
    given = {name: getattr(arguments, name) for name in ("seed", "epochs", "batch_size", "learning_rate")}
    return recipe.changed({name: value for name, value in given.items() if value is not None})
