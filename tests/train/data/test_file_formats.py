"""The official file formats are read, and anything else is rejected in one sentence."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support import official_files
from train.data.file_formats import read_idx, read_npz
from train.errors import DataError


@pytest.mark.parametrize("shape", [(5,), (0,), (3, 28, 28)])
@pytest.mark.parametrize("zipped", [True, False])
def test_idx_is_read(tmp_path: Path, shape: tuple[int, ...], zipped: bool) -> None:
    array = np.arange(np.prod(shape)).reshape(shape).astype(np.uint8)
    path = tmp_path / ("x.gz" if zipped else "x")
    path.write_bytes(gzip.compress(official_files.idx(array)) if zipped else official_files.idx(array))
    assert np.array_equal(read_idx(path), array)


_GOOD = official_files.idx(np.zeros((2, 3), np.uint8))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not an idx file"),
        (b"\0\0", "not an idx file"),
        (b"\0\0\x08\0", "not an idx file"),
        (b"\0\0\x0d" + _GOOD[3:], "not an idx file"),
        (b"\1" + _GOOD[1:], "not an idx file"),
        (_GOOD[:7], "not an idx file"),
        (_GOOD[:-1], "cut off"),
        (_GOOD + b"x", "idx"),
        (b"\0\0\x08\x03" + struct.pack(">3I", 2**31, 2**31, 4), "idx"),
        (b"\0\0\x08\xff" + struct.pack(">255I", *[1] * 255) + b"x", "idx"),
    ],
    ids=["empty", "short", "no dimension", "floats", "magic", "half a header", "cut off", "too long", "absurd size", "255 dimensions"],
)
def test_what_is_no_idx_is_rejected(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "idx.gz"
    path.write_bytes(gzip.compress(content))
    with pytest.raises(DataError, match=message):
        read_idx(path)


@pytest.mark.parametrize(
    "content",
    [b"", b"plain text", gzip.compress(_GOOD * 50)[:-12], gzip.compress(_GOOD * 50)[:12] + b"\xff" * 9],
    ids=["empty", "text", "cut off", "garbled"],
)
def test_what_is_no_gzip_is_rejected(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "idx.gz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"idx\.gz .*\.$"):
        read_idx(path)


def test_a_missing_npz(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"kkanji-28x28\.npz is missing: give the folder"):
        read_npz(tmp_path / "kkanji-28x28.npz", "images")


def _npz(path: Path, **arrays: Any) -> bytes:
    np.savez(path, **arrays)
    return path.read_bytes()


def _with_head(whole: bytes, place: int, value: int) -> bytes:
    """A zip with one byte of its directory's first entry changed."""
    entry = whole.index(b"PK\x01\x02")
    return whole[: entry + place] + bytes([value]) + whole[entry + place + 1 :]


def _absurd(shape: tuple[int, ...]) -> bytes:
    """An array whose head claims that `shape`."""
    array, file = io.BytesIO(), io.BytesIO()
    np.lib.format.write_array_header_1_0(array, {"descr": "|u1", "fortran_order": False, "shape": shape})
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.npy", array.getvalue())
    return file.getvalue()


NO_NPZ = [
    "empty",
    "text",
    "npy",
    "cut off",
    "other arrays",
    "pickled objects",
    "another version",
    "a password",
    "another compression",
    "absurd size",
]


@pytest.mark.parametrize("kind", NO_NPZ)
def test_what_is_no_npz_is_rejected(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "x.npz"
    whole = _npz(path, a=np.zeros(100))
    np.save(tmp_path / "y.npy", np.zeros(3))
    content = {
        "empty": b"",
        "text": b"text",
        "npy": (tmp_path / "y.npy").read_bytes(),
        "cut off": whole[:-30],
        "other arrays": _npz(path, b=np.zeros(3)),
        "pickled objects": _npz(path, a=np.array([{}], object)),
        "another version": _with_head(whole, 6, 254),  # this one and the next three: found by make fuzz, or near what it found
        "a password": _with_head(whole, 8, 1),
        "another compression": _with_head(whole, 10, 99),
        "absurd size": _absurd((10**15,)),
    }[kind]
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"x\.npz cannot be read .*: get it again\.$"):
        read_npz(path, "a")
