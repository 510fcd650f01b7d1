"""The command line: python -m train fit | find-lr | evaluate | export."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from kmnist_model.checkpoint import load_card, load_state
from kmnist_model.errors import KmnistError
from kmnist_model.recognizer import WEIGHTS, Recognizer, weights_path
from train import export, report
from train.data import PROTOCOLS, data_folder
from train.evaluate import evaluate
from train.fit import find_rate, fit, make_learner
from train.recipe import TUTORIAL, Recipe
from train.task import prepare

_SWITCHES = {"label_smoothing", "rotation", "scale", "aspect", "shear", "shift", "elastic", "pen", "cutout", "outliers"}


def parser() -> argparse.ArgumentParser:
    """The command line's arguments and help texts."""
    main = argparse.ArgumentParser(prog="python -m train", description="Make the weights of kmnist_model.")
    commands = main.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, text in (("fit", "train, calibrate and write a weights file"), ("find-lr", "run the learning-rate finder alone")):
        _add_recipe(commands.add_parser(name, help=text, formatter_class=argparse.ArgumentDefaultsHelpFormatter))
    measure = commands.add_parser("evaluate", help="measure weights on the held-out data: once, at the end")
    ship = commands.add_parser("export", help="measure weights, and put them with their figures where kmnist_model finds them")
    ship.add_argument("--name", default="kmnist", help="the name they get (default: kmnist)")
    ship.add_argument("--out", type=Path, default=WEIGHTS, help="the folder they go to (default: kmnist_model/weights)")
    for command in (measure, ship):
        command.add_argument("--weights", default="kmnist", metavar="NAME|PATH", help="the weights (default: kmnist)")
        _add_data(command)
    measure.add_argument("--json", action="store_true", help="print one JSON object")
    return main


def _add_data(command: argparse.ArgumentParser) -> None:
    command.add_argument("--data", metavar="DIR", help="the folder of the datasets (default: KMNIST_DATA, else data/)")
    command.add_argument("--protocol", choices=PROTOCOLS, default="t10k", help="what is learnt from, and what is held out")
    command.add_argument("--no-verify", action="store_true", help="take files that are not the official ones, by their MD5")


def _add_recipe(command: argparse.ArgumentParser) -> None:
    default = Recipe()
    _add_data(command)
    command.add_argument("--out", type=Path, default=Path("runs/kmnist"), metavar="DIR", help="where all that is made goes")
    command.add_argument("--init", metavar="PATH", help="a weights file whose body the fit starts from")
    command.add_argument("--tutorial", action="store_true", help="the original tutorial's recipe instead of ours")
    command.add_argument("--seed", type=int, default=default.seed, help="of everything random")
    command.add_argument("--epochs", type=int, default=default.epochs, help="of the one-cycle fit")
    command.add_argument("--batch-size", type=int, default=default.batch_size, help="examples in a batch")
    command.add_argument("--learning-rate", type=float, help="instead of the finder's")
    command.add_argument("--architecture", help="one of kmnist_model.network's")
    command.add_argument("--width", type=int, help="channels of the first stage")
    command.add_argument("--no-augment", action="store_true", help="leave the inks as they are")
    command.add_argument("--no-mix", action="store_true", help="learn from the dataset alone")
    for name in sorted(_SWITCHES):
        kind = type(getattr(default, name))
        command.add_argument(f"--{name.replace('_', '-')}", type=kind, help=f"see train/recipe.py ({getattr(default, name)})")


def _recipe(arguments: argparse.Namespace) -> Recipe:
    recipe = TUTORIAL if arguments.tutorial else Recipe()
    given = {name: value for name in _SWITCHES if (value := getattr(arguments, name)) is not None}
    if arguments.architecture:
        given |= {"architecture": arguments.architecture, "width": None}
    if arguments.width:
        given["width"] = arguments.width
    return replace(
        recipe,
        **given,
        seed=arguments.seed,
        epochs=arguments.epochs,
        batch_size=arguments.batch_size,
        learning_rate=arguments.learning_rate,
        augment=recipe.augment and not arguments.no_augment,
        mix=recipe.mix and not arguments.no_mix and arguments.protocol != "kkanji",
    )


def _fit(arguments: argparse.Namespace) -> None:
    recipe = _recipe(arguments)
    task = prepare(data_folder(arguments.data), arguments.protocol, recipe, not arguments.no_verify)
    init = load_state(weights_path(arguments.init)) if arguments.init else None
    if arguments.command == "find-lr":
        found = find_rate(make_learner(recipe, task.split, task.outliers, init), recipe.seed)
        report.save_finder_curve(found, arguments.out / "finder.png")
        print("\n".join(f"{name}\t{rate:.3g}" for name, rate in found.suggestions.items()))
        print(f"curve\t{arguments.out / 'finder.png'}")
        return
    fitted = fit(recipe, task.split, task.outliers, init)
    if arguments.init:
        task.added.append(f"body pretrained on {load_card(weights_path(arguments.init)).alphabet.name}")
    path = arguments.out / f"{task.split.alphabet.name}.safetensors"
    card = export.write(path, fitted, task)
    if fitted.found:
        report.save_finder_curve(fitted.found, arguments.out / "finder.png")
    log = {"recipe": fitted.recipe.as_dict(), "seconds": fitted.seconds, "metrics": card.metrics, "epochs": fitted.history}
    (arguments.out / "fit.json").write_text(json.dumps(log, indent=2) + "\n")
    print(path)
    for name, figures in card.metrics["validation"].items():
        print("\t".join([name, *(f"{figure} {value:.4g}" for figure, value in figures.items())]))


def _measure(arguments: argparse.Namespace) -> None:
    path = weights_path(arguments.weights)
    figures = evaluate(Recognizer.load(path), data_folder(arguments.data), arguments.protocol, not arguments.no_verify)
    if arguments.command == "export":
        target = export.ship(path, arguments.name, figures, arguments.out)
        card = Recognizer.load(target, "cpu").card
        target.with_suffix(".md").write_text(report.model_card(arguments.name, card, figures))
        print(target)
    elif arguments.json:
        print(json.dumps(figures))
    else:
        print("\n".join(report.lines(figures)))


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line with `argv` (the process's by default); returns the exit code."""
    arguments = parser().parse_args(argv)
    try:
        (_fit if arguments.command in ("fit", "find-lr") else _measure)(arguments)
    except (KmnistError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped: nothing was written.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
