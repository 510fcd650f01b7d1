"""`read --nearest`: a contact sheet of the real characters nearest to each picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from kmnist_model.errors import PictureError
from kmnist_model.files import atomic_path
from kmnist_model.gallery import gallery
from kmnist_model.gallery.contact_sheet import contact_sheet
from kmnist_model.gallery.gallery import Neighbour
from kmnist_model.preprocess import from_image
from kmnist_model.recognizer import Recognizer


class NearestSheet:
    """Collects pictures with their nearest real characters, found by `recognizer` or, if the gallery is not of its weights, by those it is of.

    Raises `WeightsError` if there is no usable gallery, or it is of none of these weights.
    """

    def __init__(self, recognizer: Recognizer, device: str, engine: str = "auto") -> None:
        self._gallery = gallery.released()
        self._finder = recognizer if self._gallery.belongs_to(recognizer) else Recognizer.load(gallery.WEIGHTS, device, engine=engine)
        self._gallery.check_weights(self._finder)
        self._rows: list[tuple[NDArray[np.uint8], list[Neighbour]]] = []

    def add(self, picture: Image.Image) -> str:
        """The characters nearest to the picture of one character, the nearest first; none for a blank one."""
        ink = from_image(picture, self._finder.size)
        if not ink.any():
            return ""
        neighbours = self._gallery.nearest(ink, self._finder)
        self._rows.append((ink, neighbours))
        return "".join(neighbour.character for neighbour in neighbours)

    def save(self, path: Path) -> None:
        """Write the sheet, in the format of the file's suffix, whole or not at all. Raises `PictureError` where that cannot be done."""
        try:
            with atomic_path(path) as part:
                contact_sheet(self._rows).save(part, Image.registered_extensions()[path.suffix.lower()])
        except (OSError, KeyError, ValueError) as error:
            raise PictureError(f"{path} cannot be written ({error}): give another file, one that ends in .png for example.") from None
