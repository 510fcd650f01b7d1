"""What runs the detector's network: ONNX Runtime from the file beside its weights, else PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from kmnist_model.engines.choice import has_torch
from kmnist_model.engines.onnx_engine import checked_session, onnx_path

if TYPE_CHECKING:
    import torch

STRIDE = 4  # px of the picture for one cell of the maps
MULTIPLE = 32  # px: a picture's sides are multiples of it
PICTURE, MAPS = "picture", "maps"  # the ONNX file's input and output

Maps = Callable[[NDArray[np.uint8]], NDArray[np.float32]]  # a picture (H, W, 3) -> (CHANNELS, H / 4, W / 4)


def load_maps(weights: Path, state: Mapping[str, NDArray[Any]]) -> Maps:
    """The network of a weights file with this `state`: by its ONNX file, or where it has none by PyTorch. Raises `WeightsError`."""
    if not onnx_path(weights).is_file() and has_torch():
        import torch

        from kmnist_model.page.detector_network import DetectorNetwork

        network = DetectorNetwork()
        network.load_state_dict({name: torch.from_numpy(value) for name, value in state.items()})
        return torch_maps(network)
    session = checked_session(weights, arena=False)  # pages differ in size, and an arena keeps the memory of the largest

    def run(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
        batch = np.ascontiguousarray(picture.transpose(2, 0, 1)[None], np.float32) / np.float32(255)
        maps: NDArray[np.float32] = session.run([MAPS], {PICTURE: batch})[0][0]
        return maps

    return run


def torch_maps(network: torch.nn.Module) -> Maps:
    """The same by PyTorch; the network is fused, and cannot be trained any more."""
    import torch

    from kmnist_model.page.detector_network import fused

    ready = fused(network).to(memory_format=torch.channels_last)

    def run(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
        with torch.inference_mode():
            batch = torch.from_numpy(picture).permute(2, 0, 1)[None].float().div(255).contiguous(memory_format=torch.channels_last)
            return ready(batch)[0].contiguous().numpy()

    return run
