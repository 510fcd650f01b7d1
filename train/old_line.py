"""The line of an old book that the first lesson ends on: its picture, its characters, and where each one stands."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from PIL import Image

from train.data.data_folder import DataFolder
from train.errors import DataError

PAGE = "100241706_00006_1"
COUNT = 13  # characters of the page's first column
SCALE = 0.42
_MARGIN = (60, 75)  # px of the scan: left and right, above and below
ATTRIBUTION = "虚南留別志, from “Japanese Classical Book Kuzushiji Dataset” (created by NIJL and CODH), doi:10.20676/00000340, CC BY-SA 4.0; cut out and reduced"


def cut_out(data: DataFolder, picture: Path) -> dict[str, Any]:
    """Write the line's picture (WebP), and return its text, source, size in px and boxes [x, y, width, height]. Raises `DataError`."""
    folder = data.path / "scans" / "codh"
    if not (folder / "coordinates.csv").exists():
        raise DataError(f"{folder} has no coordinates.csv: give the folder that holds scans/codh with --data or KMNIST_DATA.")
    with (folder / "coordinates.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["Image"] == PAGE][:COUNT]
    boxes = [[int(row[name]) for name in ("X", "Y", "Width", "Height")] for row in rows]
    left, top = (min(box[axis] for box in boxes) - _MARGIN[axis] for axis in (0, 1))
    right, bottom = (max(box[axis] + box[axis + 2] for box in boxes) + _MARGIN[axis] for axis in (0, 1))
    with Image.open(folder / f"{PAGE}.jpg") as page:
        line = page.convert("RGB").crop((left, top, right, bottom))
    line = line.resize((round(line.width * SCALE), round(line.height * SCALE)), Image.Resampling.LANCZOS)
    line.save(picture, "webp", quality=70, method=6)
    return {
        "text": "".join(chr(int(row["Unicode"][2:], 16)) for row in rows),
        "source": ATTRIBUTION,
        "size": list(line.size),
        "boxes": [[round((x - left) * SCALE), round((y - top) * SCALE), round(w * SCALE), round(h * SCALE)] for x, y, w, h in boxes],
    }
