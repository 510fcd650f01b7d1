"""What the detector should answer for a crop of a scan, and the loss of what it answers."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from kmnist_model.page.detector import UNIT
from kmnist_model.page.detector_network import STRIDE
from train.detector.scans import Scan

# Channels of a target: heat, is a centre, kind, has a next, log width and height, offset x and y, link x and y
TARGET_CHANNELS = 10
_MIN_SPREAD = 0.55  # cells, of a centre's peak
_SPREAD = 1 / 6  # of a character's side


def next_characters(lines: NDArray[np.int64]) -> NDArray[np.int64]:
    """The index (N,) of each character's successor in its line, -1 for the last."""
    following = np.full(len(lines), -1, np.int64)
    for line in np.unique(lines):
        members = np.flatnonzero(lines == line)
        following[members[:-1]] = members[1:]
    return following


def make_target(scan: Scan, following: NDArray[np.int64], corner: tuple[float, float], scale: float, side: int) -> NDArray[np.float32]:
    """The target (TARGET_CHANNELS, side / 4, side / 4) of a crop `side` px wide of a scan resized by `scale`, from px `corner` (x, y) of that."""
    cells = side // STRIDE
    target = np.zeros((TARGET_CHANNELS, cells, cells), np.float32)
    boxes = scan.boxes * scale - np.array([*corner, *corner], np.float32)
    centres, sides = (boxes[:, :2] + boxes[:, 2:]) / 2, np.maximum(boxes[:, 2:] - boxes[:, :2], 1)
    places = np.floor(centres / STRIDE).astype(int)
    grid = np.arange(cells) + 0.5
    for index in np.flatnonzero(((places >= -2) & (places < cells + 2)).all(1)):
        (x, y), (width, height) = centres[index] / STRIDE, sides[index] / STRIDE
        across = np.exp(-(((grid - x) / max(_MIN_SPREAD, width * _SPREAD)) ** 2) / 2)
        down = np.exp(-(((grid - y) / max(_MIN_SPREAD, height * _SPREAD)) ** 2) / 2)
        peak = down[:, None] * across[None]
        np.maximum(target[0], peak, out=target[0])
        column, row = places[index]
        if not (0 <= column < cells and 0 <= row < cells):
            continue
        after = following[index]
        link = (centres[after] - centres[index]) / UNIT if after >= 0 else np.zeros(2)
        size = np.log(sides[index] / UNIT)
        target[:, row, column] = (1, 1, scan.kinds[index], after >= 0, *size, x - column - 0.5, y - row - 0.5, *link)
    return target


def detector_loss(maps: Tensor, target: Tensor) -> Tensor:
    """The loss of maps (N, 11, H, W) for targets (N, 10, H, W): focal for centres, the rest at the true centres alone."""
    maps = maps.float()
    heat, centre = target[:, 0], target[:, 1] > 0.5
    count = centre.sum().clamp(min=1)
    logits = maps[:, 0]
    chance = torch.sigmoid(logits)
    found = functional.logsigmoid(logits) * (1 - chance) ** 2 * centre
    free = functional.logsigmoid(-logits) * chance**2 * (1 - heat) ** 4 * ~centre
    loss = -(found.sum() + free.sum()) / count
    said = maps.permute(0, 2, 3, 1)[centre]
    true = target.permute(0, 2, 3, 1)[centre]
    if not len(said):
        return loss + 0 * maps.sum()
    linked = true[:, 3]
    loss = loss + 0.5 * functional.cross_entropy(said[:, 1:4], true[:, 2].long())
    loss = loss + 0.5 * functional.binary_cross_entropy_with_logits(said[:, 4], linked)
    loss = loss + functional.l1_loss(said[:, 5:7], true[:, 4:6]) + functional.l1_loss(said[:, 7:9], true[:, 6:8])
    links = functional.smooth_l1_loss(said[:, 9:11], true[:, 8:10], reduction="none").sum(1)
    return loss + (links * linked).sum() / linked.sum().clamp(min=1)
