"""The steps of reading a page, one by one."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from kmnist_model.page import lattice, layout
from kmnist_model.page.binarize import find_ink
from kmnist_model.page.boundary import find_sheet
from kmnist_model.page.skew import estimate_skew, lean, upright


def _writing(rng: np.random.Generator, height: int = 800, width: int = 600, size: int = 40) -> np.ndarray:
    """Blobs in columns, (height, width) uint8, 255 where ink is."""
    ink = np.zeros((height, width), np.uint8)
    for x in range(100, width - 100, 70):
        for y in range(100, height - 100, 50):
            left, top = x + int(rng.integers(-3, 4)), y
            cv2.ellipse(ink, (left, top + size // 2), (size // 2 - 4, size // 2 - 2), 0, 0, 330, 255, 5)
    return ink


@pytest.mark.parametrize("angle", [-8.0, -3.3, 0.0, 1.7, 8.0])
def test_the_lean_of_columns_is_found(angle: float) -> None:
    ink = _writing(np.random.default_rng(0))
    matrix = cv2.getRotationMatrix2D((300, 400), -angle, 1)  # OpenCV turns counterclockwise
    turned = cv2.warpAffine(ink, matrix, (600, 800))
    assert estimate_skew(turned > 127, 40) == pytest.approx(angle, abs=0.3)


def test_turning_back_loses_no_corner() -> None:
    matrix, (width, height) = upright((100, 200), 7.0)
    corners = np.array([[0, 0, 1], [200, 0, 1], [0, 100, 1], [200, 100, 1]]) @ matrix.T
    assert corners.min() >= -1
    assert corners[:, 0].max() <= width + 1
    assert corners[:, 1].max() <= height + 1


def test_columns_that_lean_tell_by_their_characters() -> None:
    y = np.arange(10.0) * 50
    columns = [np.stack([100 - y * np.tan(np.radians(0.8)), y], 1), np.stack([300 - y * np.tan(np.radians(0.8)), y], 1)]
    assert lean(columns) == pytest.approx(0.8, abs=0.01)
    assert lean([]) == 0


def test_the_sheet_is_found_on_a_table_beside_a_ruler() -> None:
    picture = np.full((900, 700, 3), 40, np.uint8)
    picture[100:760, 80:620] = (230, 220, 200)
    picture[830:890] = 225  # a ruler
    sheet = find_sheet(picture)
    assert sheet[120:740, 100:600].all()
    assert not sheet[:90].any()
    assert not sheet[800:].any()


def _page(height: int, width: int, top: int, bottom: int) -> np.ndarray:
    """Pale paper (height, width, 3) with columns of dark blobs from `top` to `bottom`."""
    page = np.full((height, width, 3), (228, 220, 200), np.uint8)
    ink = _writing(np.random.default_rng(0), bottom - top + 200, width)[100 : bottom - top + 100]
    page[top:bottom][ink > 127] = (30, 28, 28)
    return page


@pytest.mark.parametrize("angle", [-7.0, 0.0, 4.0])
def test_a_sheet_is_found_on_its_mount_on_a_table_in_uneven_light(angle: float) -> None:
    sheet = _page(700, 520, 60, 640)
    mounted = cv2.copyMakeBorder(sheet, 60, 60, 60, 60, cv2.BORDER_CONSTANT, value=(96, 112, 84))
    table = cv2.copyMakeBorder(mounted, 120, 120, 120, 120, cv2.BORDER_CONSTANT, value=(24, 22, 26))
    truth = cv2.copyMakeBorder(np.ones((700, 520), np.uint8), 180, 180, 180, 180, cv2.BORDER_CONSTANT, value=0)
    height, width = table.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1)
    picture = cv2.warpAffine(table, turn, (width, height), borderValue=(24, 22, 26))
    light = np.linspace(0.45, 1, width)[None, :, None]
    found = find_sheet((picture * light).astype(np.uint8))
    truth = cv2.warpAffine(truth, turn, (width, height)) > 0
    assert (found & ~truth).sum() < 0.01 * truth.sum(), "no mount"
    assert (found & truth).sum() > 0.84 * truth.sum(), "nearly all the sheet"


def test_a_pasted_picture_is_not_the_sheet() -> None:
    page = _page(900, 700, 60, 500)
    page[540:860, 80:620] = (120, 130, 150)
    page[580:820, 120:580] = (70, 90, 80)
    assert find_sheet(page)[70:490, 90:610].all()


def test_a_scanners_black_edge_is_not_paper() -> None:
    page = _page(900, 700, 60, 800)
    page[:, :30] = 8
    found = find_sheet(page)
    assert not found[:, :28].any()
    assert found[60:800, 90:690].all()


def test_where_no_edge_shows_all_is_the_sheet() -> None:
    light = np.linspace(120, 240, 700, dtype=np.uint8)
    picture = np.repeat(np.repeat(light[None, :, None], 500, 0), 3, 2)
    assert find_sheet(picture).all()


def test_a_red_seal_is_not_ink_and_black_ink_over_it_is() -> None:
    picture = np.full((400, 400, 3), (235, 225, 205), np.uint8)
    cv2.rectangle(picture, (100, 100), (200, 200), (190, 50, 40), 8)
    for x in (130, 250, 330):
        cv2.line(picture, (x, 60), (x, 340), (30, 28, 28), 7)
    ink = find_ink(picture, np.ones((400, 400), np.bool_))
    assert ink[120:180, 98:103].max() < 0.3
    assert ink[100:104, 130].min() > 0.5
    assert ink[300, 330] > 0.8


def test_bleed_through_is_not_ink() -> None:
    picture = np.full((400, 400), 230, np.uint8)
    for x in (60, 200, 340):
        cv2.line(picture, (x, 40), (x, 360), 40, 8)
    for x in (130, 270):
        cv2.line(picture, (x, 40), (x, 360), 190, 8)  # a sixth of the paper's brightness
    ink = find_ink(np.repeat(picture[:, :, None], 3, 2), np.ones((400, 400), np.bool_))
    assert ink[200, [60, 200, 340]].min() > 0.8
    assert ink[200, [130, 270]].max() == 0


def test_a_shadow_over_the_page_is_not_ink() -> None:
    shade = np.linspace(0.35, 1, 400)
    picture = np.full((400, 400), 230.0)
    for x in (60, 200, 340):
        picture[40:360, x - 4 : x + 4] = 50
    gray = (picture * shade[:, None]).astype(np.uint8)
    ink = find_ink(np.repeat(gray[:, :, None], 3, 2), np.ones((400, 400), np.bool_))
    assert ink[60, 200] > 0.7
    assert ink[340, 200] > 0.7
    assert ink[:, 100:160].max() == 0


def test_rules_and_frames_are_taken_away_and_strokes_stay() -> None:
    ink = np.zeros((500, 500), np.uint8)
    cv2.rectangle(ink, (20, 20), (480, 480), 255, 3)
    cv2.line(ink, (250, 20), (250, 480), 255, 3)
    cv2.line(ink, (100, 100), (100, 150), 255, 6)
    kept = layout.without_rules(ink, 40)
    assert kept[100:150, 100].min() == 255
    assert kept[60:440, 250].max() == 0
    assert kept[20:23, 60:240].max() == 0


def _chain(mask: np.ndarray, size: float) -> lattice.Chain:
    marks = layout.find_marks(mask)
    (column,) = layout.find_columns(marks, np.ones(len(marks.areas), np.bool_), size)
    return lattice.chain(column, size)


def test_a_tall_mark_may_be_cut_and_short_ones_may_be_joined() -> None:
    mask = np.zeros((300, 60), np.uint8)
    mask[20:60, 10:50] = mask[64:104, 10:50] = 1  # two that touch by a thread
    mask[60:64, 28:31] = 1
    mask[130:145, 10:50] = mask[150:170, 10:50] = 1  # one in two parts
    chain = _chain(mask, 40)
    boxes = {piece.box[1::2] for piece in chain.hypotheses}
    tops = {top for top, _ in boxes}
    assert any(abs(top - 44) <= 4 for top in tops), "the thread is a place to cut"
    assert any(top == 110 and bottom == 150 for top, bottom in boxes), "the two parts as one"


def test_the_best_path_covers_the_column_and_takes_what_reads_best() -> None:
    mask = np.zeros((120, 60), np.uint8)
    mask[10:25, 10:50] = mask[30:50, 10:50] = 1
    mask[70:110, 10:50] = 1
    chain = _chain(mask, 40)
    together = [float(np.log(0.99)) if piece.first != piece.last else float(np.log(0.02)) for piece in chain.hypotheses]
    spans = [(chain.hypotheses[place].first, chain.hypotheses[place].last) for place in lattice.best_path(chain, np.array(together))]
    assert spans[0] == (1, 2)
    assert spans[-1][1] == chain.count
    apart = np.where([piece.first == piece.last for piece in chain.hypotheses], 0.0, -9.0)
    spans = [(chain.hypotheses[place].first, chain.hypotheses[place].last) for place in lattice.best_path(chain, apart)]
    assert spans == [(n, n) for n in range(1, chain.count + 1)]


def test_a_crop_holds_its_own_pieces_alone() -> None:
    mask = np.zeros((120, 60), np.uint8)
    mask[10:50, 10:50] = 1
    mask[55:95, 10:50] = 1
    chain = _chain(mask, 40)
    ink = mask.astype(np.float32)
    first = next(piece for piece in chain.hypotheses if (piece.first, piece.last) == (1, 1))
    assert chain.crop(ink, first).shape == (40, 40)
    assert chain.crop(ink, first).min() == 1
