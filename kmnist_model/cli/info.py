"""`info`: the metadata of a weights file as JSON."""

from __future__ import annotations

import argparse
import json

from kmnist_model.cli import options
from kmnist_model.hub.address import is_address
from kmnist_model.hub.download import download
from kmnist_model.recognizer import weights_path
from kmnist_model.weights_file import load_card

HELP = "print the metadata of a weights file as JSON"
DESCRIPTION = "Print the metadata of a weights file as JSON."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `info`."""
    options.add_model(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the card, of weights from the Hub with the commit that they are from; returns the exit code. Raises `WeightsError`."""
    found = download(arguments.model) if is_address(arguments.model) else None
    about = {"hub": str(found.address)} if found else {}  # the commit that --model hf:... names today, to pin it
    card = load_card(found.path if found else weights_path(arguments.model))
    print(json.dumps(about | card.as_dict(), ensure_ascii=False, indent=2))
    return 0
