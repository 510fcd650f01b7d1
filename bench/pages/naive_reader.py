"""The naive page reader, for comparison: one threshold, and each connected component read as a character."""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image

from kmnist_model import Box, Character, Page, Recognizer
from kmnist_model.preprocess import from_ink


def read_page(picture: Image.Image, recognizer: Recognizer) -> Page:
    """Otsu's threshold over the whole picture, its components from right to left in strips as wide as the median one."""
    gray = np.asarray(picture.convert("L"))
    _, mask = cv2.threshold(gray, 0, 1, cv2.THRESH_BINARY_INV + cv2.THRESH_OTSU)
    count, labels, stats, centres = cv2.connectedComponentsWithStats(mask)
    places = [n for n in range(1, count) if 30 <= stats[n, cv2.CC_STAT_AREA] <= 0.05 * mask.size and max(stats[n, 2:4]) >= 8]
    if not places:
        return Page((), picture.size)
    inks = []
    for n in places:
        x, y, width, height = stats[n, :4]
        inks.append(from_ink((labels[y : y + height, x : x + width] == n).astype(np.float32)))
    readings = recognizer.read_ink(np.stack(inks))
    strip = 1.5 * float(np.median(stats[places, 2]))
    column = {n: int((gray.shape[1] - centres[n, 0]) // strip) for n in places}
    order = sorted(range(len(places)), key=lambda k: (column[places[k]], centres[places[k], 1]))
    numbers = {value: rank for rank, value in enumerate(sorted(set(column.values())))}
    characters = [Character(Box(*(int(side) for side in stats[places[k], :4])), numbers[column[places[k]]], readings[k]) for k in order]
    return Page.from_characters(characters, picture.size)
