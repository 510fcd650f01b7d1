"""Reads characters of Japan's old cursive script, kuzushiji: strokes, pictures or ink -> ranked, calibrated candidates."""

from typing import TYPE_CHECKING, Any

from kmnist_model.alphabet import KMNIST, KUZUSHIJI49, Alphabet, Entry
from kmnist_model.errors import DeviceError, InkError, KmnistError, PictureError, WeightsError
from kmnist_model.image import Document, full_size, open_image, page_count
from kmnist_model.page.reader import read_page
from kmnist_model.page.types import Box, Character, Line, Page
from kmnist_model.preprocess import from_image, from_strokes
from kmnist_model.recognizer import Recognizer
from kmnist_model.types import Candidate, Reading

if TYPE_CHECKING:
    from kmnist_model.network import build

__version__ = "0.9.0"

__all__ = [
    "KMNIST",
    "KUZUSHIJI49",
    "Alphabet",
    "Box",
    "Candidate",
    "Character",
    "DeviceError",
    "Document",
    "Entry",
    "InkError",
    "KmnistError",
    "Line",
    "Page",
    "PictureError",
    "Reading",
    "Recognizer",
    "WeightsError",
    "__version__",
    "build",
    "from_image",
    "from_strokes",
    "full_size",
    "open_image",
    "page_count",
    "read_page",
]


def __getattr__(name: str) -> Any:
    """`build` needs PyTorch, which takes a second to import and which reading does not need."""
    if name == "build":
        from kmnist_model.network import build

        return build
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
