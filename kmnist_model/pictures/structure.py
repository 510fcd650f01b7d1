"""The structure of JPEG, GIF and TIFF files, read without decoding: their pages, and traps that would take long or much memory."""

from __future__ import annotations

import re
import struct

import numpy as np

from kmnist_model.errors import PictureError
from kmnist_model.pictures.conversion import SAVE_AGAIN

_MAX_JPEG_SCANS = 100  # of a progressive JPEG, libtiff's limit too: 10 are usual, and 1,000 take 23 s of CPU
_MAX_JPEG_SEGMENTS = 10_000  # of a JPEG: 7 million take 7 s
_MAX_GIF_COMMENT = 100_000  # bytes in a GIF: a million take 3 s, and twice as many four times as long
_MAX_GIF_BLOCKS = 500_000  # of a GIF: 30 MB have 120,000 of 255 bytes
_MAX_GIF_PIXELS = 1_000_000_000  # of all pages of a GIF together: the last one needs all before, 10 s of CPU
_MAX_TIFF_TAGS = 100_000  # of all pages of a TIFF: each takes 3 microseconds
_MAX_TIFF_TAG_BYTES = 2_000_000_000  # of all pages, which may share them
_JPEG_MARKER = re.compile(rb"\xff([^\x00\x01\xd0-\xd7\xff])")  # of those that a length follows, and the end
_GIF_BLOCK = re.compile(b"[!,;]")
_SIZES = np.array([0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8])  # bytes of a value of each of TIFF's types
_NEW_SUBFILE_TYPE, _SUBFILE_TYPE = 254, 255  # TIFF tags
_REDUCED, _MASK = 1, 4  # bits of the newer one


def count_jpeg_scans(data: bytes) -> int:
    """The number of a JPEG's scans. Raises `PictureError` for too many scans or segments to be decoded soon."""
    scans, place = 0, 2
    for _ in range(_MAX_JPEG_SEGMENTS):
        marker = _JPEG_MARKER.search(data, place)
        if marker is None or marker[1] == b"\xd9":
            return scans
        scans += marker[1] == b"\xda"
        if scans > _MAX_JPEG_SCANS:
            break
        place = marker.end() + int.from_bytes(data[marker.end() : marker.end() + 2])
    raise _too_slow()


def count_gif_frames(data: bytes, most: int) -> int:
    """The number of frames of a GIF, up to `most`. Raises `PictureError` for long comments and very many blocks, which take long."""
    if len(data) <= 13:
        return 1
    most = min(most, max(1, _MAX_GIF_PIXELS // max(1, int.from_bytes(data[6:8], "little") * int.from_bytes(data[8:10], "little"))))
    frames = comment = blocks = 0
    place = 13 + _gif_palette(data[10])
    while frames < most and (block := _GIF_BLOCK.search(data, place)) and block[0] != b";":
        place = start = block.end() + 1  # after the label of an extension
        is_frame = block[0] == b","
        if is_frame:
            frames += 1
            flags = data[block.end() + 8 : block.end() + 9]
            place = start = block.end() + 9 + _gif_palette(flags[0] if flags else 0) + 1
        while place < len(data) and data[place]:
            place += 1 + data[place]
            blocks += 1
            if blocks > _MAX_GIF_BLOCKS:
                raise _too_slow()
        comment += (place - start) * (not is_frame and data[block.end() : block.end() + 1] == b"\xfe")
        if comment > _MAX_GIF_COMMENT:
            raise _too_slow()
        place += 1
    return max(frames, 1)


def _gif_palette(flags: int) -> int:
    """The length in bytes of the palette that the flags of a GIF or of a frame announce."""
    return (flags >> 7) * (6 << (flags & 7))


def tiff_pages(data: bytes, most: int) -> list[int]:
    """The places of the directories of a TIFF's pages, up to `most`, without thumbnails and masks; empty for a file that is no TIFF.

    Raises `PictureError` for more tags than can be read soon.
    """
    order, is_big = ("<" if data[:2] == b"II" else ">"), 43 in data[2:4]
    number, first = ("Q", 8) if is_big else ("I", 4)
    long = f"{order}u{8 if is_big else 4}"
    kind = np.dtype([("tag", f"{order}u2"), ("type", f"{order}u2"), ("count", long), ("value", long)])
    head, tags, size = (8 if is_big else 2), 0, 0
    pages: list[int] = []
    others: list[int] = []
    seen: set[int] = set()
    try:
        (place,) = struct.unpack_from(order + number, data, first)
        while place and place not in seen and len(pages) < most and len(seen) < 2 * most:
            seen.add(place)
            (count,) = struct.unpack_from(order + ("Q" if is_big else "H"), data, place)
            entries = np.frombuffer(data, kind, min(count, (len(data) - place - head) // kind.itemsize), place + head)
            tags += len(entries)
            held = int((_SIZES[np.where(entries["type"] < len(_SIZES), entries["type"], 0)] * entries["count"].astype(np.float64)).sum())
            size += held
            if tags > _MAX_TIFF_TAGS or held > 2 * len(data) or size > _MAX_TIFF_TAG_BYTES:
                raise _too_slow()
            (others if _is_reduced(entries, order) else pages).append(place)
            (place,) = struct.unpack_from(order + number, data, place + head + kind.itemsize * count)
    except PictureError:
        raise
    except (struct.error, ValueError, OverflowError):
        pass  # cut off: the pages so far are there
    return pages or others[:1]


def _is_reduced(entries: np.ndarray, order: str) -> bool:
    """Whether a directory is of a thumbnail or a mask of another page."""
    new, old = (_short(entries, tag, order) for tag in (_NEW_SUBFILE_TYPE, _SUBFILE_TYPE))
    return bool(new & (_REDUCED | _MASK)) or old == 2


def _short(entries: np.ndarray, tag: int, order: str) -> int:
    """The value of a tag of one number, 0 where there is none."""
    found = entries[entries["tag"] == tag][:1]
    if not len(found):
        return 0
    value = int(found["value"][0])
    return value >> 8 * (found["value"].itemsize - 2) if found["type"][0] == 3 and order == ">" else value


def tiff_starting_at(data: bytes, place: int) -> bytes:
    """The same TIFF with the directory at that place as its first."""
    order, number, first = ("<" if data[:2] == b"II" else ">"), *(("Q", 8) if 43 in data[2:4] else ("I", 4))
    start = struct.pack(order + number, place)
    return data if data[first : first + len(start)] == start else b"".join([data[:first], start, data[first + len(start) :]])


def _too_slow() -> PictureError:
    return PictureError(f"This file would take too long to open: {SAVE_AGAIN}.")
