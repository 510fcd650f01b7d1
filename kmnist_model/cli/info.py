"""`info`: the metadata of a weights file as JSON."""

from __future__ import annotations

import argparse
import json

from kmnist_model.cli import options
from kmnist_model.recognizer import weights_path
from kmnist_model.weights_file import load_card

HELP = "print the metadata of a weights file as JSON"
DESCRIPTION = "Print the metadata of a weights file as JSON."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `info`."""
    options.add_model(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the card; returns the exit code. Raises `WeightsError`."""
    card = load_card(weights_path(arguments.model))
    print(json.dumps(card.as_dict(), ensure_ascii=False, indent=2))
    return 0
