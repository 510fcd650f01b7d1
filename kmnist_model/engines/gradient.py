"""The gradient of a pre-activation ResNet's outputs with respect to its input, in NumPy: the evidence of a picture, without PyTorch.

ONNX Runtime runs forward only. Arrays are (N, H, W, channels) here, so that a convolution copies whole rows of channels for its one matrix
product: four inks of `kuzushiji` forward and back take 35 ms of one processor, less than half of what it took in PyTorch's layout.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
State = Mapping[str, Array]  # a weights file's tensors by name

_EPSILON = np.float32(1e-5)  # of PyTorch's batch normalisation
STEM_STRIDES = {"preact_resnet20": 1, "preact_resnet18": 2}  # of the architectures that this can do


@dataclass(frozen=True)
class _Convolution:
    """A convolution by `matrix` (side * side * inputs, outputs), which keeps the size at a stride of 1."""

    matrix: Array
    side: int
    stride: int

    @classmethod
    def of(cls, weight: Array, stride: int = 1) -> Self:
        """That of PyTorch's `weight` (outputs, inputs, side, side)."""
        matrix = weight.transpose(2, 3, 1, 0).reshape(-1, len(weight))
        return cls(np.ascontiguousarray(matrix), weight.shape[2], stride)

    def forward(self, x: Array) -> Array:
        n, height, width, channels = x.shape
        size, edge = (-(-height // self.stride), -(-width // self.stride)), self.side // 2
        padded = np.pad(x, ((0, 0), (edge, edge), (edge, edge), (0, 0)))
        windows = np.empty((n, *size, self.side, self.side, channels), np.float32)
        for row, column in np.ndindex(self.side, self.side):
            windows[:, :, :, row, column] = self._seen(padded, row, column, size)
        return (windows.reshape(-1, len(self.matrix)) @ self.matrix).reshape(n, *size, -1)

    def backward(self, gradient: Array, shape: tuple[int, ...]) -> Array:
        """The gradient with respect to the input, of this `shape`, from that with respect to the result."""
        n, height, width, channels = shape
        size, edge = gradient.shape[1:3], self.side // 2
        windows = (gradient.reshape(-1, gradient.shape[3]) @ self.matrix.T).reshape(n, *size, self.side, self.side, channels)
        padded = np.zeros((n, height + 2 * edge, width + 2 * edge, channels), np.float32)
        for row, column in np.ndindex(self.side, self.side):
            self._seen(padded, row, column, size)[...] += windows[:, :, :, row, column]
        return padded[:, edge : edge + height, edge : edge + width]

    def _seen(self, padded: Array, row: int, column: int, size: tuple[int, ...]) -> Array:
        """What the windows have at one of their places, (N, *size, channels): a view."""
        rows, columns = (slice(at, at + self.stride * (count - 1) + 1, self.stride) for at, count in zip((row, column), size, strict=True))
        return padded[:, rows, columns]


@dataclass(frozen=True)
class _Norm:
    """A batch normalisation in evaluation mode: x * scale + shift."""

    scale: Array
    shift: Array

    @classmethod
    def of(cls, state: State, name: str) -> Self:
        scale = state[f"{name}.weight"] / np.sqrt(state[f"{name}.running_var"] + _EPSILON)
        return cls(scale, state[f"{name}.bias"] - state[f"{name}.running_mean"] * scale)

    def rectified(self, x: Array) -> Array:
        y = x * self.scale
        y += self.shift
        return np.maximum(y, 0, out=y)


class _Block:
    """A `PreActBlock`, its second norm folded into the convolution before it."""

    def __init__(self, state: State, name: str) -> None:
        stride = 2 if f"{name}.shortcut.weight" in state else 1  # the first block of each later stage halves the picture
        second = _Norm.of(state, f"{name}.norm2")
        self._norm, self._shift = _Norm.of(state, f"{name}.norm1"), second.shift
        self._first = _Convolution.of(state[f"{name}.conv1.weight"] * second.scale[:, None, None, None], stride)
        self._second = _Convolution.of(state[f"{name}.conv2.weight"])
        self._shortcut = _Convolution.of(state[f"{name}.shortcut.weight"], stride) if stride == 2 else None

    def forward(self, x: Array) -> tuple[Array, tuple[Array, Array]]:
        """The result, and what both ReLUs let through, for the way back."""
        first = self._norm.rectified(x)
        second = self._first.forward(first)
        second += self._shift
        np.maximum(second, 0, out=second)
        y = self._second.forward(second)
        y += x if self._shortcut is None else self._shortcut.forward(first)
        return y, (first, second)

    def backward(self, gradient: Array, passed: tuple[Array, Array]) -> Array:
        first, second = passed
        inner = self._second.backward(gradient, second.shape) * (second > 0)
        inner = self._first.backward(inner, first.shape)
        if self._shortcut is not None:
            inner += self._shortcut.backward(gradient, first.shape)
        inner *= first > 0
        inner *= self._norm.scale
        if self._shortcut is None:
            inner += gradient
        return inner


class InputGradient:
    """The `PreActResNet` of a weights file's float32 tensors `state`, forward and back."""

    def __init__(self, state: State, stem_stride: int) -> None:
        blocks = 1 + max(int(name.split(".")[1]) for name in state if name.startswith("body."))
        self._stem = _Convolution.of(state["stem.weight"], stem_stride)
        self._blocks = [_Block(state, f"body.{number}") for number in range(blocks)]
        self._norm = _Norm.of(state, "norm")
        self._head, self._bias = state["head.weight"], state["head.bias"]

    def __call__(self, batch: Array, direction: Callable[[Array], Array]) -> Array:
        """How what `direction` makes of the outputs (N, outputs), times the outputs, changes with each number of `batch` (N, 1, H, W)."""
        ink, passed = batch.transpose(0, 2, 3, 1), []
        x = self._stem.forward(ink)
        for block in self._blocks:
            x, kept = block.forward(x)
            passed.append(kept)
        through = self._norm.rectified(x)
        change = direction(through.mean((1, 2)) @ self._head.T + self._bias) @ self._head
        change /= np.float32(through.shape[1] * through.shape[2])
        gradient = (through > 0) * (change * self._norm.scale)[:, None, None]
        for block, kept in zip(reversed(self._blocks), reversed(passed), strict=True):
            gradient = block.backward(gradient, kept)
        return self._stem.backward(gradient, ink.shape).transpose(0, 3, 1, 2)
