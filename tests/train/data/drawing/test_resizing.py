from __future__ import annotations

import numpy as np

from train.data.drawing.resizing import resized


def test_the_ink_keeps_its_place_and_share() -> None:
    images = np.zeros((2, 28, 28), np.uint8)
    images[:, 7:21, 7:14] = 255
    larger = resized(images, 48)
    assert (larger.shape, larger.dtype) == ((2, 48, 48), np.uint8)
    assert abs(larger.mean() - images.mean()) < 2
    assert larger[0, 24, 14:22].min() > 200
    assert larger[0, :, 30:].max() == 0


def test_the_same_size_is_the_same_array() -> None:
    images = np.zeros((2, 28, 28), np.uint8)
    assert resized(images, 28) is images
