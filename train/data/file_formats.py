"""The official file formats: idx, NumPy's .npz, a tar of one PNG for each character.

Nothing is unpacked to disk or unpickled.
"""

from __future__ import annotations

import gzip
import lzma
import math
import re
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from train.errors import DataError

# NotImplementedError for a version or a compression that is not known, RuntimeError for a password, MemoryError for an array of absurd size
_BROKEN_ZIP = (OSError, EOFError, ValueError, KeyError, NotImplementedError, RuntimeError, MemoryError, zipfile.BadZipFile, zlib.error)
_BROKEN_TAR = (
    OSError,
    EOFError,
    TypeError,
    ValueError,
    tarfile.TarError,
    lzma.LZMAError,
    zlib.error,
)  # tarfile raises TypeError for some headers
_MEMBER = re.compile(r"(?:^|/)U\+([0-9A-F]{4,6})/[^/.][^/]*\.png$")  # not the ._*.png that a Mac adds beside each


def read_idx(path: Path) -> NDArray[np.uint8]:
    """Read an idx file of unsigned bytes, gzipped or not (the MNIST format, yann.lecun.com/exdb/mnist).

    Raises `DataError` on anything else.
    """
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            content = file.read()
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path.name} cannot be read ({error}): get it again.") from None
    dimensions = content[3] if len(content) >= 4 and content[:3] == b"\0\0\x08" else 0
    header = 4 + 4 * dimensions
    if not dimensions or len(content) < header:
        raise DataError(f"{path.name} is not an idx file of bytes: get the official one.")
    shape = tuple(int(side) for side in np.frombuffer(content, ">u4", dimensions, 4))
    values = np.frombuffer(content, np.uint8, offset=header)
    if dimensions > 4 or values.size != math.prod(shape):
        raise DataError(f"{path.name} is cut off: {values.size} of {shape} bytes; get it again.")
    return values.reshape(shape)


def read_npz(path: Path, *names: str) -> dict[str, NDArray]:
    """The arrays `names` of a NumPy .npz file; no pickled object is ever read.

    Raises `DataError` if the file or an array is missing or damaged.
    """
    if not path.exists():
        raise DataError(f"{path} is missing: give the folder that holds it with --data or KMNIST_DATA.")
    try:
        with zipfile.ZipFile(path), np.load(path, allow_pickle=False) as arrays:  # np.load would accept other formats too
            return {name: arrays[name] for name in names}
    except _BROKEN_ZIP as error:
        raise DataError(f"{path.name} cannot be read ({error}): get it again.") from None


def read_tar(path: Path) -> Iterator[tuple[int, str, bytes]]:
    """The code point, the name and the content of each `U+XXXX/<name>.png` in a tar, compressed or not.

    Pictures come in the order of the file and are not decoded. Raises `DataError` if it is damaged.
    """
    if _is_cut_off(path):
        raise DataError(f"{path.name} is cut off: get the rest of it, or all of it again.")
    try:
        with tarfile.open(path, "r|*") as archive:
            for member in archive:
                found = _MEMBER.search(member.name)
                if found and member.isfile() and (file := archive.extractfile(member)):
                    yield int(found[1], 16), member.name, file.read()
    except _BROKEN_TAR as error:
        raise DataError(f"{path.name} is not a whole tar file ({error}): get it again.") from None


def _is_cut_off(path: Path) -> bool:
    """Whether a plain tar lacks its two final blocks of zeros, which `tarfile` does not check."""
    with path.open("rb") as file:
        file.seek(257)
        if file.read(5) != b"ustar":
            return False
        size = file.seek(0, 2)
        file.seek(max(0, size - 1024))
        return size < 1024 or any(file.read())
