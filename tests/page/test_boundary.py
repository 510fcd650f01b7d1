"""Where the page lies on a picture."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from kmnist_model.page.boundary import find_page_boundary
from tests.page.drawn_pages import pale_page


def test_the_sheet_is_found_on_a_table_beside_a_ruler() -> None:
    picture = np.full((900, 700, 3), 40, np.uint8)
    picture[100:760, 80:620] = (230, 220, 200)
    picture[830:890] = 225  # a ruler
    sheet = find_page_boundary(picture)
    assert sheet[120:740, 100:600].all()
    assert not sheet[:90].any()
    assert not sheet[800:].any()


@pytest.mark.parametrize("angle", [-7.0, 0.0, 4.0])
def test_a_sheet_is_found_on_its_mount_on_a_table_in_uneven_light(angle: float) -> None:
    sheet = pale_page(700, 520, 60, 640)
    mounted = cv2.copyMakeBorder(sheet, 60, 60, 60, 60, cv2.BORDER_CONSTANT, value=(96, 112, 84))
    table = cv2.copyMakeBorder(mounted, 120, 120, 120, 120, cv2.BORDER_CONSTANT, value=(24, 22, 26))
    truth = cv2.copyMakeBorder(np.ones((700, 520), np.uint8), 180, 180, 180, 180, cv2.BORDER_CONSTANT, value=0)
    height, width = table.shape[:2]
    rotation = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1)
    picture = cv2.warpAffine(table, rotation, (width, height), borderValue=(24, 22, 26))
    light = np.linspace(0.45, 1, width)[None, :, None]
    found = find_page_boundary((picture * light).astype(np.uint8))
    truth = cv2.warpAffine(truth, rotation, (width, height)) > 0
    assert (found & ~truth).sum() < 0.01 * truth.sum(), "no mount"
    assert (found & truth).sum() > 0.84 * truth.sum(), "nearly all the sheet"


def test_a_pasted_picture_is_not_the_sheet() -> None:
    page = pale_page(900, 700, 60, 500)
    page[540:860, 80:620] = (120, 130, 150)
    page[580:820, 120:580] = (70, 90, 80)
    assert find_page_boundary(page)[70:490, 90:610].all()


def test_a_scanners_black_edge_is_not_paper() -> None:
    page = pale_page(900, 700, 60, 800)
    page[:, :30] = 8
    found = find_page_boundary(page)
    assert not found[:, :28].any()
    assert found[60:800, 90:690].all()


def test_where_no_edge_shows_all_is_the_sheet() -> None:
    light = np.linspace(120, 240, 700, dtype=np.uint8)
    picture = np.repeat(np.repeat(light[None, :, None], 500, 0), 3, 2)
    assert find_page_boundary(picture).all()
