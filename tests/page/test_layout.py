"""Rules, directions and columns on an upright page."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from kmnist_model.page import layout
from tests.page.drawn_pages import writing


def test_rules_and_frames_are_removed_and_strokes_stay() -> None:
    ink = np.zeros((500, 500), np.uint8)
    cv2.rectangle(ink, (20, 20), (480, 480), 255, 3)
    cv2.line(ink, (250, 20), (250, 480), 255, 3)
    cv2.line(ink, (100, 100), (100, 150), 255, 6)
    kept = layout.remove_rules(ink, 40)
    assert kept[100:150, 100].min() == 255
    assert kept[60:440, 250].max() == 0
    assert kept[20:23, 60:240].max() == 0


def test_the_direction_is_that_of_the_gaps() -> None:
    mask = (writing(np.random.default_rng(0)) > 127).astype(np.uint8)
    assert layout.detect_direction(mask, 40) == "vertical"
    assert layout.detect_direction(np.ascontiguousarray(mask.T), 40) == "horizontal"


def test_columns_come_from_right_to_left() -> None:
    mask = (writing(np.random.default_rng(0)) > 127).astype(np.uint8)
    components = layout.connected_components(mask)
    assert layout.estimate_scale(components) == pytest.approx(38, abs=6)
    keep = layout.filter_components(components, 40)
    assert keep.all()
    columns = layout.segment_lines(components, keep, 40)
    lefts = [column.origin[0] for column in columns]
    assert len(columns) == len(range(100, 500, 70))
    assert lefts == sorted(lefts, reverse=True)
    assert sum(len(column.areas) for column in columns) == len(components.areas)


def test_specks_bars_and_drawings_are_filtered() -> None:
    mask = np.zeros((400, 400), np.uint8)
    mask[20:60, 20:24] = mask[40:44, 20:60] = 1  # a character
    mask[100:102, 100:102] = 1  # a speck
    mask[150:151, 20:200] = 1  # a piece of a rule
    cv2.circle(mask, (250, 280), 90, 1, 4)  # a drawing
    components = layout.connected_components(mask)
    order = components.boxes[:, 1].argsort()
    assert layout.filter_components(components, 40)[order].tolist() == [True, False, False, False]
