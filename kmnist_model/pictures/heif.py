"""HEIC and HEIF files, as telephones write them: opened through the package pi-heif, imported when the first one comes."""

from __future__ import annotations

from functools import cache

from kmnist_model.errors import PictureError

FORMAT = "HEIF"  # as Pillow calls it
_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")


def is_heif(data: bytes) -> bool:
    """Whether the bytes begin as a HEIF file does that is no AVIF, which Pillow opens itself."""
    return data[4:8] == b"ftyp" and data[8:12] in _BRANDS and b"avif" not in data[8 : min(int.from_bytes(data[:4], "big"), 256)]


@cache
def register() -> None:
    """Make Pillow open HEIF files. Raises `PictureError` where the package is missing."""
    try:
        import pi_heif
    except ImportError:
        raise PictureError("HEIC files need the package pi-heif: make it available by pip install pi-heif.") from None
    pi_heif.register_heif_opener(thumbnails=False)
