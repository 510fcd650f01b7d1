"""Random crops of made scans, at any size of writing, in another light and by another camera each time."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset

from train.detector.scans import Scan
from train.detector.targets import make_target, next_characters

SIDE = 384  # px, of a crop
_SIZES = (14.0, 36.0)  # px, of a crop's main text
_WITH_TEXT = 0.8  # of the crops lie where text is
_OUTSIDE = (90, 90, 90)  # as the detector fills a picture up


class Crops(Dataset[tuple[torch.Tensor, torch.Tensor]]):
    """`count` random crops of scans: pictures (3, SIDE, SIDE), 0..1, and targets."""

    def __init__(self, scans: Sequence[Scan], count: int, seed: int, varied: bool = True) -> None:
        self.scans, self.count, self.seed, self.varied = scans, count, seed, varied
        self.following = [next_characters(scan.lines) for scan in scans]

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        rng = np.random.default_rng([self.seed, index])
        chosen = int(rng.integers(len(self.scans)))
        scan = self.scans[chosen]
        scale = float(np.exp(rng.uniform(*np.log(_SIZES)))) / scan.size
        height, width = (round(v * scale) for v in scan.picture.shape[:2])
        if len(scan.boxes) and rng.random() < _WITH_TEXT:
            middle = scan.boxes[int(rng.integers(len(scan.boxes)))].reshape(2, 2).mean(0) * scale + rng.uniform(-0.4, 0.4, 2) * SIDE
        else:
            middle = rng.uniform(0, 1, 2) * np.array([width, height])
        corner = np.clip(middle - SIDE / 2, 0, np.maximum(np.array([width, height]) - SIDE, 0))
        left, top = corner / scale
        matrix = np.array([[1 / scale, 0, left], [0, 1 / scale, top]], np.float64)  # crop px -> scan px
        source = scan.picture
        if scale < 0.7:  # against moiré
            part = source[max(int(top) - 4, 0) : int(top + SIDE / scale) + 5, max(int(left) - 4, 0) : int(left + SIDE / scale) + 5]
            matrix[:, 2] -= (max(int(left) - 4, 0), max(int(top) - 4, 0))
            source = cv2.GaussianBlur(part, (0, 0), 0.45 / scale)
        crop = cv2.warpAffine(
            source,
            matrix,
            (SIDE, SIDE),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=_OUTSIDE,
        )
        target = make_target(scan, self.following[chosen], (float(corner[0]), float(corner[1])), scale, SIDE)
        picture = crop.astype(np.float32) / 255
        if self.varied:
            picture = _varied(rng, picture)
        return torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1))), torch.from_numpy(target)


def _varied(rng: np.random.Generator, picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """Another light, another camera."""
    if rng.random() < 0.3:
        picture = np.repeat(picture.mean(2, keepdims=True), 3, 2)
    picture = picture ** np.float32(np.exp(rng.normal(0, 0.25)))
    gain, shift = np.exp(rng.normal(0, 0.15, 3)) * np.exp(rng.normal(0, 0.15)), rng.normal(0, 0.05)
    picture = picture * gain.astype(np.float32) + np.float32(shift)
    if rng.random() < 0.3:
        picture = cv2.GaussianBlur(picture, (0, 0), float(rng.uniform(0.4, 1.0)))
    picture = picture + rng.normal(0, rng.uniform(0, 0.03), picture.shape).astype(np.float32)
    return np.clip(picture, 0, 1)
