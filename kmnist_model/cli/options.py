"""Command-line options that several commands have."""

from __future__ import annotations

import argparse

from kmnist_model.engines.choice import ENGINES


def add_model(parser: argparse.ArgumentParser, default: str = "kmnist") -> None:
    """Add `--model`."""
    parser.add_argument(
        "--model",
        default=default,
        metavar="NAME|PATH|HUB",
        help="the weights: a name, a file, or hf:owner/name[@revision] on the Hugging Face Hub (default: %(default)s)",
    )


def add_device(parser: argparse.ArgumentParser) -> None:
    """Add `--device` and `--engine`."""
    parser.add_argument("--device", default="auto", help="auto, cuda, mps or cpu (default: auto)")
    help = "what runs the networks: onnx on a CPU, torch on a GPU (default: auto)"
    parser.add_argument("--engine", choices=ENGINES, default="auto", help=help)


def add_top(parser: argparse.ArgumentParser, formats: str = "--json") -> None:
    """Add `--top`, which some `formats` heed."""
    parser.add_argument("--top", type=_positive, metavar="N", help=f"with {formats}, only the first N candidates (default: all)")


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return int(text)
