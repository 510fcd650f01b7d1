"""What a repository of weights holds: `config.json` and `model.safetensors`, as huggingface_hub's PyTorchModelHubMixin names them."""

from __future__ import annotations

import json
from pathlib import Path

from kmnist_model.errors import WeightsError
from kmnist_model.weights_file import FORMAT, Card

CONFIG = "config.json"
WEIGHTS = "model.safetensors"
MAX_BYTES = {CONFIG: 5_000_000, WEIGHTS: 250_000_000}  # 0.2 and 9 MB for 6,622 characters; a float32 ResNet-50 has 100 MB

_ABOUT_THE_FIT = ("training_data", "licence", "recipe", "metrics")  # in the weights' own metadata, and in the model card


def config(card: Card) -> str:
    """The text of `config.json`: what a program needs to use the network, a line for each field.

    Reading needs only `format` of it: the metadata of the weights hold the same. `classes` counts the characters and "not a character".
    """
    values = {"format": FORMAT, "classes": len(card.alphabet) + 1, **card.as_dict()}
    lines = [
        f"  {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}" for name, value in values.items() if name not in _ABOUT_THE_FIT
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def check_config(path: Path, repository: str) -> None:
    """Raise `WeightsError` unless the `config.json` at `path` says that the `repository` holds weights for this package."""
    try:
        values = json.loads(path.read_text("utf-8"))
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise WeightsError(
            f"{repository} on the Hugging Face Hub does not hold weights for kmnist_model: name a repository that python -m train export --push made."
        )
