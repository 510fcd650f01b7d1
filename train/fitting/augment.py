"""Batch augmentation on tensors: what hands and pens do to a character. Characters are never flipped."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from kmnist_model.stroke_width import SIZE
from train.recipe import Recipe


def augment(inks: Tensor, recipe: Recipe, size: int | None = None) -> Tensor:
    """Give each ink of a batch its own slant, size, place, wobble, pen and hole, and bits of its neighbours.

    `inks` is (N, H, W) uint8; returns (N, size, size) float32, 0..255, by default of the same size. Draws from torch's global generator.
    """
    x = inks.float().unsqueeze(1)
    x = _coarsen(_crowd(x, recipe.neighbours), recipe.coarse)
    x = F.grid_sample(x, _grid(x, recipe, size or x.shape[-1]), padding_mode="zeros", align_corners=False)
    x = _repen(x, recipe.pen)
    return _cut(x, round(recipe.cutout * x.shape[-1] / SIZE)).squeeze(1)


def _uniform(count: int, either_way: float, device: torch.device) -> Tensor:
    return (torch.rand(count, device=device) * 2 - 1) * either_way


def _grid(x: Tensor, recipe: Recipe, side: int) -> Tensor:
    """The sampling grid (N, side, side, 2) of a random affine map and a smooth displacement."""
    count = len(x)
    angle = _uniform(count, math.radians(recipe.rotation), x.device)
    size = 1 + _uniform(count, recipe.scale, x.device)
    aspect = 1 + _uniform(count, recipe.aspect, x.device)
    shear = _uniform(count, recipe.shear, x.device)
    cos, sin = torch.cos(angle), torch.sin(angle)
    theta = torch.zeros(count, 2, 3, device=x.device)
    theta[:, 0, 0], theta[:, 0, 1] = cos * aspect, shear * cos - sin
    theta[:, 1, 0], theta[:, 1, 1] = sin, (cos + shear * sin) / aspect
    theta[:, :, :2] *= size[:, None, None]
    theta[:, :, 2] = torch.stack([_uniform(count, 2 * recipe.shift / SIZE, x.device) for _ in "xy"], 1)
    grid = F.affine_grid(theta, [count, 1, side, side], align_corners=False)
    if recipe.elastic:
        coarse = torch.randn(count, 2, 4, 4, device=x.device) * (2 * recipe.elastic / SIZE)
        wobble = F.interpolate(coarse, (side, side), mode="bicubic", align_corners=True)
        grid = grid + wobble.permute(0, 2, 3, 1)
    return grid


def _crowd(x: Tensor, share: float) -> Tensor:
    """Lay the lower or upper end of another ink of the batch, up to a sixth of its height, over the edge of a `share` of the batch."""
    if not share:
        return x
    count, _, height, _ = x.shape
    others = x[torch.randperm(count, device=x.device)]
    depth = torch.randint(2, height // 6, (count, 1, 1, 1), device=x.device)
    depth = depth * (torch.rand(count, 1, 1, 1, device=x.device) < share)
    rows = torch.arange(height, device=x.device).view(1, 1, -1, 1)
    above = torch.rand(count, 1, 1, 1, device=x.device) < 0.5
    source = torch.where(above, rows + height - depth, rows - height + depth).clamp(0, height - 1)
    bits = others.gather(2, source.expand_as(x))
    return torch.where(torch.where(above, rows < depth, rows >= height - depth), torch.maximum(x, bits), x)


def _coarsen(x: Tensor, share: float) -> Tensor:
    """Bring a `share` of the batch to 28 px and back."""
    if not share:
        return x
    small = F.interpolate(x, (SIZE, SIZE), mode="bilinear", antialias=True, align_corners=False)
    back = F.interpolate(small, x.shape[2:], mode="bilinear", align_corners=False)
    return torch.where(torch.rand(len(x), 1, 1, 1, device=x.device) < share, back, x)


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
