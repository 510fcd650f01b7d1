"""The example pages of the Scan tab, made by synthetic_pages/examples.py."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from kmnist_model import data_url

FOLDER = Path(__file__).parent.parent / "assets" / "pages"
_KEYS = {"letter": "example.letter", "scroll": "example.scroll", "book": "example.book"}


@dataclass(frozen=True)
class Example:
    """One page: its `name`, the `key` of its title, the `path` of its picture, and a small `thumbnail` as a data URL."""

    name: str
    key: str
    path: Path
    thumbnail: str

    @property
    def picture(self) -> str:
        """The whole picture as a data URL."""
        return data_url.from_bytes(self.path.read_bytes(), "jpeg")


def examples() -> list[Example]:
    """All example pages, in the order of the tab."""
    return [Example(name, key, path := FOLDER / f"{name}.jpg", _thumbnail(path)) for name, key in _KEYS.items()]


def _thumbnail(path: Path) -> str:
    with Image.open(path) as image:
        image.thumbnail((192, 192))
        return data_url.from_image(image.convert("RGB"), "jpeg", quality=80)
