"""The detector's training: targets, loss, scans in files, and a fit of a few steps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from kmnist_model.page.detector import UNIT, Detector, decode
from kmnist_model.page.detector_network import CHANNELS
from synthetic_pages import glyphs
from synthetic_pages.maker import make_page
from train.detector.crops import SIDE, Crops
from train.detector.fit import DetectorRecipe, fit_detector
from train.detector.make import make_detector, score
from train.detector.scans import Scan
from train.detector.targets import TARGET_CHANNELS, detector_loss, make_target, next_characters


@pytest.fixture(scope="module")
def scan() -> Scan:
    made = make_page(3, glyphs.drawn(), hard=False, characters=30, direction="vertical")
    boxes = np.array([each.box for each in made.characters], np.float32)
    boxes[:, 2:] += boxes[:, :2]
    lines = np.array([each.column for each in made.characters])
    return Scan(np.asarray(made.picture), boxes, np.zeros(len(boxes), np.int64), lines, 60.0)


def _perfect(target: np.ndarray) -> torch.Tensor:
    """The maps of a network that answers a target."""
    maps = torch.zeros(CHANNELS, *target.shape[1:])
    maps[0] = torch.where(torch.from_numpy(target[1]) > 0, 9.0, -9.0)
    for kind in range(3):
        maps[1 + kind] = torch.from_numpy(np.where(target[2] == kind, 9.0, -9.0))
    maps[4] = torch.from_numpy(target[3] * 18 - 9)
    maps[5:] = torch.from_numpy(target[4:])
    return maps


def test_the_successor_is_the_next_of_the_line() -> None:
    assert next_characters(np.array([0, 0, 1, 0, 1])).tolist() == [1, 3, 4, -1, -1]


def test_a_perfect_answer_is_decoded_to_the_truth(scan: Scan) -> None:
    scale = UNIT / scan.size
    target = make_target(scan, next_characters(scan.lines), (0.0, 0.0), scale, 704)
    found = decode(_perfect(target).numpy(), 0.5).scaled(1 / scale)
    figures = score([found], [scan], 0.5)
    assert figures == {"n": len(scan.boxes), "f1": 1.0, "links": 1.0}


def test_the_loss_of_a_perfect_answer_is_the_least(scan: Scan) -> None:
    target = make_target(scan, next_characters(scan.lines), (0.0, 0.0), 0.4, SIDE)
    maps, wanted = _perfect(target)[None], torch.from_numpy(target)[None]
    best = detector_loss(maps, wanted)
    assert best < 0.1
    for channel in range(CHANNELS):
        worse = maps.clone()
        worse[:, channel] = -worse[:, channel] + 0.5
        assert detector_loss(worse, wanted) > best + 0.01, channel
    assert torch.isfinite(detector_loss(torch.zeros(1, CHANNELS, 8, 8), torch.zeros(1, TARGET_CHANNELS, 8, 8))), "a crop without text"


def test_a_scan_in_a_file_is_the_same_again(scan: Scan, tmp_path: Path) -> None:
    scan.save(tmp_path / "scan.npz")
    again = Scan.load(tmp_path / "scan.npz")
    assert again.picture.shape == scan.picture.shape
    np.testing.assert_array_equal(again.boxes, scan.boxes)
    assert abs(again.picture.astype(int) - scan.picture).mean() < 5


def test_crops_show_what_their_targets_say(scan: Scan) -> None:
    crops = Crops([scan], 6, seed=1, varied=False)
    for index in range(len(crops)):
        picture, target = crops[index]
        assert picture.shape == (3, SIDE, SIDE)
        rows, columns = np.nonzero(target[1].numpy())
        dark = sum(
            picture.mean(0)[4 * row - 8 : 4 * row + 12, 4 * column - 8 : 4 * column + 12].min() < 0.5
            for row, column in zip(rows, columns, strict=True)
        )
        assert dark >= 0.9 * len(rows)
    assert torch.equal(crops[2][0], Crops([scan], 6, seed=1, varied=False)[2][0])


def test_a_few_steps_lower_the_loss(scan: Scan) -> None:
    def loss(network: torch.nn.Module) -> float:
        picture, target = Crops([scan], 1, seed=9, varied=False)[0]
        with torch.inference_mode():
            return float(detector_loss(network(picture[None]), target[None]))

    short, longer = (fit_detector(DetectorRecipe(steps=steps, batch=2), [scan], [scan]) for steps in (10, 60))
    assert loss(longer) < 0.8 * loss(short)


@pytest.mark.data
def test_the_command_makes_scans_and_a_detector(data_folder: Path, tmp_path: Path) -> None:
    detector = make_detector(data_folder, tmp_path, 5, DetectorRecipe(steps=10, batch=1))
    assert sorted(path.name for path in (tmp_path / "scans").glob("*.npz")) == [f"{number:05}.npz" for number in range(5)]
    assert detector.about["made scans"]["n"] > 0
    detector.save(tmp_path / "detector.safetensors")
    assert Detector.load(tmp_path / "detector.safetensors").about == detector.about
