"""Weights files: safetensors whose metadata holds everything needed to use them."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from kmnist_model.alphabet import Alphabet
from kmnist_model.errors import WeightsError
from kmnist_model.files import atomic_path
from kmnist_model.stroke_width import SIZE

if TYPE_CHECKING:
    import torch

# The names of network.REGISTRY, here because to read a card needs no PyTorch.
ARCHITECTURES = (
    *("preact_resnet20", "preact_resnet18", "resnet18", "resnet34", "resnet50"),
    *("resnet18_stock", "resnet34_stock", "resnet50_stock"),
)
FORMAT = "kmnist_model/1"
_LATER = ("size", "restrictions", "sure")  # fields that the first weights files lack: they are KMNIST's


@dataclass(frozen=True)
class Card:
    """The metadata of a weights file.

    The network has one output for each entry of `alphabet`, in order, and a last one for "not a character". `mean` and `std`
    normalise ink / 255; the input is a square of `size` px; `temperature` divides the logits; a known logit below `threshold` (natural
    log-odds) is "unknown", and one below `sure` is "perhaps" the best candidate (None: there is no such doubt).
    `restrictions` holds the same three numbers among the "kana" and among the "kanji" alone.
    """

    architecture: str
    width: int | None
    alphabet: Alphabet
    mean: float
    std: float
    temperature: float
    threshold: float
    training_data: list[str]
    licence: str
    recipe: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    size: int = SIZE
    restrictions: dict[str, dict[str, float]] = field(default_factory=dict)
    sure: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """All fields as plain JSON values, the alphabet as its rows."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return values | {"alphabet": {"name": self.alphabet.name, "rows": self.alphabet.rows()}}


def save(path: Path, network: torch.nn.Module, card: Card, half: bool = False) -> None:
    """Write the weights of `network` with `card` as their metadata, whole or not at all.

    `half` stores them in float16; `load` converts them back to float32.
    """
    from safetensors.torch import save_file

    state = {name: value.detach().cpu().contiguous() for name, value in network.state_dict().items()}
    if half:
        state = {name: value.half() if value.is_floating_point() else value for name, value in state.items()}
    metadata = {name: json.dumps(value, ensure_ascii=False) for name, value in card.as_dict().items()}
    with atomic_path(path) as part:
        save_file(state, part, {"format": FORMAT, **metadata})
        part.chmod(0o644)  # safetensors gives the file to its owner only


def load_card(path: Path) -> Card:
    """Read and check the metadata of a weights file; raises `WeightsError` if it is missing or invalid."""
    return _parse(path, _open(path, "np", tensors=False)[0])


def load(path: Path) -> tuple[Card, torch.nn.Module]:
    """Read a weights file into its network, in evaluation mode on the CPU; raises `WeightsError` with what is wrong."""
    import torch

    from kmnist_model.network import build

    metadata, state = _open(path, "pt")
    card = _parse(path, metadata)
    try:
        with torch.device("meta"):  # takes no memory: metadata may name a network far larger than the file
            network = build(card.architecture, len(card.alphabet) + 1, card.width)
        kinds = {name: value.dtype for name, value in network.state_dict().items()}
        network.load_state_dict({name: value.to(kinds.get(name)) for name, value in state.items()}, assign=True)
    except (RuntimeError, ValueError):  # ValueError for a width that the architecture does not take
        raise WeightsError(f"{path.name} does not hold the weights of a {card.architecture}: get the file again.") from None
    if not all(bool(torch.isfinite(value).all()) for value in state.values()):
        raise WeightsError(f"{path.name} holds weights that are not numbers: get the file again.")
    return card, network.eval()


def load_state(path: Path) -> dict[str, torch.Tensor]:
    """Read only the tensors of a weights file, for a fit to start from; raises `WeightsError` where it cannot be read."""
    return _open(path, "pt")[1]


def float_tensors(path: Path) -> dict[str, NDArray[np.float32]]:
    """The tensors of a weights file as float32 arrays, for use without PyTorch; raises `WeightsError` where it cannot be read."""
    return {name: value.astype(np.float32) for name, value in _open(path, "np")[1].items()}


def tensors_sha256(path: Path) -> str:
    """The SHA-256 of a safetensors file's tensors, which no change of its metadata changes. Raises `WeightsError` where it cannot be read."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise WeightsError(f"{path.name} cannot be read ({error.strerror}): get it again.") from None
    return hashlib.sha256(memoryview(data)[8 + int.from_bytes(data[:8], "little") :]).hexdigest()


def _open(path: Path, framework: Literal["np", "pt"], tensors: bool = True) -> tuple[dict[str, str], dict[str, Any]]:
    if not path.is_file():
        raise WeightsError(f"There is no weights file {path}: give the path of a .safetensors file.")
    try:
        with safe_open(path, framework=framework) as file:
            names = file.keys() if tensors else ()
            return file.metadata() or {}, {name: file.get_tensor(name) for name in names}
    except (SafetensorError, OSError, ValueError) as error:
        raise WeightsError(f"{path.name} is not a whole safetensors file ({error}): get it again.") from None


def _parse(path: Path, metadata: dict[str, str]) -> Card:
    if metadata.get("format") != FORMAT:
        raise WeightsError(f"{path.name} was not written for kmnist_model: export it with python -m train export.")
    try:
        names = [name for name in Card.__dataclass_fields__ if name not in _LATER or name in metadata]
        values = {name: json.loads(metadata[name]) for name in names}
        table = values.pop("alphabet")
        card = Card(alphabet=Alphabet.from_rows(table["name"], table["rows"]), **values)
        _check(card)
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
        raise WeightsError(f"The metadata of {path.name} is not usable ({error}): get the file again.") from None
    return card


def _check(card: Card) -> None:
    if card.architecture not in ARCHITECTURES:
        raise ValueError(f"unknown architecture {card.architecture!r}")
    if card.width is not None and not (type(card.width) is int and 1 <= card.width <= 1024):
        raise ValueError(f"width {card.width!r}")
    if type(card.size) is not int or not 8 <= card.size <= 256:
        raise ValueError(f"size {card.size!r}")
    for name in ("mean", "std", "temperature", "threshold"):
        value = getattr(card, name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise ValueError(f"{name} {value!r}")
    if not isinstance(card.restrictions, dict) or not all(
        {"temperature", "threshold"} <= set(it) <= {"temperature", "threshold", "sure"}
        and it["temperature"] > 0
        and all(math.isfinite(value) for value in it.values())
        for it in card.restrictions.values()
    ):
        raise ValueError(f"restrictions {card.restrictions!r}")
    if card.sure is not None and not (isinstance(card.sure, int | float) and math.isfinite(card.sure)):
        raise ValueError(f"sure {card.sure!r}")
    if card.std <= 0 or card.temperature <= 0 or not len(card.alphabet):
        raise ValueError("std, temperature and the number of characters must be above 0")
    if not all(isinstance(text, str) for row in card.alphabet.rows() for text in row):
        raise ValueError("an alphabet of something else than text")
    if not isinstance(card.recipe, dict) or not isinstance(card.metrics, dict) or not isinstance(card.training_data, list):
        raise ValueError("recipe, metrics or training data of the wrong kind")
