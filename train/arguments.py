"""The arguments and help texts of the command line, and the recipe that they describe."""

from __future__ import annotations

import argparse
from pathlib import Path

from kmnist_model.characters.historical_forms import FILE as FORMS
from kmnist_model.explain.sets import FILE as SETS
from kmnist_model.gallery.gallery import FILE as GALLERY
from kmnist_model.page.detector import FILE as DETECTOR
from kmnist_model.recognizer import WEIGHTS
from train.data.catalogue import DATASETS
from train.data.splits import PROTOCOLS
from train.fitting.tracking import TRACKERS
from train.learn import FILE as LEARN
from train.recipe import TUTORIAL, Recipe, parse_setting, read_toml

_FIELDS = ", ".join(Recipe.model_fields)


def parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    main = argparse.ArgumentParser(prog="python -m train", description="Make the weights of kmnist_model.")
    commands = main.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_data_command(commands.add_parser("data", help="list, fetch, verify and show the datasets"))
    fit = commands.add_parser("fit", help="train, calibrate and write a weights file")
    find_rate = commands.add_parser("find-lr", help="run only the learning-rate finder")
    find_batch = commands.add_parser("find-batch-size", help="find the largest batch that learns as well as a smaller one")
    for command in (fit, find_rate, find_batch):
        _add_recipe(command)
    fit.add_argument("--resume", action="store_true", help="continue from the checkpoint in --out, if there is one")
    fit.add_argument("--track", choices=TRACKERS, help="log to Weights & Biases (offline without an account) or for TensorBoard")
    find_rate.add_argument(
        "--seeds", type=int, default=1, metavar="N", help="run it with N seeds, and print the ratio of the largest to the smallest pick"
    )
    find_batch.add_argument(
        "--samples", type=int, default=16_384, metavar="N", help="number of examples each size is trained on (default: 16384)"
    )
    measure = commands.add_parser("evaluate", help="measure weights on the test images: once, at the end")
    release = commands.add_parser("export", help="measure weights, and release them with their metrics to kmnist_model")
    release.add_argument("--name", default="kmnist", help="name of the released weights (default: kmnist)")
    release.add_argument("--out", type=Path, default=WEIGHTS, help="folder of the released weights (default: kmnist_model/weights)")
    release.add_argument(
        "--left-out", metavar="PATH", help="weights of the protocol first-book: the thresholds are set by the book that they left out"
    )
    release.add_argument("--thresholds-of", metavar="PATH", help="take the thresholds of these weights, which the fit went on from")
    release.add_argument(
        "--threshold",
        type=float,
        metavar="X",
        help="answer unknown only below this log-odds, and perhaps from there to the weights' own threshold",
    )
    release.add_argument("--onnx", type=Path, metavar="FILE", help="also write them as ONNX")
    release.add_argument(
        "--push",
        metavar="REPO",
        help="upload config.json, model.safetensors, model card and report to the model REPO (owner/name) of the Hugging Face Hub",
    )
    report = commands.add_parser("report", help="write an HTML report and a model card of a finished fit, with metrics of the test images")
    report.add_argument("run", metavar="RUN|NAME|PATH|HUB", help="the --out of a fit; or a weights file, whose report has no curves")
    report.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="folder for report.html and model_card.md (default: the folder of the weights; for hf:owner/name the current one)",
    )
    report.add_argument(
        "--no-pictures", action="store_true", help="leave out the dataset's pictures, for a page that may be public when they may not"
    )
    report.add_argument("--finder", type=Path, metavar="DIR", help="the --out of find-lr, for a fit that did not run the finder")
    _add_data(report)
    report.set_defaults(dataset=None)
    side_by_side = commands.add_parser("compare", help="compare weights files on the same test images")
    side_by_side.add_argument("weights", nargs="+", metavar="NAME|PATH|HUB", help="the weights")
    side_by_side.add_argument("--out", type=Path, default=Path("runs/compare.png"), metavar="FILE", help="file for the picture")
    _add_data(side_by_side)
    _add_forms(commands.add_parser("forms", help="make the prototypes that tell the historical forms of a kana, and measure them"))
    _add_gallery(commands.add_parser("gallery", help="make the gallery of real characters that a reading is compared with, and measure it"))
    _add_learn(commands.add_parser("learn", help="make what the page's Learn tab shows: strokes, historical letters, real examples"))
    _add_sets(commands.add_parser("sets", help="find the margin of the sets that hold the right character in 95 of 100 readings"))
    _add_detector(commands.add_parser("detector", help="make the detector of characters on pages, from made scans"))
    files = commands.add_parser(
        "onnx", help="write what ONNX Runtime reads with: NAME.onnx and NAME.int8.onnx beside each weights file, and the detector's"
    )
    files.add_argument(
        "weights", nargs="*", metavar="NAME|PATH", help="the weights (default: all that kmnist_model holds, and its detector)"
    )
    files.add_argument(
        "--data", metavar="DIR", help="the folder of the datasets whose training images calibrate int8 (default: KMNIST_DATA, else data/)"
    )
    for command in (measure, release):
        command.add_argument("--weights", default="kmnist", metavar="NAME|PATH|HUB", help="the weights (default: kmnist)")
        _add_data(command)
    measure.add_argument("--json", action="store_true", help="print one JSON object")
    return main


