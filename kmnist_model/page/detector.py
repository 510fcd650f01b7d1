"""Finds the characters of a page: peaks of a network's map are centres, with their sizes, kinds, and links to the next characters.

Centres as peaks of a heat map follow Zhou et al., "Objects as Points" (2019). `python -m train detector` makes the weights.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from kmnist_model.engines.detector_maps import MULTIPLE, STRIDE, Maps, load_maps, torch_maps
from kmnist_model.errors import WeightsError
from kmnist_model.files import atomic_path

if TYPE_CHECKING:
    import torch

FILE = Path(__file__).parent / "detector.safetensors"
KINDS = ("main", "ruby", "note")
UNIT = 24.0  # px of a picture at the network's size: sizes and links are in this unit
_FORMAT = "kmnist_model detector/1"
_REPEATED = 0.4  # of two boxes' union: more is the same character
_OUTSIDE = 90  # grey, beyond the picture's edge
_LOOKS = (960, 480, 1920, 240)  # px, the longest side of the copies for a first look
_ENOUGH = 12  # characters of about the right size: no other copy need be looked at
_BEST_SIDE = (11, 34)  # px, of a character in a first look
_SIDE = 20.0  # px, the median longer side of a character in the second look
_SAME_SIZE = 0.15  # log: a second look would show nothing new
_MOST_ENLARGED, _MOST_PIXELS = 2.0, 3_500_000
_CLEARLY = 1.3  # times the other looks' scores: this one saw the writing
_MOST = 4000  # characters of a page, the best ones


@dataclass(frozen=True)
class Detections:
    """Characters that were found.

    `boxes` (N, 4) are left, top, right, bottom in px, `scores` (N,) 0..1, `kinds` (N, 3) probabilities of `KINDS`, `linked` (N,) the
    probabilities that a line goes on, `links` (N, 2) the ways to the next centres in px.
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    kinds: NDArray[np.float32]
    linked: NDArray[np.float32]
    links: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.scores)

    def __getitem__(self, index: Any) -> Detections:
        return Detections(self.boxes[index], self.scores[index], self.kinds[index], self.linked[index], self.links[index])

    def scaled(self, factor: float) -> Detections:
        """The same in a picture resized by `factor`."""
        return Detections(self.boxes * np.float32(factor), self.scores, self.kinds, self.linked, self.links * np.float32(factor))

    def moved(self, right: float, down: float) -> Detections:
        """The same in a picture that begins so many px further to the left and further up."""
        return replace(self, boxes=self.boxes + np.array([right, down] * 2, np.float32))

    @property
    def size(self) -> float:
        """The median of the longer sides of main text, px; 0 without any."""
        sides = (self.boxes[:, 2:] - self.boxes[:, :2]).max(1)[self.kinds.argmax(1) == 0] if len(self) else np.zeros(0)
        return float(np.median(sides)) if len(sides) else 0.0


def together(*parts: Detections) -> Detections:
    """The characters of all `parts`, in that order."""
    return Detections(
        *(np.concatenate([getattr(part, name) for part in parts]) for name in ("boxes", "scores", "kinds", "linked", "links"))
    )


def decode(maps: NDArray[np.float32], threshold: float) -> Detections:
    """The peaks of the maps (CHANNELS, H, W) of one picture that are at least `threshold`."""
    heat = 1 / (1 + np.exp(-np.maximum(maps[0], -80)))
    highest = cv2.dilate(heat, np.ones((3, 3), np.uint8))
    rows, columns = np.nonzero((heat == highest) & (heat >= threshold))
    best = np.argsort(-heat[rows, columns], kind="stable")[:_MOST]
    rows, columns = rows[best], columns[best]
    said = maps[:, rows, columns].T
    centres = (np.stack([columns, rows], 1) + 0.5 + said[:, 7:9]) * STRIDE
    half = np.exp(np.clip(said[:, 5:7], -4, 4)) * (UNIT / 2)
    kinds = np.exp(said[:, 1:4] - said[:, 1:4].max(1, initial=0, keepdims=True))
    found = Detections(
        np.concatenate([centres - half, centres + half], 1).astype(np.float32),
        heat[rows, columns],
        (kinds / kinds.sum(1, keepdims=True)).astype(np.float32),
        (1 / (1 + np.exp(-said[:, 4]))).astype(np.float32),
        (said[:, 9:11] * UNIT).astype(np.float32),
    )
    return found[_distinct(found.boxes, found.scores)]


def _distinct(boxes: NDArray[np.float32], scores: NDArray[np.float32]) -> NDArray[np.int64]:
    """The indices of boxes that do not repeat a better one."""
    order = np.argsort(-scores, kind="stable")
    boxes = boxes[order]
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(1)
    free = np.ones(len(order), np.bool_)
    for place in range(len(order)):
        if free[place]:
            later = slice(place + 1, None)
            sides = np.minimum(boxes[place, 2:], boxes[later, 2:]) - np.maximum(boxes[place, :2], boxes[later, :2])
            shared = np.clip(sides, 0, None).prod(1)
            free[later] &= shared < _REPEATED * (areas[place] + areas[later] - shared)
    return np.sort(order[free])


