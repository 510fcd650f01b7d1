"""Batch augmentation on tensors: what hands and pens do to a character. Characters are never flipped."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from train.recipe import Recipe


def augment(inks: Tensor, recipe: Recipe) -> Tensor:
    """Give each ink of a batch its own slant, size, place, wobble, pen and hole.

    `inks` is (N, 28, 28) uint8; returns (N, 28, 28) float32, 0..255. Draws from torch's global generator.
    """
    x = inks.float().unsqueeze(1)
    x = F.grid_sample(x, _grid(x, recipe), padding_mode="zeros", align_corners=False)
    x = _repen(x, recipe.pen)
    return _cut(x, recipe.cutout).squeeze(1)


def _uniform(count: int, either_way: float, device: torch.device) -> Tensor:
    return (torch.rand(count, device=device) * 2 - 1) * either_way


def _grid(x: Tensor, recipe: Recipe) -> Tensor:
    """The sampling grid (N, H, W, 2) of a random affine map and a smooth displacement."""
    count, _, height, width = x.shape
    angle = _uniform(count, math.radians(recipe.rotation), x.device)
    size = 1 + _uniform(count, recipe.scale, x.device)
    aspect = 1 + _uniform(count, recipe.aspect, x.device)
    shear = _uniform(count, recipe.shear, x.device)
    cos, sin = torch.cos(angle), torch.sin(angle)
    theta = torch.zeros(count, 2, 3, device=x.device)
    theta[:, 0, 0], theta[:, 0, 1] = cos * aspect, shear * cos - sin
    theta[:, 1, 0], theta[:, 1, 1] = sin, (cos + shear * sin) / aspect
    theta[:, :, :2] *= size[:, None, None]
    theta[:, :, 2] = torch.stack([_uniform(count, 2 * recipe.shift / side, x.device) for side in (width, height)], 1)
    grid = F.affine_grid(theta, list(x.shape), align_corners=False)
    if recipe.elastic:
        coarse = torch.randn(count, 2, 4, 4, device=x.device) * (2 * recipe.elastic / width)
        wobble = F.interpolate(coarse, (height, width), mode="bicubic", align_corners=True)
        grid = grid + wobble.permute(0, 2, 3, 1)
    return grid


def _repen(x: Tensor, share: float) -> Tensor:
    """Thicken or thin the strokes of a `share` of the batch, by up to half a pixel.

    More would close the loops of small writing.
    """
    if not share:
        return x
    strength = 0.5 * torch.rand(len(x), 1, 1, 1, device=x.device) * (torch.rand(len(x), 1, 1, 1, device=x.device) < share)
    thicker = F.max_pool2d(x, 3, 1, 1)
    thinner = -F.max_pool2d(-x, (1, 2), 1)
    thinner = F.pad(-F.max_pool2d(-thinner, (2, 1), 1), (0, 1, 0, 1))
    up = torch.rand(len(x), 1, 1, 1, device=x.device) < 0.6
    return torch.lerp(x, torch.where(up, thicker, thinner), strength)


def _cut(x: Tensor, side: int) -> Tensor:
    """Blank one square of `side` px, anywhere, on each ink of the batch (cutout, DeVries and Taylor 2017)."""
    if not side:
        return x
    count, _, height, width = x.shape
    top = torch.randint(1 - side // 2, height - side // 2, (count, 1, 1, 1), device=x.device)
    left = torch.randint(1 - side // 2, width - side // 2, (count, 1, 1, 1), device=x.device)
    rows = torch.arange(height, device=x.device).view(1, 1, -1, 1)
    columns = torch.arange(width, device=x.device).view(1, 1, 1, -1)
    hole = (rows >= top) & (rows < top + side) & (columns >= left) & (columns < left + side)
    return x.masked_fill(hole, 0)