def _add_data_command(command: argparse.ArgumentParser) -> None:
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="name, size, classes, licence and citation of each, and the files that are present")
    fetch = actions.add_parser("fetch", help="download missing files, resumed and verified")
    verify = actions.add_parser("verify", help="check the present files against their published MD5")
    show = actions.add_parser("show", help="save a sheet of each class's images")
    for action in (listing, fetch, verify, show):
        action.add_argument("--data", metavar="DIR", help="the folder of the datasets (default: KMNIST_DATA, else data/)")
    for action in (fetch, verify):
        action.add_argument("name", choices=DATASETS, help="the dataset")
    show.add_argument("name", metavar="NAME", help=f"the dataset: {', '.join(DATASETS)}, or folder:PATH")
    show.add_argument("--no-verify", action="store_true", help="accept files whose MD5 is not the official one")
    show.add_argument("--out", type=Path, default=Path("runs/sheets"), metavar="DIR", help="folder for the sheets (default: runs/sheets)")


def _add_forms(command: argparse.ArgumentParser) -> None:
    command.add_argument("--data", metavar="DIR", help="the folder of the datasets (default: KMNIST_DATA, else data/)")
    command.add_argument(
        "--weights", default="kuzushiji", metavar="NAME|PATH|HUB", help="the weights to make them for (default: kuzushiji)"
    )
    command.add_argument("--out", type=Path, default=FORMS, metavar="FILE", help="file for the prototypes (default: that of the package)")


def _add_gallery(command: argparse.ArgumentParser) -> None:
    command.add_argument("--data", metavar="DIR", help="the folder of the datasets (default: KMNIST_DATA, else data/)")
    command.add_argument("--weights", default="kuzushiji", metavar="NAME|PATH|HUB", help="the weights to make it for (default: kuzushiji)")
    command.add_argument(
        "--out",
        type=Path,
        default=GALLERY,
        metavar="FILE",
        help="file for the vectors, the sprite beside it (default: that of the package)",
    )


def _add_learn(command: argparse.ArgumentParser) -> None:
    command.add_argument("--data", metavar="DIR", help="the folder of the datasets (default: KMNIST_DATA, else data/)")
    command.add_argument("--weights", default="kuzushiji", metavar="NAME|PATH", help="the weights of the gallery (default: kuzushiji)")
    command.add_argument("--out", type=Path, default=LEARN, metavar="FILE", help="file for the data (default: that of the page)")


