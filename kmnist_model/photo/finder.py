"""The steps from a photograph to the ink of its one character."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from kmnist_model.photo.cluster import Cluster, Mask, Parts, choose, find_parts
from kmnist_model.photo.light import Level, Light, divide, edges, without_shade
from kmnist_model.photo.lines import erase_lines
from kmnist_model.photo.plain import SIDE, ink_on, is_light_on_dark, is_one_character
from kmnist_model.photo.turn import lines_turned, turn_back
from kmnist_model.pictures.conversion import luminance
from kmnist_model.stroke_width import Gray

_WORKING_SIDE = 1000  # px, the longest side of the picture that is searched
_SMALL = 256  # px: a picture without a longer side is of one character alone
_NARROW = 32  # px: a strip that is narrower holds no scene
_EVEN = 0.75  # of the brightest paper: darker paper lies in shadow, or there is something else
_FAINTEST = 0.055  # of the paper's brightness: fainter marks are paper ...
_AROUND = 0.1  # of the character's size
_DARK = 0.65  # of the character's darkness: a shadow's is less
_MORE = 1.05  # times its ink: as much around it shows that strokes were too wide
_EDGE = 0.02  # of the longest side, across an edge
_ON_EDGE = 0.6  # of a part's pixels: what lies along an edge is its shadow
_LESS = 0.2  # of the score of a cluster that the border cuts: a whole one with less is not the character
_NOISE = 4.5  # of the standard deviation of its grain, as are fainter marks

_MOST = 0.7  # of all dark pixels: a character with fewer has lost parts
_TINY = 0.15  # of the longest side: a smaller character is lost where the picture is measured as a whole
_FILLS = 0.8  # of a side: the character is as large as the picture
_REACHES = (0.05, 0.1, 0.2)  # of the longer side: the widest stroke


@dataclass(frozen=True)
class Found:
    """What a picture holds: the character's `ink` (h, w), 0..1, or None; `dropped`: there were marks, but none like one character."""

    ink: Gray | None
    dropped: bool = False


@dataclass(frozen=True)
class _Look:
    """What one look at a photograph found: the `box` of the character (left, top, right, bottom) and its `ink`, and what else there was."""

    box: tuple[int, int, int, int] | None
    ink: Gray | None
    dark: float  # its ink's, of the paper's brightness
    others: bool  # marks that are not the character's
    lines: int  # printed ones
    even: bool  # the light


def find_character(image: Image.Image) -> Found:
    """Find the one character on a picture: a scan, a drawing or a photograph. Raises `PictureError`.

    What is plain (small, transparent, light on dark, or nothing on even paper but one cluster of ink, or one as large
    as the picture, which may cut it) is measured as a whole; on anything else the character is looked for.
    """
    if max(image.size) <= _SMALL or image.has_transparency_data:
        return Found(ink_on(luminance(image, SIDE)))
    gray = luminance(image, _WORKING_SIDE)
    if min(gray.shape) < _NARROW or is_light_on_dark(gray):
        return Found(ink_on(luminance(image, SIDE)))
    level = (gray * 255 + 0.5).astype(np.uint8)
    look, widest = _find(level)
    if (look.others or not look.even) and not _is_filled(look, widest, level):
        return Found(look.ink, look.ink is None and look.others)
    if look.ink is not None and max(look.ink.shape) < _TINY * max(level.shape):
        return Found(look.ink)
    return Found(ink_on(luminance(image, SIDE)))


def _is_filled(look: _Look, widest: Light, level: Level) -> bool:
    """Whether one character, on paper without printed lines, is as large as the picture (H, W).

    The paper must be even, in the light of the `widest` strokes or seen as a whole. Where it is, the picture's border may cut the
    character: then the `look` has lost parts of it.
    """
    if look.lines:
        return False
    span = 0.0
    if look.box is not None:
        (left, top, right, bottom), (height, width) = look.box, level.shape
        span = max((right - left) / width, (bottom - top) / height)
    if span > _FILLS and _is_even(widest):
        return True
    own = 0 if look.ink is None or span > _FILLS else np.count_nonzero(look.ink > 0.5)
    return is_one_character(level, own / _MOST)


