"""Makes the detector: scans, fit, threshold, figures of scans that it has not seen."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kmnist_model.page.detector import Detections, Detector
from kmnist_model.page.layout.lines import chain
from train.detector.fit import DetectorRecipe, fit_detector
from train.detector.scans import Scan, make_scans
from train.detector.targets import next_characters

_HELD_OUT = 40  # scans
_THRESHOLDS = (0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5)
_MIN_IOU = 0.5


def make_detector(data: Path, work: Path, count: int, recipe: DetectorRecipe) -> Detector:
    """Make `count` scans in `work` from the datasets in `data`, fit on all but 40, choose the threshold and measure on these."""
    for number, _ in enumerate(make_scans(work / "scans", data, count)):
        if number % 100 == 0:
            print(f"{number} of {count} scans", flush=True)
    paths = sorted((work / "scans").glob("*.npz"))[:count]
    held_out = max(1, min(_HELD_OUT, count // 5))
    scans = [Scan.load(path) for path in paths]
    network = fit_detector(recipe, scans[held_out:], scans[:held_out])
    detector = Detector(copy.deepcopy(network), min(_THRESHOLDS))
    found = [detector.detect(scan.picture) for scan in scans[:held_out]]
    figures = [(threshold, score(found, scans[:held_out], threshold)) for threshold in _THRESHOLDS]
    threshold, best = max(figures, key=lambda each: each[1]["f1"])
    about = {"scans": count, "steps": recipe.steps, "batch": recipe.batch, "rate": recipe.rate, "bf16": recipe.bf16, "made scans": best}
    return Detector(network, threshold, about)


def score(found: Sequence[Detections], scans: Sequence[Scan], threshold: float) -> dict[str, float]:
    """Detection F1 at IoU 0.5, and of the characters that were found and go on, the share whose successor is the true one."""
    true = said = matched = links = right = 0
    for detections, scan in zip(found, scans, strict=True):
        kept = detections[detections.scores >= threshold]
        pairs = _pairs(kept.boxes, scan.boxes)
        true, said, matched = true + len(scan.boxes), said + len(kept), matched + len(pairs)
        following = next_characters(scan.lines)
        successor = {before: after for line in chain(kept) for before, after in zip(line.members[:-1], line.members[1:], strict=True)}
        for own, theirs in pairs.items():
            if following[theirs] >= 0:
                links += 1
                right += pairs.get(successor.get(own, -1), -2) == following[theirs]
    return {"n": true, "f1": 2 * matched / max(true + said, 1), "links": right / max(links, 1)}


def _pairs(found: NDArray[np.float32], true: NDArray[np.float32]) -> dict[int, int]:
    """The index of the true box for each found one that matches, one to one, best first."""
    if not len(found) or not len(true):
        return {}
    sides = np.minimum(found[:, None, 2:], true[None, :, 2:]) - np.maximum(found[:, None, :2], true[None, :, :2])
    shared = np.clip(sides, 0, None).prod(2)
    areas = [(boxes[:, 2:] - boxes[:, :2]).prod(1) for boxes in (found, true)]
    iou = shared / (areas[0][:, None] + areas[1][None] - shared)
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    rows, columns = np.nonzero(iou >= _MIN_IOU)
    for place in np.argsort(-iou[rows, columns], kind="stable"):
        own, theirs = int(rows[place]), int(columns[place])
        if own not in pairs and theirs not in taken:
            pairs[own] = theirs
            taken.add(theirs)
    return pairs
