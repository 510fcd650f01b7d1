"""Weights as an ONNX file, for use without PyTorch; checked with ONNX Runtime."""

from __future__ import annotations

import contextlib
import json
import logging
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from safetensors.numpy import load_file

from kmnist_model import weights_file
from kmnist_model.engines.detector_maps import MAPS, MULTIPLE, PICTURE, torch_maps
from kmnist_model.engines.engine import normalise
from kmnist_model.engines.onnx_engine import FEATURES, FINGERPRINT, INPUT, LOGITS, SHA256, open_session
from kmnist_model.files import atomic_path
from kmnist_model.network import PreActResNet, fingerprint
from kmnist_model.page.detector_network import DetectorNetwork
from kmnist_model.recognizer import Recognizer
from kmnist_model.weights_file import tensors_sha256
from train.data.drawing import strokes
from train.data.splits import Examples
from train.errors import DataError

OPSET = 18
_ABOUT = (
    "ink: (batch, 1, size, size) float32, white ink 0..255 divided by 255, less mean, divided by std. "
    "features: (batch, channels), the vectors under the head. logits: (batch, characters + 1), the last for 'not a character'; divide by temperature before the softmax over the others. "
    "size, mean, std, temperature, threshold (of the log-odds for 'unknown') and the alphabet (rows of character, romaji, parents) are in the metadata."
)
_BATCH = 32
_DRAWN = 200
_MAX_DIFFERENCE = 1e-3  # of the detector's maps


@dataclass(frozen=True)
class Parity:
    """How an ONNX file at `path` answers `n` images, compared with its weights.

    `same` of the best characters are equal, and logits differ by at most `difference`.
    """

    path: Path
    n: int
    same: int
    difference: float

    def __str__(self) -> str:
        return f"{self.path}\tONNX, opset {OPSET}; {self.same:,} of {self.n:,} answers the same; logits differ by {self.difference:.2g} at most"


class _WithFeatures(torch.nn.Module):
    """A `PreActResNet` that gives its features beside its logits."""

    def __init__(self, network: PreActResNet) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        features = self.network.features(x)
        return self.network.head(features), features


def write(weights: Path, path: Path, examples: Examples) -> Parity:
    """Write the network of the `weights` file as ONNX to `path`, and check it on `examples`.

    The batch size is free, and the card is in the metadata. Raises `DataError`, and leaves no file, if an answer differs.
    """
    card, network = weights_file.load(weights)
    has_features = isinstance(network, PreActResNet)
    example = torch.zeros(2, 1, card.size, card.size)
    model = to_onnx(
        _WithFeatures(network) if isinstance(network, PreActResNet) else network,
        example,
        {0: torch.export.Dim("batch", min=1)},
        {INPUT: [LOGITS, FEATURES] if has_features else [LOGITS]},
        load_file(weights),
    )
    model.doc_string = _ABOUT
    values = {name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) for name, value in card.as_dict().items()}
    values |= {SHA256: tensors_sha256(weights), FINGERPRINT: fingerprint(network)}
    onnx.helper.set_model_props(model, values)
    onnx.checker.check_model(model)
    with atomic_path(path) as part:
        onnx.save_model(model, part)
        part.chmod(0o644)
        parity = _compare(Recognizer(card, network), part, path, examples)
        if parity.same < parity.n:
            raise DataError(
                f"{path.name} would answer {parity.n - parity.same} of {parity.n} images otherwise than {weights.name}, "
                "so it was not written: use the weights file itself."
            )
    return parity


