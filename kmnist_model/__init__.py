"""Reads characters of Japan's old cursive script, kuzushiji: strokes, pictures or ink -> ranked, calibrated candidates."""

from kmnist_model.alphabet import KMNIST, Alphabet, Entry
from kmnist_model.errors import DeviceError, InkError, KmnistError, PictureError, WeightsError
from kmnist_model.ink import from_image, from_strokes
from kmnist_model.network import build
from kmnist_model.recognizer import Candidate, Reading, Recognizer

__all__ = [
    "KMNIST",
    "Alphabet",
    "Candidate",
    "DeviceError",
    "Entry",
    "InkError",
    "KmnistError",
    "PictureError",
    "Reading",
    "Recognizer",
    "WeightsError",
    "build",
    "from_image",
    "from_strokes",
]
