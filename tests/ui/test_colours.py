"""The colours that tell the kinds of writing apart do so for eyes that lack a kind of cone, and are the same wherever they are written."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from PIL import ImageColor

FOLDER = Path(__file__).resolve().parents[2] / "ui" / "components" / "page_reader"
PAPER = "#e0cfae"  # old paper in a library's scan
# Machado, Oliveira and Fernandes 2009, doi:10.1109/TVCG.2009.113, severity 1, of linear RGB
EYES = {
    "all cones": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}


def kinds() -> dict[str, str]:
    """The colour of each kind of writing, as style.css has it."""
    return dict(re.findall(r"--(main|note|ruby): (#\w{6});", (FOLDER / "style.css").read_text("utf-8")))


def linear(colour: str) -> np.ndarray:
    value = np.array(ImageColor.getrgb(colour)) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    """CIE L*a*b* of linear sRGB."""
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ rgb / [0.9505, 1, 1.089]
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("eye", EYES)
def test_kinds_of_writing_differ_for_every_eye(eye: str) -> None:
    colours = kinds()
    assert list(colours) == ["main", "note", "ruby"]
    seen = {name: lab((np.array(EYES[eye]) @ linear(colour)).clip(0, 1)) for name, colour in (colours | {"paper": PAPER}).items()}
    apart = {pair: float(np.linalg.norm(seen[pair[0]] - seen[pair[1]])) for pair in combinations(seen, 2)}
    assert min(apart.values()) > 30, apart  # 2.3 is what an eye just tells apart


def test_the_downloaded_picture_has_the_same_colours() -> None:
    script = (FOLDER / "downloads.js").read_text("utf-8")
    assert dict(re.findall(r'(main|note|ruby): "(#\w{6})"', script)) == kinds()