def _add_sets(command: argparse.ArgumentParser) -> None:
    command.add_argument("--data", metavar="DIR", help="the folder of the datasets (default: KMNIST_DATA, else data/)")
    command.add_argument("--weights", default="kuzushiji", metavar="NAME|PATH|HUB", help="the weights to find it for (default: kuzushiji)")
    command.add_argument("--out", type=Path, default=SETS, metavar="FILE", help="file for the margin (default: that of the package)")


def _add_detector(command: argparse.ArgumentParser) -> None:
    command.add_argument("--data", metavar="DIR", help="the folder of the datasets (default: KMNIST_DATA, else data/)")
    command.add_argument("--scans", type=int, default=1600, metavar="N", help="made scans to learn from (default: 1600)")
    command.add_argument("--steps", type=int, default=5000, metavar="N", help="steps of the fit, of 8 crops each (default: 5000)")
    command.add_argument("--bf16", action="store_true", help="compute in bfloat16: half the time on processors with AVX-512 BF16")
    command.add_argument(
        "--work", type=Path, default=Path("runs/detector"), metavar="DIR", help="folder for the scans, which are made once"
    )
    command.add_argument("--out", type=Path, default=DETECTOR, metavar="FILE", help="file for the detector (default: that of the package)")


def _add_data(command: argparse.ArgumentParser) -> None:
    protocols = "; ".join(f"{name}: {', '.join(known)}" for name, known in PROTOCOLS.items())
    command.add_argument("--data", metavar="DIR", help="the folder of the datasets (default: KMNIST_DATA, else data/)")
    command.add_argument(
        "--dataset",
        default="kmnist",
        metavar="NAME",
        help=f"{', '.join(DATASETS)}, or folder:PATH with your own pictures (default: kmnist; for a report, that of the fit)",
    )
    command.add_argument(
        "--protocol",
        metavar="NAME",
        help=f"how the dataset is split into training, validation and test images ({protocols}; default: the first)",
    )
    command.add_argument("--no-verify", action="store_true", help="accept files whose MD5 is not the official one")


def _add_recipe(command: argparse.ArgumentParser) -> None:
    _add_data(command)
    command.add_argument(
        "--extra",
        action="append",
        default=[],
        metavar="folder:PATH|k49",
        help="your own pictures or corrections, or Kuzushiji-49 from the data folder, to add to the training data",
    )
    command.add_argument("--out", type=Path, default=Path("runs/kmnist"), metavar="DIR", help="folder for all output files")
    command.add_argument(
        "--init", metavar="PATH", help="weights to start from; their last layer is used only where the characters are the same"
    )
    command.add_argument("--tutorial", action="store_true", help="use the original tutorial's recipe instead of ours")
    command.add_argument("--recipe", type=Path, metavar="FILE", help="a TOML file with fields of the recipe")
    command.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help=f"a field of the recipe: {_FIELDS}")
    for name in ("seed", "epochs", "batch_size"):
        command.add_argument(f"--{name.replace('_', '-')}", type=int, help=f"same as --set {name}=… (default: {getattr(Recipe(), name)})")
    command.add_argument("--learning-rate", type=float, help="same as --set learning_rate=… (default: from the finder)")


def recipe_of(arguments: argparse.Namespace) -> Recipe:
    """The recipe of the arguments: ours or the tutorial's, then the TOML file's fields, then single ones.

    Raises `RecipeError`.
    """
    recipe = TUTORIAL if arguments.tutorial else Recipe()
    if arguments.dataset != "kmnist":  # the mix is for KMNIST's ten characters
        recipe = recipe.changed({"mix": False})
    if arguments.recipe:
        recipe = read_toml(arguments.recipe, recipe)
    for text in arguments.set:
        recipe = recipe.changed(parse_setting(text))
    single = {name: getattr(arguments, name) for name in ("seed", "epochs", "batch_size", "learning_rate")}
    return recipe.changed({name: value for name, value in single.items() if value is not None})
