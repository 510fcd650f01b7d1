"""Peaks of a one-dimensional profile, by non-maximum suppression."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def pick_peaks(profile: NDArray[np.float32], candidates: NDArray[np.intp], distance: float, most: int | None = None) -> list[int]:
    """The highest of the `candidates` (indices into `profile`), at least `distance` apart, at most `most`; highest first."""
    peaks: list[int] = []
    for place in candidates[np.argsort(-profile[candidates], kind="stable")]:
        if len(peaks) == most:
            break
        if all(abs(place - peak) >= distance for peak in peaks):
            peaks.append(int(place))
    return peaks
