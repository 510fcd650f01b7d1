"""Cuts, joins and the best path through a column."""

from __future__ import annotations

import numpy as np

from kmnist_model.page import layout
from kmnist_model.page.lattice import Lattice, best_path, build_lattice


def _lattice(mask: np.ndarray, size: float) -> Lattice:
    components = layout.connected_components(mask)
    (column,) = layout.segment_lines(components, np.ones(len(components.areas), np.bool_), size)
    return build_lattice(column, size)


def test_a_tall_component_may_be_cut_and_short_ones_may_be_joined() -> None:
    mask = np.zeros((300, 60), np.uint8)
    mask[20:60, 10:50] = mask[64:104, 10:50] = 1  # two that touch by a thread
    mask[60:64, 28:31] = 1
    mask[130:145, 10:50] = mask[150:170, 10:50] = 1  # one in two parts
    lattice = _lattice(mask, 40)
    boxes = {(each.box.y, each.box.bottom) for each in lattice.hypotheses}
    tops = {top for top, _ in boxes}
    assert any(abs(top - 44) <= 4 for top in tops), "the thread is a place to cut"
    assert any(top == 110 and bottom == 150 for top, bottom in boxes), "the two parts as one"


def test_the_best_path_covers_the_column_and_takes_what_reads_best() -> None:
    mask = np.zeros((120, 60), np.uint8)
    mask[10:25, 10:50] = mask[30:50, 10:50] = 1
    mask[70:110, 10:50] = 1
    lattice = _lattice(mask, 40)
    together = [float(np.log(0.99)) if each.first != each.last else float(np.log(0.02)) for each in lattice.hypotheses]
    spans = [(lattice.hypotheses[place].first, lattice.hypotheses[place].last) for place in best_path(lattice, np.array(together))]
    assert spans[0] == (1, 2)
    assert spans[-1][1] == lattice.count
    apart = np.where([each.first == each.last for each in lattice.hypotheses], 0.0, -9.0)
    spans = [(lattice.hypotheses[place].first, lattice.hypotheses[place].last) for place in best_path(lattice, apart)]
    assert spans == [(n, n) for n in range(1, lattice.count + 1)]


def test_a_crop_holds_its_own_segments_alone() -> None:
    mask = np.zeros((120, 60), np.uint8)
    mask[10:50, 10:50] = 1
    mask[55:95, 10:50] = 1
    lattice = _lattice(mask, 40)
    ink = mask.astype(np.float32)
    first = next(each for each in lattice.hypotheses if (each.first, each.last) == (1, 1))
    assert lattice.crop(ink, first).shape == (40, 40)
    assert lattice.crop(ink, first).min() == 1
