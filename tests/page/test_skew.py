"""How a page's rotation is estimated."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from kmnist_model.page.skew import estimate_skew, residual_skew
from tests.page.drawn_pages import writing


@pytest.mark.parametrize("angle", [-8.0, -3.3, 0.0, 1.7, 8.0])
def test_the_rotation_of_columns_is_found(angle: float) -> None:
    ink = writing(np.random.default_rng(0))
    matrix = cv2.getRotationMatrix2D((300, 400), -angle, 1)  # OpenCV turns counterclockwise
    turned = cv2.warpAffine(ink, matrix, (600, 800))
    assert estimate_skew(turned > 127, 40) == pytest.approx(angle, abs=0.3)


def test_the_residual_skew_is_the_slope_of_columns() -> None:
    y = np.arange(10.0) * 50
    columns = [np.stack([100 - y * np.tan(np.radians(0.8)), y], 1), np.stack([300 - y * np.tan(np.radians(0.8)), y], 1)]
    assert residual_skew(columns) == pytest.approx(0.8, abs=0.01)
    assert residual_skew([]) == 0
