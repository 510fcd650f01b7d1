"""Brush and hand fonts: where they are found, and their characters as ink images."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from fontTools.ttLib import TTFont
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from kmnist_model.preprocess import InkImage, from_ink, stroke_width
from kmnist_model.stroke_width import redraw
from train.data.data_folder import DataFolder

_SYSTEM = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".fonts")
_EM = 144  # px, the size at which glyphs are drawn before they are brought to the model's


@dataclass(frozen=True)
class Font:
    """One family: the `patterns` of its files' names, and what of it is learnt.

    That is "kanji", "kana" of today, "old kana" (old forms at the code points of today's), or "historical" (letters with code points of
    their own, U+1B001 to U+1B11E).
    """

    name: str
    patterns: tuple[str, ...]
    teaches: tuple[str, ...]
    licence: str = "OFL 1.1"


# What the packages of these names hold (Debian's fonts-*, npm's @fontsource/*); README.md says how to get them.
FONTS = (
    Font("kouzan-mouhitsu kaisho", ("kouzan-mouhitsu.ttf",), ("kanji", "kana"), "free, Aoyagi Kouzan"),
    Font("kouzan-mouhitsu gyosho", ("kouzan-mouhitsu-gyosho.ttf",), ("kanji", "kana"), "free, Aoyagi Kouzan"),
    Font("kouzan-mouhitsu sosho", ("KouzanBrushFontSousyo.ttf",), ("kanji", "kana"), "free, Aoyagi Kouzan"),
    Font("aoyagi-kouzan-t", ("AoyagiKouzanT.ttf",), ("kanji", "kana"), "free, Aoyagi Kouzan"),
    Font("aoyagi-soseki", ("aoyagi-soseki.ttf",), ("kanji", "kana"), "free, Aoyagi Kouzan"),
    Font("klee", ("KleeOne-Regular.ttf", "KleeOne-SemiBold.ttf"), ("kanji", "kana")),
    Font("yusei-magic", ("YuseiMagic-Regular.ttf",), ("kanji", "kana")),
    Font("yuji-boku", ("yuji-boku-*-400-normal.woff2",), ("kanji", "kana")),
    Font("yuji-mai", ("yuji-mai-*-400-normal.woff2",), ("kanji", "kana")),
    Font("yuji-syuku", ("yuji-syuku-*-400-normal.woff2",), ("kanji", "kana")),
    Font("yuji-hentaigana-akebono", ("yuji-hentaigana-akebono-*-400-normal.woff2",), ("old kana",)),
    Font("yuji-hentaigana-akari", ("yuji-hentaigana-akari-*-400-normal.woff2",), ("old kana",)),
    Font("noto-serif-hentaigana light", ("noto-serif-hentaigana-kana-extended-200-normal.woff2",), ("historical",)),
    Font("noto-serif-hentaigana", ("noto-serif-hentaigana-kana-extended-500-normal.woff2",), ("historical",)),
    Font("noto-serif-hentaigana bold", ("noto-serif-hentaigana-kana-extended-900-normal.woff2",), ("historical",)),
    Font("ipamj-mincho", ("ipamjm.ttf",), ("historical",), "IPA 1.0"),
    Font("hanazono", ("HanaMinA.ttf", "HanaMinB.ttf"), ("historical",)),
)


def find(data: DataFolder, teaches: str) -> dict[Font, list[Path]]:
    """The files of each font that teaches `teaches`, in `data`/fonts or among the system's fonts; fonts without files are left out."""
    files = [path for folder in (data.path / "fonts", *_SYSTEM) for path in sorted(folder.rglob("*")) if path.is_file()]
    found = {}
    for font in FONTS:
        mine = {path.name: path for path in reversed(files) if any(path.match(pattern) for pattern in font.patterns)}
        if mine and teaches in font.teaches:
            found[font] = sorted(mine.values())
    return found


@cache
def _covers(path: Path) -> frozenset[int]:
    with TTFont(path, lazy=True) as font:
        return frozenset(font.getBestCmap())


@cache
def _open(path: Path) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, _EM)


def glyphs(paths: list[Path], characters: str) -> Iterator[tuple[str, Path]]:
    """Each of the `characters` that a file of `paths` has, with that file; a font of several weights gives each of them."""
    for path in paths:
        covered = _covers(path)
        yield from ((character, path) for character in characters if ord(character) in covered)


def draw(path: Path, character: str) -> NDArray[np.float32] | None:
    """The ink (H, W), 0..1, of a glyph at a size of 144 px; None for an empty one."""
    canvas = Image.new("L", (2 * _EM, 2 * _EM))
    ImageDraw.Draw(canvas).text((_EM, _EM), character, 255, _open(path), anchor="mm")
    box = canvas.getbbox()
    return np.asarray(canvas.crop(box), np.float32) / np.float32(255) if box else None


def to_ink(ink: NDArray[np.float32], size: int, pen: float | None = None) -> InkImage:
    """A drawn glyph as an ink image (size, size), its strokes brought to `pen` (px at 28) if that is given."""
    return from_ink(ink if pen is None else redraw(ink, stroke_width(ink), pen), size)