class Detector:
    """A fitted network, ready to find the characters of a picture."""

    def __init__(
        self,
        network: torch.nn.Module | Maps,
        threshold: float,
        about: dict[str, Any] | None = None,
        state: Mapping[str, NDArray[Any]] | None = None,
    ) -> None:
        """`network` is a `DetectorNetwork`, or makes maps already and has its weights in `state`."""
        if state is None:
            state = {name: value.detach().cpu().numpy().copy() for name, value in network.state_dict().items()}  # type: ignore[union-attr]
            network = torch_maps(network)  # type: ignore[arg-type]
        self.state = state
        self.maps: Maps = network
        self.threshold = threshold
        self.about = about or {}

    @classmethod
    def load(cls, path: Path = FILE) -> Detector:
        """Read a file of weights, by default the released one; raises `WeightsError` if it is missing or damaged."""
        if not path.is_file():
            raise WeightsError(f"There is no detector {path}: make it with python -m train detector.")
        try:
            with safe_open(path, framework="np") as file:
                metadata = file.metadata() or {}
                if metadata.get("format") != _FORMAT:
                    raise ValueError("another format")
                state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a mapping
            return cls(load_maps(path, state), float(metadata["threshold"]), json.loads(metadata["about"]), state)
        except (SafetensorError, OSError, KeyError, TypeError, ValueError, RuntimeError) as error:
            raise WeightsError(f"{path.name} holds no usable detector ({type(error).__name__}): make it again.") from None

    def save(self, path: Path) -> None:
        """Write everything, in half precision, whole or not at all."""
        tensors = {name: value.astype(np.float16) if value.dtype.kind == "f" else value for name, value in self.state.items()}
        metadata = {"format": _FORMAT, "threshold": str(self.threshold), "about": json.dumps(self.about, ensure_ascii=False)}
        with atomic_path(path) as part:
            save_file({name: np.asarray(value, order="C") for name, value in tensors.items()}, part, metadata)
            part.chmod(0o644)  # safetensors gives the file to its owner only

    def detect(self, rgb: NDArray[np.uint8], glance: tuple[Detections, float] | None = None) -> Detections:
        """The characters of a picture (H, W, 3) whose lines are columns, at any size of writing.

        A first look at a small copy finds the size of the writing, if `glance` has not; a second one, at the size that the network was
        fitted for, finds the characters.
        """
        found, scale = glance or self.glance(rgb)
        if not len(found):
            return found
        wanted = _SIDE / max(found.size, 1.0)
        wanted = min(wanted, _MOST_ENLARGED, (_MOST_PIXELS / (rgb.shape[0] * rgb.shape[1])) ** 0.5)
        return found if abs(np.log(wanted / scale)) < _SAME_SIZE else self._look(rgb, wanted)

    def glance(self, rgb: NDArray[np.uint8]) -> tuple[Detections, float]:
        """The characters as a small copy shows them, in px of `rgb`, and the copy's scale."""
        longest = max(rgb.shape[:2])
        best, scale = self._look(rgb, min(1.0, _LOOKS[0] / longest)), min(1.0, _LOOKS[0] / longest)
        for side in _LOOKS[1:]:
            if len(best) > _ENOUGH and _BEST_SIDE[0] < best.size * scale < _BEST_SIDE[1]:
                break
            here = min(1.0, side / longest)
            if here != scale:
                found = self._look(rgb, here)
                if found.scores.sum() > _CLEARLY * best.scores.sum():
                    best, scale = found, here
        return best, scale

    def part(self, rgb: NDArray[np.uint8], size: float) -> Detections:
        """The characters of a part of a picture (H, W, 3), of about `size` px."""
        return self._look(rgb, _SIDE / size)

    def _look(self, rgb: NDArray[np.uint8], scale: float) -> Detections:
        """The characters, in px of `rgb`, as seen in a copy resized by `scale`."""
        height, width = (max(1, round(side * scale)) for side in rgb.shape[:2])
        copy = cv2.resize(rgb, (width, height), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
        padded = np.full((-(-height // MULTIPLE) * MULTIPLE, -(-width // MULTIPLE) * MULTIPLE, 3), _OUTSIDE, np.uint8)
        padded[:height, :width] = copy
        return decode(self.maps(padded), self.threshold).scaled(1 / scale)


class TurnedPicture:
    """A picture (H, W, 3) by quarter turns, anticlockwise, and what a first look at each shows: the characters and the copy's scale."""

    def __init__(self, rgb: NDArray[np.uint8], detector: Detector) -> None:
        self._rgb, self._detector = rgb, detector
        self._glances: dict[int, tuple[Detections, float]] = {}
        self._found: dict[int, Detections] = {}

    def pixels(self, turns: int) -> NDArray[np.uint8]:
        """The picture after `turns`."""
        return np.ascontiguousarray(np.rot90(self._rgb, turns))

    def height(self, turns: int) -> int:
        """The picture's height after `turns`, px."""
        return self._rgb.shape[turns % 2]

    def glance(self, turns: int) -> tuple[Detections, float]:
        """`Detector.glance` after `turns`, once."""
        turns %= 4
        if turns not in self._glances:
            self._glances[turns] = self._detector.glance(self.pixels(turns))
        return self._glances[turns]

    def detect(self, turns: int) -> Detections:
        """`Detector.detect` after `turns`, once."""
        turns %= 4
        if turns not in self._found:
            self._found[turns] = self._detector.detect(self.pixels(turns), self.glance(turns))
        return self._found[turns]

    def closer(self, turns: int, box: NDArray[np.float64], size: float) -> Detections:
        """The characters of about `size` px in a part of the picture after `turns`, the `box` left, top, right, bottom, px."""
        pixels = np.rot90(self._rgb, turns)
        left, top, right, bottom = np.clip(np.round(box), 0, [*pixels.shape[1::-1]] * 2).astype(int).tolist()
        part = np.ascontiguousarray(pixels[top:bottom, left:right])
        return self._detector.part(part, size).moved(left, top)


@cache
def released() -> Detector | None:
    """The detector in the package, loaded once; None where it has none."""
    return Detector.load() if FILE.is_file() else None
