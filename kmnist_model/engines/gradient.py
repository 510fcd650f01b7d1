"""The gradient of a pre-activation ResNet's outputs with respect to its input, in NumPy: the evidence of a picture, without PyTorch.

ONNX Runtime runs forward only. A few inks forward and back take a tenth of a second here, which is what one click may take.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Array = NDArray[np.float32]
State = Mapping[str, Array]  # a weights file's tensors by name

_EPSILON = 1e-5  # of PyTorch's batch normalisation
STEM_STRIDES = {"preact_resnet20": 1, "preact_resnet18": 2}  # of the architectures that this can do


@dataclass(frozen=True)
class _Passed:
    """What a block's way back needs of its way forward: where its two ReLUs let through, and the shape of its input."""

    first: NDArray[np.bool_]
    second: NDArray[np.bool_]
    shape: tuple[int, ...]


def input_gradient(state: State, stem_stride: int, batch: Array, direction: Array) -> Array:
    """How `direction` (N, outputs) times the outputs changes with each number of `batch` (N, 1, H, W), in its shape.

    `state` holds the tensors of a `PreActResNet`, in float32.
    """
    x, passed = _convolve(batch, state["stem.weight"], stem_stride), []
    blocks = 1 + max(int(name.split(".")[1]) for name in state if name.startswith("body."))
    for number in range(blocks):
        x, kept = _forward(state, f"body.{number}", x)
        passed.append(kept)
    through = _norm(state, "norm", x) > 0
    gradient = (direction @ state["head.weight"])[:, :, None, None] / np.float32(x.shape[2] * x.shape[3])
    gradient = gradient * through * _scale(state, "norm")
    for number in reversed(range(blocks)):
        gradient = _backward(state, f"body.{number}", gradient, passed[number])
    return _convolve_back(gradient, state["stem.weight"], stem_stride, batch.shape)


def _forward(state: State, name: str, x: Array) -> tuple[Array, _Passed]:
    first = _norm(state, f"{name}.norm1", x)
    y = np.maximum(first, 0)
    stride = _stride(state, name)
    second = _norm(state, f"{name}.norm2", _convolve(y, state[f"{name}.conv1.weight"], stride))
    beside = _convolve(y, state[f"{name}.shortcut.weight"], stride) if stride == 2 else x
    return _convolve(np.maximum(second, 0), state[f"{name}.conv2.weight"], 1) + beside, _Passed(first > 0, second > 0, x.shape)


def _backward(state: State, name: str, gradient: Array, passed: _Passed) -> Array:
    stride = _stride(state, name)
    inner = _convolve_back(gradient, state[f"{name}.conv2.weight"], 1, passed.second.shape)
    inner = inner * passed.second * _scale(state, f"{name}.norm2")
    inner = _convolve_back(inner, state[f"{name}.conv1.weight"], stride, passed.shape)
    if stride == 2:
        inner += _convolve_back(gradient, state[f"{name}.shortcut.weight"], stride, passed.shape)
        return inner * passed.first * _scale(state, f"{name}.norm1")
    return inner * passed.first * _scale(state, f"{name}.norm1") + gradient


def _stride(state: State, name: str) -> int:
    """The first block of each later stage halves the picture, and has a convolution beside it."""
    return 2 if f"{name}.shortcut.weight" in state else 1


def _scale(state: State, name: str) -> Array:
    """What a normalisation multiplies each channel by, (channels, 1, 1)."""
    return (state[f"{name}.weight"] / np.sqrt(state[f"{name}.running_var"] + np.float32(_EPSILON)))[:, None, None]


def _norm(state: State, name: str, x: Array) -> Array:
    return (x - state[f"{name}.running_mean"][:, None, None]) * _scale(state, name) + state[f"{name}.bias"][:, None, None]


def _convolve(x: Array, weight: Array, stride: int) -> Array:
    """(N, inputs, H, W) by `weight` (outputs, inputs, side, side), with noughts around so that a stride of 1 keeps the size."""
    side = weight.shape[2]
    edge = side // 2
    padded = np.pad(x, ((0, 0), (0, 0), (edge, edge), (edge, edge)))
    return _correlate(padded, weight, stride)


def _convolve_back(gradient: Array, weight: Array, stride: int, shape: tuple[int, ...]) -> Array:
    """The gradient with respect to the input, of this `shape`, of `_convolve` from that with respect to its result."""
    side = weight.shape[2]
    edge, (height, width) = side // 2, gradient.shape[2:]
    first = side - 1 - edge
    spread = np.zeros((gradient.shape[0], gradient.shape[1], shape[2] + side - 1, shape[3] + side - 1), np.float32)
    spread[:, :, first : first + (height - 1) * stride + 1 : stride, first : first + (width - 1) * stride + 1 : stride] = gradient
    return _correlate(spread, weight[:, :, ::-1, ::-1].transpose(1, 0, 2, 3), 1)


def _correlate(x: Array, weight: Array, stride: int) -> Array:
    side = weight.shape[2]
    windows = sliding_window_view(x, (side, side), (2, 3))[:, :, ::stride, ::stride]  # (N, inputs, H, W, side, side)
    return np.ascontiguousarray(np.tensordot(windows, weight, ((1, 4, 5), (1, 2, 3))).transpose(0, 3, 1, 2))
