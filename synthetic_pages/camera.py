"""A camera over one sheet: its place on a table, perspective, a lamp, shadows, the lens and JPEG."""

from __future__ import annotations

import io

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Layer = NDArray[np.float32]  # (H, W), 0..1
Picture = NDArray[np.float32]  # (H, W, 3), 0..1


def noise(rng: np.random.Generator, shape: tuple[int, int], step: float) -> Layer:
    """Smooth noise (H, W) of about unit deviation with features of `step` px."""
    coarse = rng.standard_normal((max(3, round(shape[0] / step)), max(3, round(shape[1] / step))), np.float32)
    return cv2.resize(coarse, shape[::-1], interpolation=cv2.INTER_CUBIC)


def table(rng: np.random.Generator, shape: tuple[int, int]) -> Picture:
    """A table (H, W, 3): dark or light wood with its grain, a cloth, or a plain desk of any grey."""
    kind = rng.choice(["wood", "wood", "cloth", "desk"])
    if kind == "desk":
        tone = np.full(3, rng.uniform(0.15, 0.55)) * rng.uniform(0.9, 1.1, 3)
        shade = 1 + 0.02 * noise(rng, shape, 3) + 0.03 * noise(rng, shape, shape[1] / 3)
    elif kind == "wood":
        tone = np.array([0.45, 0.3, 0.18]) * rng.uniform(0.45, 1.35)
        across = rng.normal(0, 1, (max(8, shape[0] // 6), 3)).astype(np.float32)
        shade = 1 + 0.12 * cv2.resize(across, shape[::-1], interpolation=cv2.INTER_CUBIC) + 0.02 * noise(rng, shape, 2)
    else:
        tone = rng.uniform(0.1, 0.6, 3)
        shade = 1 + 0.06 * noise(rng, shape, 4)
    return np.clip(tone * shade[:, :, None], 0.02, 1).astype(np.float32)


def lay(rng: np.random.Generator, sheet: Picture, ground: Picture, corners: NDArray[np.float32]) -> Picture:
    """`ground` with `sheet` lying on it, its corners (4, 2) clockwise from the top left at x, y in px, with the shadow of its edge."""
    height, width = sheet.shape[:2]
    source = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(source, corners.astype(np.float32))
    size = ground.shape[1::-1]
    cover = cv2.warpPerspective(np.ones((height, width), np.float32), matrix, size, flags=cv2.INTER_AREA)
    laid = cv2.warpPerspective(sheet, matrix, size, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
    depth = rng.uniform(0.006, 0.012) * size[0]
    move = np.array([[1, 0, rng.uniform(-depth, depth)], [0, 1, rng.uniform(0, depth)]], np.float32)
    under = cv2.GaussianBlur(cv2.warpAffine(cover, move, size), (0, 0), depth / 2 + 0.5)
    laid *= cover[:, :, None]
    laid += ground * ((1 - 0.45 * under) * (1 - cover))[:, :, None]
    return np.asarray(laid, np.float32)


def filled(sheet: Picture, corners: NDArray[np.float32], shape: tuple[int, int]) -> Picture:
    """A picture of that `shape` that shows nothing but `sheet`, whose corners (4, 2) would lie at or beyond its own."""
    height, width = sheet.shape[:2]
    source = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(source, corners.astype(np.float32))
    return cv2.warpPerspective(sheet, matrix, shape[::-1], flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)


def tilted(rng: np.random.Generator, shape: tuple[int, int], degrees: float = 5, depth: float = 0.04) -> NDArray[np.float32]:
    """The corners (4, 2) of a sheet (H, W) that lies turned and seen at an angle, around its own place."""
    height, width = shape
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64)
    turn = np.radians(rng.uniform(-degrees, degrees))
    spin = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    middle = np.array([width, height]) / 2
    corners = (corners - middle) @ spin.T + middle + rng.uniform(-depth, depth, (4, 2)) * min(shape)
    return corners.astype(np.float32)


def lamp(rng: np.random.Generator, shape: tuple[int, int], depth: float) -> Layer:
    """The fall-off (H, W) of a lamp at the side: up to `depth` darker at the far end."""
    y, x = np.mgrid[0:1:64j, 0:1:64j].astype(np.float32)  # it is smooth
    angle = rng.uniform(0, 2 * np.pi)
    along = (x - 0.5) * np.cos(angle) + (y - 0.5) * np.sin(angle)
    light = (1 - depth * np.clip(along + 0.5, 0, 1.2) ** rng.uniform(0.8, 1.8)).astype(np.float32)
    return cv2.resize(light, shape[::-1], interpolation=cv2.INTER_LINEAR)


def shadow(rng: np.random.Generator, shape: tuple[int, int], at: tuple[float, float], size: float) -> Layer:
    """The light (H, W) beside a hand's shadow whose edge crosses the place `at` (x, y), of a character of `size` px; at most half is gone."""
    mask = np.zeros(shape, np.uint8)
    angle = rng.uniform(0, 2 * np.pi)
    direction = np.array([np.cos(angle), np.sin(angle)])
    edge = np.array(at) + rng.uniform(-0.35, 0.35) * size * direction
    side = np.array([-direction[1], direction[0]])
    far = 2.0 * max(shape)
    if rng.random() < 0.6:  # an arm, or a telephone
        polygon = np.array([edge - far * side, edge + far * side, edge + far * side + far * direction, edge - far * side + far * direction])
        cv2.fillPoly(mask, [polygon.round().astype(np.int32)], 1)
    else:  # fingers
        thick = rng.uniform(0.35, 0.6) * size
        for finger in range(-2, 3):
            tip = edge + side * finger * thick * 1.15 + direction * rng.uniform(0, 0.5) * size + direction * thick / 2
            cv2.line(
                mask, tuple(tip.round().astype(int).tolist()), tuple((tip + far * direction).round().astype(int).tolist()), 1, round(thick)
            )
    soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), rng.uniform(0.8, 6.0) * max(shape) / 1000)
    return 1 - np.float32(rng.uniform(0.3, 0.5)) * soft


def thumb(rng: np.random.Generator, picture: Picture, free: tuple[float, float, float, float]) -> Picture:
    """`picture` with a thumb or two fingers in from the border, outside the box `free` (left, top, right, bottom, in px)."""
    height, width = picture.shape[:2]
    picture = picture.copy()
    for _ in range(int(rng.integers(1, 3))):
        thick = rng.uniform(0.13, 0.24) * min(height, width)
        border = rng.integers(4)
        place = rng.uniform(0.1, 0.9)
        start = np.array([(place * width, height), (width, place * height), (place * width, 0), (0, place * height)][border], np.float64)
        aim = np.array([width, height]) * rng.uniform(0.35, 0.65, 2) - start
        aim /= np.hypot(*aim)
        for reach in np.linspace(rng.uniform(0.18, 0.45) * min(height, width), 0.0, 12):
            tip = start + aim * reach
            gap = np.hypot(*np.maximum(np.maximum(np.array(free[:2]) - tip, tip - np.array(free[2:])), 0))
            if gap > 0.6 * thick:
                break
        else:
            continue
        _cover_with_finger(rng, picture, start - aim * thick * 2, tip, thick)
    return picture


def _cover_with_finger(
    rng: np.random.Generator, picture: Picture, base: NDArray[np.float64], tip: NDArray[np.float64], thick: float
) -> None:
    """Draw a finger, `thick` px wide, from its `base` to its `tip` (x, y) over the picture, with its shadow and perhaps its nail."""
    corners = np.stack([base, tip])
    low = np.clip(np.floor(corners.min(0) - 1.2 * thick), 0, picture.shape[1::-1]).astype(int)
    high = np.clip(np.ceil(corners.max(0) + 1.2 * thick), 0, picture.shape[1::-1]).astype(int)
    part = picture[low[1] : high[1], low[0] : high[0]]
    finger = np.zeros(part.shape[:2], np.uint8)
    cv2.line(finger, (base - low).round().astype(int).tolist(), (tip - low).round().astype(int).tolist(), 255, round(thick))
    soft = cv2.GaussianBlur(finger.astype(np.float32) / 255, (0, 0), 1.2)[:, :, None]
    inside = np.minimum(cv2.distanceTransform(finger, cv2.DIST_L2, 3) / (thick / 2), 1)[:, :, None]
    tone = np.array([[0.87, 0.68, 0.56], [0.78, 0.56, 0.44], [0.55, 0.36, 0.26], [0.38, 0.25, 0.18]], np.float32)[rng.integers(4)]
    skin = (tone * np.float32(rng.uniform(0.85, 1.08))) * (0.72 + 0.28 * inside) * (1 + 0.02 * noise(rng, part.shape[:2], 5)[:, :, None])
    below = cv2.GaussianBlur(np.roll(finger, round(0.08 * thick), 0).astype(np.float32) / 255, (0, 0), thick / 9)[:, :, None]
    part[:] = part * (1 - 0.4 * below) * (1 - soft) + np.clip(skin, 0, 1) * soft
    if rng.random() < 0.5:
        aim = (tip - base) / np.hypot(*(tip - base))
        nail = np.zeros(part.shape[:2], np.float32)
        centre = (tip - low + aim * 0.1 * thick).round().astype(int).tolist()
        cv2.ellipse(nail, centre, (round(0.3 * thick), round(0.24 * thick)), float(np.degrees(np.arctan2(aim[1], aim[0]))), 0, 360, 1.0, -1)
        nail = cv2.GaussianBlur(nail, (0, 0), 1.5)[:, :, None]
        part[:] = part * (1 - 0.5 * nail) + 0.5 * nail * np.minimum(skin * 1.25, 1)


def expose(rng: np.random.Generator, picture: Picture) -> Image.Image:
    """The JPEG of the camera, opened again: lens blur, white balance, noise."""
    picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.5, 1.6) * max(picture.shape) / 1200)
    balance = 255 * rng.uniform(0.94, 1.06, 3).astype(np.float32) * np.float32(rng.uniform(0.8, 1.05))
    grain = rng.standard_normal(picture.shape[:2], np.float32)
    grain *= np.float32(255 * rng.uniform(0.004, 0.02))
    channels = [cv2.scaleAdd(channel, float(share), grain) for channel, share in zip(cv2.split(picture), balance, strict=True)]
    image = Image.fromarray(cv2.merge([cv2.convertScaleAbs(cv2.max(channel, 0.0)) for channel in channels]))
    file = io.BytesIO()
    image.save(file, "JPEG", quality=int(rng.integers(55, 95)))
    return Image.open(io.BytesIO(file.getvalue()))
