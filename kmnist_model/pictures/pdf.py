"""Pages of a PDF, drawn by pdf_renderer.py in a process of its own: PDFium knows no threads, and no limits."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from kmnist_model.errors import PictureError

_RENDERER = Path(__file__).with_name("pdf_renderer.py")
_TIMEOUT = 20  # seconds; a page of text takes 0.3
_SENTENCES = {
    "password": "This PDF is protected by a password: save it without one.",
    "broken": "This PDF cannot be opened: get the file again, or save its pages as PNG.",
    "page": "This page of the PDF cannot be drawn: save it as PNG.",
    "missing": "PDF files need the package pypdfium2: make it available by pip install pypdfium2.",
}


def is_pdf(data: bytes) -> bool:
    """Whether a file says that it is a PDF."""
    return data[:1024].lstrip().startswith(b"%PDF-")


def count_pages(data: bytes) -> int:
    """The number of pages. Raises `PictureError`."""
    head, _ = _run(data, -1, 1)
    return int(head["pages"])


def draw_page(data: bytes, index: int, max_pixels: int) -> Image.Image | None:
    """The page of this `index`, from 0, as RGB on white, at 300 dpi or what `max_pixels` allow; None where there is none."""
    head, pixels = _run(data, index, max_pixels)
    if "width" not in head:
        return None
    size = int(head["width"]), int(head["height"])
    if len(pixels) != 3 * size[0] * size[1]:
        raise PictureError(_SENTENCES["page"])
    return Image.frombuffer("RGB", size, np.frombuffer(pixels, np.uint8), "raw", "RGB", 0, 1)


def _run(data: bytes, index: int, max_pixels: int) -> tuple[dict[str, int | str], memoryview]:
    """What the renderer answers. Raises `PictureError`."""
    if not importlib.util.find_spec("pypdfium2"):
        raise PictureError(_SENTENCES["missing"])
    words = [sys.executable, "-P", str(_RENDERER), str(index), str(max_pixels)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    try:
        done = subprocess.run(words, input=data, capture_output=True, timeout=_TIMEOUT, env=environment, check=False)
    except subprocess.TimeoutExpired:
        raise PictureError("This page of the PDF takes too long to draw: save it as PNG.") from None
    except OSError as error:
        raise PictureError(f"This PDF cannot be drawn here ({error.strerror}): save its pages as PNG.") from None
    end = done.stdout.find(b"\n", 0, 200) + 1
    if not end:  # it crashed
        raise PictureError(_SENTENCES["broken" if index < 0 else "page"])
    head = json.loads(done.stdout[:end])
    if "error" in head:
        raise PictureError(_SENTENCES[head["error"]])
    return head, memoryview(done.stdout)[end:]