def _is_even(light: Light) -> bool:
    dim, bright = np.percentile(light.paper[::8, ::8], (2, 98))
    return bool(dim > _EVEN * bright)


def _find(level: Level) -> tuple[_Look, Light]:
    """What there is on a picture (H, W) uint8, turned back if its printed lines are turned; and the light for the widest strokes."""
    light = divide(level, _reaches(level)[0])
    look, widest = _find_level(level, light)
    angle = lines_turned(light.marks, _faintest(light))
    if angle:
        turned, covered = turn_back(level, angle)
        other, _ = _find_level(turned, divide(turned, _reaches(level)[0]), covered)
        if other.lines > look.lines and other.box is not None:
            return other, widest
    return look, widest


def _reaches(level: Level) -> list[int]:
    return [max(9, round(reach * max(level.shape)) | 1) for reach in _REACHES]


def _find_level(level: Level, narrow: Light, covered: Mask | None = None) -> tuple[_Look, Light]:
    """The first look, from narrow strokes to wide ones, that finds a whole character; and the light for the widest.

    `covered` (H, W) are the pixels that the photograph covers, all by default.
    """
    reaches = _reaches(level)
    lights = [narrow, *(divide(level, reach) for reach in reaches[1:])]
    if covered is not None:
        lights = [replace(light, marks=light.marks * covered) for light in lights]
    borders = edges(lights[-1].paper, round(_EDGE * max(level.shape)) | 1)
    look = _look(lights[0], borders, covered)
    for light in lights[1:]:
        if look.box is None or _is_hollow(look, light):
            wider = _look(light, borders, covered)
            look = wider if wider.box is not None else look
    return look, lights[-1]


def _is_hollow(look: _Look, light: Light) -> bool:
    """Whether strokes of the character are wider than those that were looked for: a `light` of wider ones has more of its ink."""
    assert look.box is not None
    assert look.ink is not None
    left, top, right, bottom = look.box
    margin = round(_AROUND * max(right - left, bottom - top))
    near = light.marks[max(0, top - margin) : bottom + margin, max(0, left - margin) : right + margin]
    return bool(np.count_nonzero(near > _DARK * look.dark) > _MORE * np.count_nonzero(look.ink > 0.5))


def _faintest(light: Light) -> float:
    return max(_FAINTEST, _NOISE * light.noise)


def _look(light: Light, borders: Mask, covered: Mask | None) -> _Look:
    """Look for a character among the marks of `light`, where it is `covered`; what lies along the `borders` (H, W) of surfaces is none."""
    even = _is_even(light)
    faint = _faintest(light)
    marks, lines = erase_lines(light.marks, light.marks > faint, covered)
    parts = find_parts(marks, marks > faint, borders)
    chosen = _choose(parts, marks.shape)
    if chosen is None:
        return _Look(None, None, 0.0, bool(lines or len(parts)), lines, even)
    shade = without_shade(marks, chosen.mask())
    if shade and (within := _choose(find_parts(marks, marks > shade, borders), marks.shape)) is not None:
        chosen = within
    left, top, right, bottom = chosen.box
    own = chosen.mask()[top:bottom, left:right]
    cropped = marks[top:bottom, left:right] * own
    full = float(np.percentile(cropped[own], 75))
    ink = np.clip(cropped / full, 0, 1).astype(np.float32)
    return _Look(chosen.box, ink, full, bool(lines or shade or chosen.others), lines, even)


def _choose(parts: Parts, shape: tuple[int, ...]) -> Cluster | None:
    """The character among the parts of a picture of that `shape`, or None."""
    usable = parts.edge <= _ON_EDGE
    inside = usable & (parts.boxes[:, :2] > 0).all(1) & (parts.boxes[:, 2] < shape[1]) & (parts.boxes[:, 3] < shape[0])
    whole, cut = choose(parts, inside, shape), choose(parts, usable, shape)
    if cut is not None and (whole is None or whole.score < _LESS * cut.score):
        return cut  # the picture's border cuts the character itself
    return whole
