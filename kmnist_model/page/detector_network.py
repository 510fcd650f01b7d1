"""The network that finds characters on a page: convolutions alone, so that it takes pictures of any size.

Features of four scales are merged from coarse to fine (Lin et al., "Feature Pyramid Networks", 2017).
"""

from __future__ import annotations

import itertools

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from kmnist_model.engines.detector_maps import MULTIPLE, STRIDE

__all__ = ["CHANNELS", "MULTIPLE", "STRIDE", "DetectorNetwork", "fused"]

CHANNELS = 11  # of the maps: centre, 3 kinds, has a next, log width and height, offset x and y, link x and y


def _block(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class _Residual(nn.Module):
    """Two convolutions beside a shortcut."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(_block(width, width), nn.Conv2d(width, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width))

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(x + self.body(x))


class DetectorNetwork(nn.Module):
    """Pictures (N, 3, H, W), 0..1, sides of multiples of 32 -> maps (N, CHANNELS, H / 4, W / 4)."""

    def __init__(self, widths: tuple[int, ...] = (16, 24, 48, 80, 112), fused: int = 32) -> None:
        super().__init__()
        self.stem = _block(3, widths[0], 2)
        self.stages = nn.ModuleList(
            nn.Sequential(_block(before, width, 2), _Residual(width)) for before, width in itertools.pairwise(widths)
        )
        self.lateral = nn.ModuleList(nn.Conv2d(width, fused, 1) for width in widths[1:])
        self.merge = nn.ModuleList(_block(fused, fused) for _ in widths[2:])
        said = nn.Conv2d(48, CHANNELS, 1)
        self.head = nn.Sequential(_block(fused, 48), said)
        if said.bias is not None:
            nn.init.constant_(said.bias[0], -4.0)  # few cells are a centre

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        scales = []
        for stage in self.stages:
            x = stage(x)
            scales.append(x)
        top = self.lateral[-1](scales[-1])
        for place in range(len(scales) - 2, -1, -1):
            top = nn.functional.interpolate(top, scale_factor=2.0, mode="nearest")
            top = self.merge[place](top + self.lateral[place](scales[place]))
        return self.head(top)


def fused(network: nn.Module) -> nn.Module:
    """`network` itself, its batch normalisation folded into its convolutions: the same maps, sooner. It cannot be trained any more."""
    network.eval()
    for child in network.modules():
        if isinstance(child, nn.Sequential):
            for place in range(len(child) - 1):
                convolution, norm = child[place], child[place + 1]
                if isinstance(convolution, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                    child[place], child[place + 1] = fuse_conv_bn_eval(convolution, norm), nn.Identity()
    return network
