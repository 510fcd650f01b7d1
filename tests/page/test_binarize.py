"""What is ink on a page."""

from __future__ import annotations

import cv2
import numpy as np

from kmnist_model.page.binarize import binarize


def test_a_red_seal_is_not_ink_and_black_ink_over_it_is() -> None:
    picture = np.full((400, 400, 3), (235, 225, 205), np.uint8)
    cv2.rectangle(picture, (100, 100), (200, 200), (190, 50, 40), 8)
    for x in (130, 250, 330):
        cv2.line(picture, (x, 60), (x, 340), (30, 28, 28), 7)
    ink, *_ = binarize(picture, np.ones((400, 400), np.bool_))
    assert ink[120:180, 98:103].max() < 0.3
    assert ink[100:104, 130].min() > 0.5
    assert ink[300, 330] > 0.8


def test_red_ink_is_apart_and_a_picture_in_grey_has_none() -> None:
    picture = np.full((400, 400, 3), (235, 225, 205), np.uint8)
    cv2.line(picture, (100, 60), (100, 340), (30, 28, 28), 7)
    cv2.line(picture, (250, 60), (250, 340), (190, 50, 40), 7)
    black, red = binarize(picture, np.ones((400, 400), np.bool_))
    assert (black[200, 100] > 0.8, red[200, 250] > 0.8) == (True, True)
    assert max(black[200, 250], red[200, 100]) < 0.3
    assert len(binarize(np.repeat(picture[:, :, :1], 3, 2), np.ones((400, 400), np.bool_))) == 1


def test_bleed_through_is_not_ink() -> None:
    picture = np.full((400, 400), 230, np.uint8)
    for x in (60, 200, 340):
        cv2.line(picture, (x, 40), (x, 360), 40, 8)
    for x in (130, 270):
        cv2.line(picture, (x, 40), (x, 360), 190, 8)  # a sixth of the paper's brightness
    ink, *_ = binarize(np.repeat(picture[:, :, None], 3, 2), np.ones((400, 400), np.bool_))
    assert ink[200, [60, 200, 340]].min() > 0.8
    assert ink[200, [130, 270]].max() == 0


def test_a_shadow_over_the_page_is_not_ink() -> None:
    shade = np.linspace(0.35, 1, 400)
    picture = np.full((400, 400), 230.0)
    for x in (60, 200, 340):
        picture[40:360, x - 4 : x + 4] = 50
    gray = (picture * shade[:, None]).astype(np.uint8)
    ink, *_ = binarize(np.repeat(gray[:, :, None], 3, 2), np.ones((400, 400), np.bool_))
    assert ink[60, 200] > 0.7
    assert ink[340, 200] > 0.7
    assert ink[:, 100:160].max() == 0
