"""Simulated drawings: KanjiVG's strokes with the jitter of a hand, and scribbles that are not characters."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from functools import cache
from importlib.metadata import files
from pathlib import Path

import numpy as np
from fontTools.pens.recordingPen import RecordingPen
from fontTools.svgLib.path import parse_path
from numpy.typing import NDArray

from kmnist_model.preprocess import SIZE, InkImage, from_strokes

Stroke = NDArray[np.float64]  # (points, 2): x, y downwards, in KanjiVG's 109-unit square


@cache
def _folder() -> Path:
    for file in files("kanjivg") or []:
        if file.name == "0304a.svg":
            return Path(str(file.locate())).parent
    raise FileNotFoundError("The package kanjivg holds no strokes: install it again.")


@cache
def load(character: str) -> tuple[Stroke, ...]:
    """The strokes of `character` in writing order; raises `KeyError` if KanjiVG has none.

    They are from the package `kanjivg` (KanjiVG project, CC BY-SA 3.0).
    """
    root = ElementTree.parse(path(character)).getroot()
    return tuple(_flatten(element.attrib["d"]) for element in root.iter("{http://www.w3.org/2000/svg}path"))


def path(character: str) -> Path:
    """The SVG file of `character`; raises `KeyError` if KanjiVG has none."""
    file = _folder() / f"{ord(character):05x}.svg"
    if not file.exists():
        raise KeyError(f"KanjiVG has no strokes for {character!r}: choose another character.")
    return file


def has(character: str) -> bool:
    """Whether the package has strokes of `character`."""
    return (_folder() / f"{ord(character):05x}.svg").exists()


def to_ink(strokes: Sequence[Stroke], size: int = SIZE) -> InkImage:
    """Draw strokes as an ink image (size, size), as the app draws a visitor's."""
    return from_strokes([stroke.tolist() for stroke in strokes], size)


def _flatten(definition: str, steps: int = 8) -> Stroke:
    """An SVG path as a polyline."""
    pen = RecordingPen()
    parse_path(definition, pen)
    points: list[NDArray[np.float64]] = []
    t = np.linspace(0, 1, steps + 1)[1:, None]
    for operator, operands in pen.value:
        corners = np.array(operands, float)
        if operator in ("moveTo", "lineTo"):
            points.append(corners)
        elif operator == "curveTo":
            a, (b, c, d) = points[-1][-1], corners
            points.append((1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t**2 * c + t**3 * d)
        elif operator == "qCurveTo":
            a, (b, c) = points[-1][-1], corners
            points.append((1 - t) ** 2 * a + 2 * (1 - t) * t * b + t**2 * c)
    return np.concatenate(points)


def resample(stroke: Stroke, step: float) -> Stroke:
    """The same line with a point about every `step` units."""
    lengths = np.hypot(*np.diff(stroke, axis=0).T)
    along = np.concatenate([[0], np.cumsum(lengths)])
    if along[-1] == 0:
        return stroke[:1]
    at = np.linspace(0, along[-1], max(2, math.ceil(along[-1] / step) + 1))
    return np.stack([np.interp(at, along, stroke[:, axis]) for axis in (0, 1)], 1)


def jitter(strokes: tuple[Stroke, ...], rng: np.random.Generator, strength: float = 1.0) -> list[Stroke]:
    """Write `strokes` as another hand would.

    Random slant and proportions, position, size and rotation of each stroke, a smooth warp, tremor, cut ends, and now and then two
    strokes joined by a pen that is not lifted.
    """
    turn, shear = rng.normal(0, 0.07 * strength), rng.normal(0, 0.12 * strength)
    stretch = np.exp(rng.normal(0, 0.12 * strength, 2))
    whole = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]]) @ np.array([[1, shear], [0, 1]])
    whole = whole @ np.diag(stretch)
    waves = rng.normal(0, 1, (3, 4))  # a smooth warp of the square: three sine waves
    tremble = abs(rng.normal(0, 0.5 * strength))
    step = rng.uniform(2, 9)  # a mouse reports few points
    written: list[Stroke] = []
    for stroke in strokes:
        line = resample(stroke, step)
        centre = line.mean(0)
        own = rng.normal(0, 0.05 * strength)
        spin = np.array([[math.cos(own), -math.sin(own)], [math.sin(own), math.cos(own)]]) * np.exp(rng.normal(0, 0.08 * strength))
        line = (line - centre) @ spin.T + centre + rng.normal(0, 2.2 * strength, 2)
        for wave in waves:
            phase = line / 109 @ wave[:2] * 4 + wave[2] * 3
            line = line + np.stack([np.sin(phase), np.cos(phase * 0.9 + wave[3])], 1) * 1.3 * strength
        line = line @ whole.T + rng.normal(0, tremble, line.shape)
        keep = rng.integers(0, 2, 2) if len(line) > 8 and rng.random() < 0.2 * strength else (0, 0)
        line = line[keep[0] : len(line) - keep[1]]
        joined = written and rng.random() < 0.06 * strength
        if joined and np.hypot(*(line[0] - written[-1][-1])) < 45:
            written[-1] = np.concatenate([written[-1], line])
        else:
            written.append(line)
    return written


