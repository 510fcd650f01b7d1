"""Mistakes as pictures: each ink beside the training images nearest to it, of the answered character and of the right one."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from PIL.PngImagePlugin import PngInfo

from kmnist_model import data_url
from kmnist_model.files import atomic_path
from train.data.splits import Inks
from train.evaluation.neighbours import SHOWN, Mistake

ON_CARD = 12
_GREYS = 16  # four bits of a pixel: a third of the bytes of 256
_GAP = 4  # px, between the pictures of a strip
_SIDE, _MARGIN, _NUMBER, _HEAD = 56, 8, 24, 20  # px, of the model card's picture
_INK = 40  # grey of its letters and lines


def strip(inks: Inks) -> str:
    """Inks (N, size, size), dark on white, side by side, as the data URL of a small PNG; "" for none."""
    if not len(inks):
        return ""
    size = inks.shape[1]
    row = np.zeros((size, len(inks) * (size + _GAP) - _GAP), np.uint8)
    for number, ink in enumerate(inks):
        row[:, number * (size + _GAP) :][:, :size] = ink
    return data_url.from_bytes(_png(Image.fromarray(255 - row)), "png")


def _png(image: Image.Image, about: str = "") -> bytes:
    """A grey image as PNG with few greys, `about` in it as its copyright."""
    levels = Image.fromarray(np.round(np.asarray(image) * ((_GREYS - 1) / 255)).astype(np.uint8)).convert("P")
    levels.putpalette([grey for level in range(_GREYS) for grey in [255 * level // (_GREYS - 1)] * 3])
    described = PngInfo()
    if about:
        described.add_itxt("Copyright", about)
    file = io.BytesIO()
    levels.save(file, "png", optimize=True, bits=4, pnginfo=described)
    return file.getvalue()


def sheet(found: Sequence[Mistake]) -> Image.Image:
    """A grey picture with a numbered row for each mistake: the ink, the nearest of the answered character, the nearest of the right one."""
    cell = _SIDE + _MARGIN
    starts = [_NUMBER, _NUMBER + cell + _MARGIN, _NUMBER + (1 + SHOWN) * cell + 2 * _MARGIN]
    picture = Image.new("L", (starts[2] + SHOWN * cell, _HEAD + len(found) * cell), 255)
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(12)
    for start, title in zip(starts, ("ink", "nearest of the answer", "nearest of the right class"), strict=True):
        draw.text((start, 2), title, fill=_INK, font=font)
    for number, mistake in enumerate(found):
        top = _HEAD + number * cell
        draw.text((4, top + _SIDE // 2 - 7), str(number + 1), fill=_INK, font=font)
        for start, inks in zip(starts, (mistake.ink[None], mistake.like_answer, mistake.like_truth), strict=True):
            for place, ink in enumerate(inks):
                shown = Image.fromarray(255 - ink).resize((_SIDE, _SIDE), Image.Resampling.BICUBIC)
                picture.paste(shown, (start + place * cell, top))
                draw.rectangle((start + place * cell, top, start + place * cell + _SIDE - 1, top + _SIDE - 1), outline=220)
        for start in starts[1:]:
            draw.line((start - _MARGIN, top, start - _MARGIN, top + _SIDE), fill=160)
    return picture


def path_of(card: Path) -> Path:
    """The picture beside the model card or the weights file at `card`."""
    return card.with_name(f"{card.stem}-mistakes.png")


def described(found: Sequence[Mistake], source: str, picture: Path) -> dict[str, Any]:
    """What the model card says of the first `ON_CARD` mistakes and their `picture`; `source` is the attribution of the images."""
    return {"picture": picture.name, "source": source, "shown": [list(mistake.words) for mistake in found[:ON_CARD]]}


def save(found: Sequence[Mistake], source: str, path: Path) -> Path:
    """Write the first `ON_CARD` mistakes as a PNG, with the attribution in it; returns its path."""
    with atomic_path(path) as part:
        part.write_bytes(_png(sheet(found[:ON_CARD]), source))
    return path
