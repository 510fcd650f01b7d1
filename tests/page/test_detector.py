"""Peaks of the network's maps become characters; the file of its weights is checked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from kmnist_model import WeightsError
from kmnist_model.page.detector import FILE, UNIT, Detector, decode
from kmnist_model.page.detector_network import CHANNELS, MULTIPLE, STRIDE, DetectorNetwork, fused
from tests.page.drawn_pages import pale_page


def _maps(peaks: list[tuple[int, int, float]]) -> NDArray[np.float32]:
    """Maps with peaks at (row, column) of that logit: main text of `UNIT` px that goes on below."""
    maps = np.zeros((CHANNELS, 24, 24), np.float32)
    maps[0] = -8
    for row, column, logit in peaks:
        maps[0, row, column] = logit
        maps[1, row, column], maps[4, row, column], maps[10, row, column] = 5, 5, 1.5
    return maps


def test_a_peak_is_a_character_with_its_box_kind_and_link() -> None:
    found = decode(_maps([(10, 12, 2.0)]), 0.5)
    middle = np.array([12.5, 10.5]) * STRIDE
    np.testing.assert_allclose(found.boxes, [[*(middle - UNIT / 2), *(middle + UNIT / 2)]], rtol=1e-5)
    assert found.kinds.argmax(1).tolist() == [0]
    assert found.linked[0] > 0.9
    np.testing.assert_allclose(found.links, [[0, 1.5 * UNIT]], rtol=1e-5)
    assert found.size == pytest.approx(UNIT)
    assert found.scaled(2).size == pytest.approx(2 * UNIT)


def test_of_peaks_on_one_character_the_best_is_kept() -> None:
    found = decode(_maps([(10, 10, 1.0), (10, 12, 2.0), (20, 20, 1.5)]), 0.5)
    assert len(found) == 2
    assert found.scores.max() == pytest.approx(1 / (1 + np.exp(-2)))


def test_lower_peaks_are_nothing() -> None:
    assert len(decode(_maps([(10, 10, -1.0)]), 0.5)) == 0
    assert decode(_maps([]), 0.5).size == 0


def test_folded_normalisation_gives_the_same_maps() -> None:
    torch.manual_seed(0)
    network = DetectorNetwork().train()
    picture = torch.rand(2, 3, 2 * MULTIPLE, 3 * MULTIPLE)
    network(picture)  # so that the running means are not 0
    network.eval()
    with torch.inference_mode():
        before = network(picture)
        assert before.shape == (2, CHANNELS, 2 * MULTIPLE // STRIDE, 3 * MULTIPLE // STRIDE)
        torch.testing.assert_close(fused(network)(picture), before, rtol=1e-3, atol=1e-3)


def test_a_saved_detector_finds_the_same(tmp_path: Path) -> None:
    shipped = Detector.load()
    shipped.save(tmp_path / "detector.safetensors")
    again = Detector.load(tmp_path / "detector.safetensors")
    assert (again.threshold, again.about) == (shipped.threshold, shipped.about)
    page = pale_page(500, 400, 100, 400)
    assert all(np.array_equal(again.state[name], value) for name, value in shipped.state.items())
    # The saved one has no ONNX file, so PyTorch runs it: the last digits of sums differ.
    np.testing.assert_allclose(shipped.detect(page).boxes, again.detect(page).boxes, atol=1e-3)


@pytest.mark.parametrize("damage", ["cut off", "another format", "text"])
def test_a_damaged_file_is_one_sentence(tmp_path: Path, damage: str) -> None:
    data = FILE.read_bytes()
    changed = {
        "cut off": data[: len(data) // 2],
        "another format": data.replace(b"kmnist_model detector/1", b"kmnist_model detector/9", 1),
        "text": b"no weights",
    }
    path = tmp_path / "detector.safetensors"
    path.write_bytes(changed[damage])
    with pytest.raises(WeightsError, match="holds no usable detector"):
        Detector.load(path)
    with pytest.raises(WeightsError, match="python -m train detector"):
        Detector.load(tmp_path / "none.safetensors")


@pytest.mark.parametrize("shape", [(1, 1), (3, 900), (900, 3), (64, 64)])
def test_bare_paper_of_any_shape_has_no_characters(shape: tuple[int, int]) -> None:
    assert len(Detector.load().detect(np.full((*shape, 3), 230, np.uint8))) == 0
