"""The networks, under one registry: `build(name, classes)`."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import relu


class PreActBlock(nn.Module):
    """Norm-ReLU-conv twice around an identity, or a 1x1 projection where the shape changes (He et al. 2016, arXiv:1603.05027)."""

    def __init__(self, channels_in: int, channels: int, stride: int) -> None:
        super().__init__()
        self.norm1 = nn.BatchNorm2d(channels_in)
        self.conv1 = nn.Conv2d(channels_in, channels, 3, stride, 1, bias=False)
        self.norm2: nn.Module = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        changes = stride != 1 or channels_in != channels
        self.shortcut = nn.Conv2d(channels_in, channels, 1, stride, bias=False) if changes else None

    def forward(self, x: Tensor) -> Tensor:
        y = relu(self.norm1(x), inplace=True)
        x = x if self.shortcut is None else self.shortcut(y)
        y = relu(self.norm2(self.conv1(y)), inplace=True)
        return self.conv2(y).add_(x)


class PreActResNet(nn.Module):
    """A pre-activation ResNet for ink.

    A 3x3 stem of `stem_stride`; a stage for each number of `blocks`, the first with `width` channels, each next one with twice as many at
    half the size; global mean; one linear head. Input (N, 1, H, W) float, output (N, classes) logits. `features` gives the vector (N, channels)
    under the head.
    """

    def __init__(self, classes: int, width: int = 32, *, blocks: tuple[int, ...], stem_stride: int) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, width, 3, stem_stride, 1, bias=False)
        body, channels_in = [], width
        for stage, count in enumerate(blocks):
            channels = width << stage
            for block in range(count):
                body.append(PreActBlock(channels_in, channels, 2 if stage and not block else 1))
                channels_in = channels
        self.body = nn.Sequential(*body)
        self.norm = nn.BatchNorm2d(channels_in)
        self.head = nn.Linear(channels_in, classes)

    def features(self, x: Tensor) -> Tensor:
        return relu(self.norm(self.body(self.stem(x))), inplace=True).mean(dim=(2, 3))

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.features(x))


def _torchvision_resnet(classes: int, *, depth: int, stock_stem: bool) -> nn.Module:
    """torchvision's ResNet with one input channel and, unless `stock_stem`, a 3x3 stride-1 stem without max-pooling, fit for 28x28."""
    from torchvision.models import resnet  # 1.2 s to import, and not needed to read

    network = getattr(resnet, f"resnet{depth}")(num_classes=classes)
    if stock_stem:
        network.conv1 = nn.Conv2d(1, 64, 7, 2, 3, bias=False)
    else:
        network.conv1 = nn.Conv2d(1, 64, 3, 1, 1, bias=False)
        network.maxpool = nn.Identity()
    return network


REGISTRY: dict[str, Callable[..., nn.Module]] = {
    # the networks of the released weights; both take `width`
    "preact_resnet20": partial(PreActResNet, blocks=(3, 3, 3), stem_stride=1),  # 28 px
    "preact_resnet18": partial(PreActResNet, blocks=(2, 2, 2, 2), stem_stride=2),  # 48 px
    "resnet18": partial(_torchvision_resnet, depth=18, stock_stem=False),
    "resnet34": partial(_torchvision_resnet, depth=34, stock_stem=False),
    "resnet50": partial(_torchvision_resnet, depth=50, stock_stem=False),
    "resnet18_stock": partial(_torchvision_resnet, depth=18, stock_stem=True),
    "resnet34_stock": partial(_torchvision_resnet, depth=34, stock_stem=True),
    "resnet50_stock": partial(_torchvision_resnet, depth=50, stock_stem=True),
}


def build(name: str, classes: int, width: int | None = None) -> nn.Module:
    """Build the network called `name` with `classes` outputs and fresh weights.

    `width` is the channel count of the first stage, for the networks that have one to choose (`preact_resnet20` and
    `preact_resnet18`, 32 by default). Raises `ValueError` for an unknown name, for fewer than one class, or for a width where there is none to choose.
    """
    if name not in REGISTRY:
        raise ValueError(f"No network is called {name!r}: choose one of {', '.join(REGISTRY)}.")
    if classes < 1:
        raise ValueError(f"A network needs at least one class, not {classes}.")
    if width is None:
        return REGISTRY[name](classes)
    if not name.startswith("preact_"):
        raise ValueError(f"{name} has a fixed width: leave width out, or choose preact_resnet20.")
    return REGISTRY[name](classes, width=width)


def fuse(network: nn.Module) -> nn.Module:
    """A copy of `network`, in evaluation mode, with each pre-activation block's second norm folded into the convolution before it.

    It gives the same outputs with fewer passes over memory. `network` stays as it is.
    """
    network = copy.deepcopy(network).eval()
    for module in network.modules():
        if isinstance(module, PreActBlock) and isinstance(module.norm2, nn.BatchNorm2d):
            module.conv1 = torch.nn.utils.fusion.fuse_conv_bn_eval(module.conv1, module.norm2)
            module.norm2 = nn.Identity()
    return network


def restrict(network: nn.Module, outputs: list[int]) -> nn.Module:
    """A copy of `network` with only these `outputs` of its linear head, in this order."""
    network = copy.deepcopy(network)
    name = "head" if hasattr(network, "head") else "fc"  # torchvision's
    whole: nn.Linear = getattr(network, name)
    head = nn.Linear(whole.in_features, len(outputs))
    head.weight.data, head.bias.data = whole.weight.data[outputs].clone(), whole.bias.data[outputs].clone()
    setattr(network, name, head.train(network.training))
    return network


def fingerprint(network: nn.Module) -> str:
    """16 hex digits that tell the weights under the head of a `PreActResNet` from others; "" for other networks.

    They stay the same where weights are fused, restricted or stored in half precision.
    """
    if not isinstance(network, PreActResNet):
        return ""
    kept = [network.stem.weight, *(value for name, value in sorted(network.norm.state_dict().items()) if name != "num_batches_tracked")]
    return hashlib.sha256(b"".join(value.detach().half().cpu().contiguous().numpy().tobytes() for value in kept)).hexdigest()[:16]
