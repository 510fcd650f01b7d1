"""Weights as an ONNX file, for use without PyTorch; checked with ONNX Runtime."""

from __future__ import annotations

import contextlib
import json
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray

from kmnist_model import weights_file
from kmnist_model.files import atomic_path
from kmnist_model.network import fuse
from kmnist_model.preprocess import to_tensor
from kmnist_model.recognizer import Recognizer
from train.data.splits import Examples
from train.errors import DataError

OPSET = 18
_INPUT, _OUTPUT = "ink", "logits"
_ABOUT = (
    "ink: (batch, 1, size, size) float32, white ink 0..255 divided by 255, less mean, divided by std. "
    "logits: (batch, characters + 1), the last for 'not a character'; divide by temperature before the softmax over the others. "
    "size, mean, std, temperature, threshold (of the log-odds for 'unknown') and the alphabet (rows of character, romaji, parents) are in the metadata."
)
_BATCH = 256


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


def write(weights: Path, path: Path, examples: Examples) -> Parity:
    """Write the network of the `weights` file as ONNX to `path`, and check it on `examples`.

    The batch size is free, and the card is in the metadata. Raises `DataError`, and leaves no file, if an answer differs.
    """
    card, network = weights_file.load(weights)
    batch = torch.export.Dim("batch", min=1)
    with _quiet():
        program = torch.onnx.export(
            fuse(network),
            (torch.zeros(2, 1, card.size, card.size),),
            input_names=[_INPUT],
            output_names=[_OUTPUT],
            dynamic_shapes={"x": {0: batch}},
            opset_version=OPSET,
            dynamo=True,
            verbose=False,
        )
    if program is None:
        raise DataError(f"PyTorch exported no network from {weights.name}: check the installed onnxscript.")
    model = program.model_proto
    model.doc_string = _ABOUT
    values = {name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) for name, value in card.as_dict().items()}
    onnx.helper.set_model_props(model, values)
    onnx.checker.check_model(model)
    with atomic_path(path) as part:
        onnx.save_model(model, part)
        parity = _compare(Recognizer(card, network, torch.device("cpu")), part, path, examples)
        if parity.same < parity.n:
            raise DataError(
                f"{path.name} would answer {parity.n - parity.same} of {parity.n} images otherwise than {weights.name}, "
                "so it was not written: use the weights file itself."
            )
    return parity


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


def session(path: Path, threads: int = 0) -> onnxruntime.InferenceSession:
    """ONNX Runtime's session for the file at `path` on the CPU, with so many `threads` (0: as it chooses)."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])


def logits(run: onnxruntime.InferenceSession, inks: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The outputs (N, characters + 1) for inks (N, size, size) uint8, normalised by the file's metadata."""
    values = run.get_modelmeta().custom_metadata_map
    x = to_tensor(torch.from_numpy(inks), float(values["mean"]), float(values["std"])).numpy()
    rows = [run.run([_OUTPUT], {_INPUT: x[start : start + _BATCH]})[0] for start in range(0, len(x), _BATCH)]
    return np.concatenate(rows)


def _compare(recognizer: Recognizer, part: Path, path: Path, examples: Examples) -> Parity:
    ours = recognizer.logits(examples.inks)
    theirs = logits(session(part), examples.inks)
    same = int((ours[:, :-1].argmax(1) == theirs[:, :-1].argmax(1)).sum())
    return Parity(path, len(examples), same, float(np.abs(ours - theirs).max()))
