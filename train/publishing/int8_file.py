"""Weights as an ONNX file whose convolutions are in int8, for processors that multiply it fast; made of the ONNX file in float32.

Static quantization (Jacob 2018, arXiv:1712.05877): weights by their channels, activations by what training images make of them. The
first convolution and the head stay in float.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from kmnist_model import weights_file
from kmnist_model.engines.engine import Batch
from kmnist_model.engines.onnx_engine import INPUT, LOGITS, SHA256, has_int8, int8_path, onnx_path
from kmnist_model.files import atomic_path
from kmnist_model.recognizer import Recognizer
from kmnist_model.weights_file import Card, tensors_sha256
from train.data import kuzushiji
from train.data.data_folder import DataFolder
from train.data.splits import Examples, join, kmnist_t10k
from train.errors import DataError

CALIBRATION = "calibration"  # in the file's metadata
_EACH = 256  # training images of each dataset; twice as many changed nothing
_CHECKED = 500  # validation images of each dataset
_CHANGED = 0.0005  # the share of the answers that may change
_BATCH = 32


@dataclass(frozen=True)
class Images:
    """What a file is made with: training images for its ranges, and validation images to check it; `source` says of what."""

    calibration: NDArray[np.uint8]
    validation: NDArray[np.uint8]
    source: str


def images(card: Card, data: DataFolder) -> Images | None:
    """Those that the weights of the `card` learned from, or None for an alphabet of the user's own. Raises `DataError` where they are missing."""
    if any(entry.kind == "kanji" for entry in card.alphabet):
        parts = {"Kuzushiji-Kanji": kuzushiji.old_kanji(data, card.alphabet), "KMNIST t10k": kuzushiji.kmnist(data, card.alphabet)}
    elif card.alphabet.name == "kmnist":
        split = kmnist_t10k(data)
        parts = {"KMNIST t10k": (split.train, split.validation, split.test)}
    else:
        return None
    rng = np.random.default_rng(0)
    training = join(*(_some(part[0], _EACH, rng) for part in parts.values()))
    validation = join(*(_some(part[1], _CHECKED, rng) for part in parts.values()))
    return Images(training.inks, validation.inks, f"{len(training)} training images of {' and '.join(parts)}")


def write_beside(weights: Path, data: DataFolder) -> str:
    """Write the int8 file of a weights file with images of `data`; returns a sentence about it.

    Where the alphabet has no images, or the processor no int8, there is none afterwards: an old one would be of other weights. Raises
    `DataError` as `images` and `write` do.
    """
    chosen = images(weights_file.load_card(weights), data) if has_int8() else None
    if chosen is not None:
        return write(weights, chosen)
    int8_path(weights).unlink(missing_ok=True)
    missing = "there are no images to calibrate this alphabet with" if has_int8() else "this processor has no AVX-512 VNNI to check it with"
    return f"{weights}\tno int8 file: {missing}"


def _some(examples: Examples, count: int, rng: np.random.Generator) -> Examples:
    return examples.take(rng.permutation(len(examples))[:count])


def write(weights: Path, chosen: Images) -> str:
    """Write the int8 file beside a weights file and its ONNX file; returns a sentence about it.

    Raises `DataError`, and leaves no file, if an answer of more than 1 in 2,000 validation images differs, or the processor has no int8.
    """
    if not has_int8():
        raise DataError("This processor has no AVX-512 VNNI, so that an int8 file cannot be checked: make it on one that has it.")
    card, network = weights_file.load(weights)
    recognizer = Recognizer(card, network)
    path = int8_path(weights)
    with tempfile.TemporaryDirectory() as name:
        trial = Path(name) / weights.name
        for file in (weights, onnx_path(weights)):
            shutil.copyfile(file, Path(name) / file.name)
        made = _quantize(onnx_path(trial), [recognizer.normalised(part) for part in _batches(chosen.calibration)])
        onnx.helper.set_model_props(made, {SHA256: tensors_sha256(weights), CALIBRATION: json.dumps(chosen.source)})
        onnx.save_model(made, int8_path(trial))
        before, after = (reader.read_ink(chosen.validation) for reader in (recognizer, Recognizer.load(trial, engine="onnx")))
        same = sum(
            (a.verdict, a.candidates[0].character) == (b.verdict, b.candidates[0].character) for a, b in zip(before, after, strict=True)
        )
        if len(before) - same > _CHANGED * len(before):
            raise DataError(f"{path.name} would answer {len(before) - same} of {len(before)} images otherwise, so it was not written.")
        with atomic_path(path) as part:
            shutil.copyfile(int8_path(trial), part)
    return f"{path}\tint8 by {chosen.source}; {same:,} of {len(before):,} answers the same; {path.stat().st_size / 1e6:.2f} MB"


def _batches(inks: NDArray[np.uint8]) -> Iterator[NDArray[np.uint8]]:
    return (inks[start : start + _BATCH] for start in range(0, len(inks), _BATCH))


class _Reader(CalibrationDataReader):
    """Gives the quantizer its batches one by one."""

    def __init__(self, batches: list[Batch]) -> None:
        self._left = iter(batches)

    def get_next(self) -> dict[str, Batch] | None:
        batch = next(self._left, None)
        return None if batch is None else {INPUT: batch}


def _quantize(path: Path, batches: list[Batch]) -> onnx.ModelProto:
    """The network of the ONNX file at `path` with convolutions in int8, and logits as its only output."""
    folded, quantized = path.with_suffix(".folded.onnx"), path.with_suffix(".quantized.onnx")
    model = onnx.load(path)
    del model.graph.output[1:]
    onnx.save_model(model, folded)
    quant_pre_process(str(folded), str(folded), skip_symbolic_shape=True)  # folds normalisations into the convolutions before them
    nodes = [node for node in onnx.load(folded).graph.node if node.op_type == "Conv"]
    quantize_static(
        str(folded),
        str(quantized),
        _Reader(batches),
        op_types_to_quantize=["Conv"],
        nodes_to_exclude=[nodes[0].name],
        per_channel=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
    )
    model = onnx.load(quantized)
    assert [output.name for output in model.graph.output] == [LOGITS]
    _halve_head(model)
    onnx.checker.check_model(model)
    return model


def _halve_head(model: onnx.ModelProto) -> None:
    """Store the head's weights in float16, as the weights file does."""
    (head,) = [node for node in model.graph.node if node.op_type == "Gemm"]
    (tensor,) = [tensor for tensor in model.graph.initializer if tensor.name == head.input[1]]
    value, name = onnx.numpy_helper.to_array(tensor), tensor.name
    if np.array_equal(value.astype(np.float16).astype(np.float32), value):
        tensor.CopyFrom(onnx.numpy_helper.from_array(value.astype(np.float16), f"{name}.half"))
        model.graph.node.insert(0, onnx.helper.make_node("Cast", [f"{name}.half"], [name], to=onnx.TensorProto.FLOAT))
