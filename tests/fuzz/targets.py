"""The fuzz targets: each takes arbitrary bytes, and may only raise one of our own errors, of one sentence, without using much memory."""

from __future__ import annotations

import io
import json
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from kmnist_model import (
    KMNIST,
    Document,
    InkError,
    KmnistError,
    PictureError,
    WeightsError,
    build,
    from_image,
    from_strokes,
    page_count,
    weights_file,
)
from kmnist_model.pictures.pdf import is_pdf
from kmnist_model.pictures.pdf_renderer import render
from kmnist_model.weights_file import Card
from tests.support import files
from train.data.file_formats import read_idx, read_npz, read_tar
from train.errors import DataError

CORPUS = Path(__file__).parent / "corpus"
_PIXELS = 1_000_000  # enough to decode, few enough to be quick


def strokes(data: bytes) -> None:
    """JSON -> ink."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return
    _expect(InkError, lambda: from_strokes(value))


def image(data: bytes) -> None:
    """A file -> its last page -> ink."""
    if not is_pdf(data):  # those are drawn by another process
        _expect(PictureError, lambda: from_image(Document(data, _PIXELS).page(page_count(data) - 1)))


def pdf(data: bytes) -> None:
    """A PDF -> its pages' number -> the pixels of the first, as the renderer draws them in a process of its own."""
    head, *rows = render(data, 0, _PIXELS // 100)
    size = json.loads(head)
    assert sum(map(len, rows)) == 3 * size.get("width", 0) * size.get("height", 0)


def weights(data: bytes) -> None:
    """A weights file -> card and network."""
    with _file(data, "fuzz.safetensors") as path:
        _expect(WeightsError, lambda: weights_file.load(path))


def idx(data: bytes) -> None:
    """An idx file, plain and gzipped."""
    for name in ("fuzz-ubyte", "fuzz-ubyte.gz"):
        with _file(data, name) as path:
            _expect(DataError, lambda path=path: read_idx(path))


def npz(data: bytes) -> None:
    """NumPy's zip."""
    with _file(data, "fuzz.npz") as path:
        _expect(DataError, lambda: read_npz(path, "arr_0"))


def tar(data: bytes) -> None:
    """A tar of pictures."""
    with _file(data, "fuzz.tar") as path:
        _expect(DataError, lambda: list(read_tar(path)))


TARGETS: dict[str, Callable[[bytes], None]] = {target.__name__: target for target in (strokes, image, pdf, weights, idx, npz, tar)}


def _expect(kind: type[KmnistError], do: Callable[[], Any]) -> None:
    try:
        do()
    except kind as error:
        if "\n" in str(error).strip():
            raise AssertionError(f"not one sentence: {error}") from error


class _file:
    """`data` as a temporary file called `name`, for the length of a `with` block."""

    def __init__(self, data: bytes, name: str) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._path = Path(self._folder.name) / name
        self._path.write_bytes(data)

    def __enter__(self) -> Path:
        return self._path

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()


def seeds(name: str) -> Iterator[bytes]:
    """Valid inputs for the target called `name`, to start from."""
    picture = Image.fromarray(np.pad(np.full((12, 4), 255, np.uint8), 8))
    if name == "strokes":
        yield b"[[[0, 0], [10, 10, 5]], [[5, 0.5], [-5e3, 1]]]"
        yield b"[]"
    elif name == "image":
        for kind in ("PNG", "JPEG", "WEBP", "TIFF", "GIF", "BMP"):
            for mode in ("L", "RGB") if kind in ("JPEG", "WEBP") else ("L", "RGB", "P"):
                yield _saved(picture.convert(mode), kind)
        for kind in ("TIFF", "GIF"):
            yield files.several(kind, [picture, picture.rotate(90)])
    elif name == "pdf":
        yield files.pdf([(72, 72, "0.5 g 9 9 20 20 re f"), None, (36, 72, "1 0 0 RG 5 5 m 60 60 l S")])
        yield files.several("PDF", [picture, picture.convert("RGB")])
        yield files.locked_pdf()
    elif name == "weights":
        card = Card("preact_resnet20", 1, KMNIST, 0.19, 0.34, 1.5, 0.0, ["nothing"], "none")
        with tempfile.TemporaryDirectory() as folder:
            weights_file.save(Path(folder) / "seed", build("preact_resnet20", len(KMNIST) + 1, 1), card)
            yield (Path(folder) / "seed").read_bytes()
    elif name == "idx":
        yield b"\0\0\x08\x03\0\0\0\x01\0\0\0\x02\0\0\0\x02abcd"
    elif name == "npz":
        file = io.BytesIO()
        np.savez_compressed(file, np.zeros((2, 3), np.uint8))
        yield file.getvalue()
    elif name == "tar":
        yield from (_tarred(_saved(picture, "PNG"), mode) for mode in ("w", "w:gz"))


def _saved(picture: Image.Image, kind: str) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind)
    return file.getvalue()


def _tarred(content: bytes, mode: str) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode) as archive:  # type: ignore[call-overload]
        member = tarfile.TarInfo("kkanji2/U+4E00/a.png")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return file.getvalue()
