"""The version of the networks that read a page."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import kmnist_model
from kmnist_model.page import detector
from kmnist_model.recognizer import weights_path


def version(model: str) -> str:
    """The version of the program, and hashes of the weights of the recogniser and the detector: `kuzushiji 0.9.0, kuzushiji@…, detector@…`.

    Raises `WeightsError` if there are no such weights.
    """
    path = weights_path(model)
    return f"{kmnist_model.__version__}, {path.stem}@{_hash(path)}, detector@{_hash(detector.FILE)}"


@cache
def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