def write_detector(weights: Path, path: Path) -> str:
    """Write the network of the detector at `weights` as ONNX to `path`, and check it on noise; returns a sentence about it.

    Raises `DataError`, and leaves no file, if its maps differ.
    """
    state = load_file(weights)
    network = DetectorNetwork()
    network.load_state_dict({name: torch.from_numpy(value) for name, value in state.items()})
    parts = {axis: MULTIPLE * torch.export.Dim(name, min=1, max=512) for axis, name in ((2, "rows"), (3, "columns"))}
    model = to_onnx(network, torch.zeros(1, 3, 3 * MULTIPLE, 2 * MULTIPLE), parts, {PICTURE: [MAPS]}, state)
    onnx.helper.set_model_props(model, {SHA256: tensors_sha256(weights)})
    onnx.checker.check_model(model)
    picture = np.random.default_rng(0).integers(0, 256, (5 * MULTIPLE, 4 * MULTIPLE, 3), np.uint8)
    with atomic_path(path) as part:
        onnx.save_model(model, part)
        part.chmod(0o644)
        batch = np.ascontiguousarray(picture.transpose(2, 0, 1)[None], np.float32) / np.float32(255)
        difference = float(np.abs(open_session(part).run([MAPS], {PICTURE: batch})[0][0] - torch_maps(network)(picture)).max())
        if difference > _MAX_DIFFERENCE:
            raise DataError(f"{path.name} would give other maps than {weights.name}, by {difference:.2g}, so it was not written.")
    return f"{path}\tONNX, opset {OPSET}; the maps differ by {difference:.2g} at most"


def to_onnx(
    network: torch.nn.Module,
    example: torch.Tensor,
    free: dict[int, Any],
    names: dict[str, list[str]],
    stored: Mapping[str, NDArray[Any]],
) -> onnx.ModelProto:
    """The network for inputs like `example`, whose sides `free` may be of other lengths; `names` is {input: outputs}.

    What a file of weights has `stored` in float16 stays so, bit for bit, and is converted as the file is loaded.
    """
    ((entry, outputs),) = names.items()
    for module in network.modules():  # the exporter makes a missing bias in a dozen steps that nothing removes again
        if isinstance(module, torch.nn.Conv2d) and module.bias is None:
            module.bias = torch.nn.Parameter(torch.zeros(module.out_channels))
    with _quiet():
        program = torch.onnx.export(
            network.eval(),
            (example,),
            input_names=[entry],
            output_names=outputs,
            dynamic_shapes=(free,),
            opset_version=OPSET,
            dynamo=True,
            optimize=False,  # it would fold the normalisation into weights that no longer fit float16: ONNX Runtime folds them
            verbose=False,
        )
    if program is None:
        raise DataError("PyTorch exported no network: check the installed onnxscript.")
    model = program.model_proto
    casts = []
    for tensor in model.graph.initializer:
        value = stored.get(tensor.name, stored.get(tensor.name.partition(".")[2]))
        if value is not None and value.dtype == np.float16:
            name = tensor.name
            tensor.CopyFrom(onnx.numpy_helper.from_array(value, f"{name}.half"))
            casts.append(onnx.helper.make_node("Cast", [f"{name}.half"], [name], to=onnx.TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    del model.graph.value_info[:]
    return model


def drawn(card: weights_file.Card, count: int = _DRAWN) -> Examples:
    """Drawings of `count` characters of the alphabet, chosen by chance, to check a file on where no dataset is at hand."""
    rng = np.random.default_rng(0)
    known = [index for index, entry in enumerate(card.alphabet) if strokes.has(entry.character)]
    chosen = rng.choice(known, count)
    inks = [strokes.to_ink(strokes.jitter(strokes.load(card.alphabet[index].character), rng), card.size) for index in chosen]
    return Examples(np.stack(inks), chosen)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Suppress the progress output of the exporter."""
    logger = logging.getLogger("torch.onnx")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
            yield
    finally:
        logger.setLevel(before)


def logits(path: Path, inks: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The outputs (N, characters + 1) of the ONNX file at `path` for inks (N, size, size) uint8, normalised by its metadata."""
    session = open_session(path)
    values = session.get_modelmeta().custom_metadata_map
    x = normalise(inks, float(values["mean"]), float(values["std"]))
    return np.concatenate([session.run([LOGITS], {INPUT: x[start : start + _BATCH]})[0] for start in range(0, len(x), _BATCH)])


def _compare(recognizer: Recognizer, part: Path, path: Path, examples: Examples) -> Parity:
    ours = recognizer.logits(examples.inks)
    theirs = logits(part, examples.inks)
    same = int((ours[:, :-1].argmax(1) == theirs[:, :-1].argmax(1)).sum())
    return Parity(path, len(examples), same, float(np.abs(ours - theirs).max()))
