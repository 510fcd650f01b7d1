"""Ink images of one size at another."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def resized(images: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """Ink images (N, H, H) at another `size`, antialiased: they keep their place in the square."""
    if images.shape[1] == size:
        return images
    return np.stack([np.asarray(Image.fromarray(image).resize((size, size), Image.Resampling.BILINEAR)) for image in images])