def by_mouse(strokes: tuple[Stroke, ...], rng: np.random.Generator) -> list[Stroke]:
    """Write `strokes` as a mouse or a finger does: a few straight pieces, ends that miss, loops left open, and now and then a slip."""
    written = []
    for line in jitter(strokes, rng, rng.uniform(0.5, 1.3)):
        pieces = resample(line, rng.uniform(5, 18))
        keep = len(pieces) - int(len(pieces) > 5 and rng.random() < 0.3)  # a loop that is not closed
        written.append(pieces[:keep] + rng.normal(0, 0.8, (keep, 2)))
    if rng.random() < 0.15:
        at = rng.uniform(15, 95, 2)
        written.append(at + np.cumsum(rng.normal(0, 2, (int(rng.integers(1, 4)), 2)), 0))
    return written


def scribble(rng: np.random.Generator) -> list[Stroke]:
    """One to six strokes that are not a character: random walks, zigzags, spirals, lines, polylines, taps."""
    return [_SCRIBBLES[rng.integers(len(_SCRIBBLES))](rng) for _ in range(rng.integers(1, 7))]


def _wander(rng: np.random.Generator) -> Stroke:
    steps = int(rng.integers(10, 120))
    bend = np.cumsum(rng.normal(0, rng.uniform(0.1, 0.7), steps)) + rng.uniform(0, 2 * math.pi)
    return np.cumsum(np.stack([np.cos(bend), np.sin(bend)], 1) * rng.uniform(1, 6), 0) + rng.uniform(0, 109, 2)


def _zigzag(rng: np.random.Generator) -> Stroke:
    turns = int(rng.integers(3, 16))
    along = np.linspace(0, rng.uniform(20, 100), turns)
    across = np.where(np.arange(turns) % 2, 1, -1) * rng.uniform(5, 50) + rng.normal(0, 4, turns)
    return _rotated(np.stack([along, across], 1), rng)


def _spiral(rng: np.random.Generator) -> Stroke:
    t = np.linspace(0, rng.uniform(1, 6) * 2 * math.pi, 60)
    radius = rng.uniform(8, 45) * (np.linspace(rng.uniform(0.1, 1), 1, 60))
    return _rotated(np.stack([np.cos(t) * radius + t * rng.uniform(0, 4), np.sin(t) * radius * rng.uniform(0.3, 1)], 1), rng)


def _line(rng: np.random.Generator) -> Stroke:
    return resample(rng.uniform(0, 109, (2, 2)), 4) + rng.normal(0, 0.5, 2)


def _polyline(rng: np.random.Generator) -> Stroke:
    return rng.uniform(0, 109, (int(rng.integers(3, 12)), 2))


def _tap(rng: np.random.Generator) -> Stroke:
    return rng.uniform(0, 109, 2) + rng.normal(0, 1.5, (int(rng.integers(1, 4)), 2))


def _rotated(line: Stroke, rng: np.random.Generator) -> Stroke:
    turn = rng.uniform(0, 2 * math.pi)
    return line @ np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]]) + rng.uniform(20, 90, 2)


_SCRIBBLES = (_wander, _wander, _zigzag, _spiral, _line, _polyline, _tap)
