"""Files -> pictures: which open, which are refused and with what words, and that nothing else ever comes out."""

from __future__ import annotations

import io
import pickle
import re
import struct
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageFile

from kmnist_model import PictureError, full_size
from kmnist_model.image import FORMATS, MAX_BYTES, MAX_PIXELS, Source, open_image

pytestmark = pytest.mark.filterwarnings(
    "error", "default::pytest.PytestUnraisableExceptionWarning"
)  # none of Pillow's warnings may reach a user

SENTENCE = re.compile(r"[A-Z][^\n]*: (check|choose|get|give|make|save) [^\n]+[^.]\.")  # what is wrong: what to do
SIZE = (48, 36)  # px
# What a camera does to an upright picture, so that the tag's turn brings it back.
STORED = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def _picture() -> Image.Image:
    """Blocks of colour, half of them see-through: unlike itself under every turn, and gentle to JPEG."""
    blocks = np.random.default_rng(3).integers(0, 256, (3, 4, 4)).astype(np.uint8)
    blocks[..., 3] = np.where(blocks[..., 3] > 127, 255, 0)
    return Image.fromarray(blocks.repeat(12, 0).repeat(12, 1))


def _mode(mode: str) -> Image.Image:
    picture = _picture()
    if mode == "I;16":
        return Image.fromarray(np.asarray(picture.convert("L"), np.uint16) * 257)
    if mode in ("LA", "RGBA"):
        return picture.convert(mode)
    if mode == "P":
        return picture.convert("RGB").convert("P", palette=Image.Palette.ADAPTIVE, colors=16)
    return picture.convert("RGB").convert(mode)


def _file(picture: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def _values(picture: Image.Image) -> NDArray[np.int64]:
    return np.asarray(picture if picture.mode == "I;16" else picture.convert("RGBA")).astype(np.int64)


def _alike(one: Image.Image, other: Image.Image, tolerance: float = 0.0) -> bool:
    """Whether two pictures are of one size, and differ by `tolerance` of 255 at most on average."""
    return one.size == other.size and float(np.abs(_values(one) - _values(other)).mean()) <= tolerance


def _refusal(source: Source, **limits: int) -> str:
    """The words with which a source is refused."""
    with pytest.raises(PictureError) as caught:
        open_image(source, **limits)
    assert SENTENCE.fullmatch(str(caught.value)), str(caught.value)
    return str(caught.value)


def _opens_or_says_why(data: bytes) -> None:
    try:
        assert np.asarray(open_image(data)).size
        return
    except PictureError as error:
        words = str(error)
    assert SENTENCE.fullmatch(words), words


LOSSLESS = [("PNG", mode) for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")]
LOSSLESS += [("TIFF", mode) for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16")]
LOSSLESS += [("GIF", mode) for mode in ("1", "L", "P")]
LOSSLESS += [("BMP", mode) for mode in ("1", "L", "P", "RGB")]
LOSSY = [("JPEG", mode) for mode in ("L", "RGB", "CMYK")]
LOSSY += [("JPEG2000", mode) for mode in ("L", "LA", "RGB", "RGBA")] + [("AVIF", mode) for mode in ("RGB", "RGBA")]
LOSSY += [("WEBP", mode) for mode in ("L", "LA", "P", "RGB", "RGBA")]

# One small file of each format, and the ways in which those that people have differ.
FILES: dict[str, bytes] = {
    "PNG": _file(_mode("RGBA"), "PNG"),
    "PNG, palette": _file(_mode("P"), "PNG", transparency=2),
    "PNG, animated": _file(_mode("RGB"), "PNG", save_all=True, append_images=[_mode("RGB").rotate(180)]),
    "JPEG": _file(_mode("RGB"), "JPEG"),
    "JPEG, progressive": _file(_mode("RGB"), "JPEG", progressive=True),
    "JPEG, CMYK": _file(_mode("CMYK"), "JPEG"),
    "WebP": _file(_mode("RGB"), "WEBP"),
    "WebP, lossless": _file(_mode("RGBA"), "WEBP", lossless=True),
    "WebP, animated": _file(_mode("RGB"), "WEBP", save_all=True, append_images=[_mode("RGB").rotate(180)]),
    "TIFF": _file(_mode("RGB"), "TIFF"),
    "TIFF, LZW": _file(_mode("RGB"), "TIFF", compression="tiff_lzw"),
    "TIFF, deflate": _file(_mode("RGBA"), "TIFF", compression="tiff_adobe_deflate"),
    "TIFF, fax": _file(_mode("1"), "TIFF", compression="group4"),
    "TIFF, JPEG": _file(_mode("RGB"), "TIFF", compression="jpeg"),
    "GIF": _file(_mode("P"), "GIF"),
    "GIF, animated": _file(_mode("RGB"), "GIF", save_all=True, append_images=[_mode("RGB").rotate(180)]),
    "JPEG 2000": _file(_mode("RGB"), "JPEG2000"),
    "AVIF": _file(_mode("RGBA"), "AVIF", quality=90),
    "BMP": _file(_mode("RGB"), "BMP"),
    "BMP, palette": _file(_mode("P"), "BMP"),
}


@pytest.mark.parametrize(("kind", "mode"), LOSSLESS)
def test_a_lossless_file_gives_its_pixels(kind: str, mode: str) -> None:
    picture = _mode(mode)
    opened = open_image(_file(picture, kind))
    assert _alike(opened, picture)
    if kind in ("PNG", "TIFF"):
        assert opened.mode == mode


@pytest.mark.parametrize(("kind", "mode"), LOSSY)
def test_a_lossy_file_gives_nearly_its_pixels(kind: str, mode: str) -> None:
    picture = _mode(mode)
    opened = open_image(_file(picture, kind, quality=95, exact=True))
    assert _alike(opened, picture, 8)


@pytest.mark.parametrize("kind", ["PNG", "GIF"])
def test_a_palettes_transparent_colour_stays_transparent(kind: str) -> None:
    picture = _mode("P")
    opened = open_image(_file(picture, kind, transparency=picture.getpixel((0, 0))))
    assert opened.has_transparency_data
    assert opened.convert("RGBA").getpixel((0, 0))[3] == 0
    assert opened.convert("RGBA").getpixel((20, 5))[3] == 255


@pytest.mark.parametrize("kind", ["TIFF", "GIF", "WEBP", "PNG", "MPO"])
def test_of_several_pages_or_frames_the_first_is_opened(kind: str) -> None:
    first, second = _mode("RGB"), _mode("RGB").rotate(180)
    opened = open_image(_file(first, kind, save_all=True, append_images=[second, second], quality=95, lossless=True))
    assert _alike(opened, first, 8)


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize(
    ("kind", "mode"), [("JPEG", "RGB"), ("JPEG", "CMYK"), ("PNG", "RGBA"), ("PNG", "I;16"), ("WEBP", "RGB"), ("TIFF", "RGB"), ("TIFF", "1")]
)
def test_a_camera_held_any_way_gives_an_upright_picture(kind: str, mode: str, orientation: int) -> None:
    picture, turn = _mode(mode), STORED[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    opened = open_image(_file(picture if turn is None else picture.transpose(turn), kind, exif=exif, quality=95))
    assert opened.size == SIZE
    assert _alike(opened, picture, 8 if kind in ("JPEG", "WEBP") else 0)


def _exif(kind: int, count: int, value: bytes) -> bytes:
    """EXIF with one entry, the orientation, of that type, count and value."""
    return b"Exif\0\0" + b"MM\0*" + struct.pack(">IHHHI", 8, 1, 0x0112, kind, count) + value.ljust(4, b"\0") + bytes(4)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize(
    "exif",
    [
        b"Exif\0\0",
        b"Exif\0\0not at all",
        b"Exif\0\0MM\0*\xff\xff\xff\xff",
        _exif(3, 1, b"\0\x06")[:16],
        _exif(3, 1, b"\0\x4d"),
        _exif(3, 1, b"\0\0"),
        _exif(2, 4, b"six\0"),
        _exif(5, 1, b"\xff\xff\xff\xff"),
        _exif(3, 9_000_000, b"\0\0\0\x08"),
        _exif(99, 1, b"\0\x06"),
    ],
    ids=[
        "empty",
        "text",
        "offset beyond the end",
        "cut off",
        "orientation 77",
        "orientation 0",
        "words",
        "fraction",
        "millions",
        "no type",
    ],
)
def test_broken_exif_is_ignored(kind: str, exif: bytes) -> None:
    picture = _mode("RGB")
    assert _alike(open_image(_file(picture, kind, exif=exif, quality=95)), picture, 8)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("profile", [b"not a profile", bytes(4000), b"\xff" * 128], ids=["text", "zeros", "ones"])
def test_a_broken_colour_profile_is_ignored(kind: str, profile: bytes) -> None:
    picture = _mode("RGB")
    assert _alike(open_image(_file(picture, kind, icc_profile=profile, quality=95)), picture, 8)


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def test_a_colour_profile_that_does_not_unpack_is_ignored() -> None:
    data = FILES["PNG"]
    broken = data[:33] + _chunk(b"iCCP", b"profile\0\0" + zlib.compress(bytes(500))[:9] + b"\xff" * 20) + data[33:]
    assert _alike(open_image(broken), _mode("RGBA"))


SOURCES: dict[str, Callable[[Path], Source | IO[bytes]]] = {
    "path as text": str,
    "path": lambda path: path,
    "bytes": lambda path: path.read_bytes(),
    "open file": lambda path: path.open("rb"),
    "file in memory": lambda path: io.BytesIO(path.read_bytes()),
}


@pytest.mark.parametrize("source", SOURCES)
def test_paths_bytes_and_files_are_sources(source: str, tmp_path: Path) -> None:
    path = tmp_path / "すし.png"
    path.write_bytes(FILES["PNG"])
    given_ = SOURCES[source](path)
    assert _alike(open_image(given_), _mode("RGBA"))
    if isinstance(given_, io.IOBase):
        assert not given_.closed  # it is not ours
        given_.close()


@pytest.mark.parametrize("kind", FILES)
def test_a_picture_is_told_by_its_bytes_and_not_by_its_name(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(FILES[kind])
    assert open_image(path).size == SIZE


def _zip() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("page.png", FILES["PNG"])
    return file.getvalue()


OTHERS: dict[str, bytes] = {
    "zip": _zip(),
    "text": "すしとてんぷら\n".encode(),
    "pickle": pickle.dumps({"pixels": [1, 2, 3]}),
    "web page": b"<!doctype html><img src='data:image/png;base64,iVBORw0KGgo='>",
    "PPM": _file(_mode("RGB"), "PPM"),
    "ICO": _file(_mode("RGB"), "ICO", sizes=[(16, 16)]),
    "PCX": _file(_mode("RGB"), "PCX"),
    "TGA": _file(_mode("RGB"), "TGA"),
    "EPS": _file(_mode("RGB"), "EPS"),
    "PSD": b"8BPS\0\x01" + bytes(6) + struct.pack(">HIIHH", 3, 36, 48, 8, 3) + bytes(12),
    "SVG": b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg' width='48' height='36'/>",
    "zeros": bytes(1000),
}


@pytest.mark.parametrize("other", OTHERS)
def test_what_is_not_on_the_list_is_refused_whatever_its_name(other: str, tmp_path: Path) -> None:
    path = tmp_path / "page.png"
    path.write_bytes(OTHERS[other])
    for source in (path, OTHERS[other]):
        assert "not a picture" in _refusal(source)


def test_the_formats_are_those_that_are_named() -> None:
    assert set(FORMATS) == {"PNG", "JPEG", "WEBP", "TIFF", "GIF", "BMP", "JPEG2000", "AVIF", "HEIF"}
    for name in ("PNG", "JPEG", "WebP", "TIFF", "GIF", "BMP", "JPEG 2000", "AVIF", "HEIC", "PDF"):
        assert name in _refusal(b"something else")


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "empty.png"
    path.touch()
    for source in (path, b"", io.BytesIO()):
        assert "empty" in _refusal(source)


@pytest.mark.parametrize(
    ("name", "words"),
    [("nothing.png", "no such file"), ("", "cannot be opened"), ("a\0b.png", "cannot be opened"), ("n" * 300 + ".png", "cannot be opened")],
    ids=["missing", "folder", "zero byte", "too long a name"],
)
def test_a_path_that_leads_to_no_file_is_refused(name: str, words: str, tmp_path: Path) -> None:
    message = _refusal(tmp_path / name)
    assert words in message
    assert str(tmp_path) not in message


def _png(width: int, height: int) -> bytes:
    """A black PNG of 1 bit a pixel."""
    deflate = zlib.compressobj(9)
    body = b"".join(deflate.compress(bytes(1 + -(-width // 8))) for _ in range(height)) + deflate.flush()
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def test_forty_million_pixels_open_and_more_do_not() -> None:
    assert MAX_PIXELS == 40_000_000
    assert open_image(_png(8000, 5000)).size == (8000, 5000)
    assert "more than 40 million pixels" in _refusal(_png(8000, 5001))


def test_thirty_megabytes_open_and_more_do_not(tmp_path: Path) -> None:
    assert MAX_BYTES == 30_000_000
    path = tmp_path / "page.png"
    path.write_bytes(FILES["PNG"].ljust(MAX_BYTES, b"\0"))
    assert open_image(path).size == SIZE
    with path.open("ab") as file:
        file.write(b"\0")
    for source in (path, path.read_bytes()):
        assert "larger than 30 MB" in _refusal(source)


@pytest.mark.parametrize("kind", FILES)
def test_both_limits_can_be_set(kind: str) -> None:
    data, pixels = FILES[kind], SIZE[0] * SIZE[1]
    assert full_size(open_image(data, max_pixels=pixels, max_bytes=len(data))) == SIZE
    assert "million pixels" in _refusal(data, max_pixels=pixels // 5 if kind.startswith("JPEG") else pixels - 1)
    assert "larger than" in _refusal(data, max_bytes=len(data) - 1)


def test_no_more_of_a_file_is_read_than_may_be() -> None:
    class Endless(io.RawIOBase):
        asked = 0

        def read(self, size: int = -1) -> bytes:
            assert size >= 0
            self.asked += size
            return bytes(size)

    file = Endless()
    assert "larger than 1 MB" in _refusal(file, max_bytes=1_000_000)  # type: ignore[arg-type]
    assert file.asked <= 1_000_001


def _claiming(kind: str) -> bytes:
    """A small file whose head says that the picture is as large as the format allows."""
    data = bytearray(FILES[kind])
    if kind == "PNG":
        return bytes(data[:8]) + _chunk(b"IHDR", struct.pack(">II", 100_000, 100_000) + bytes(data[24:29])) + bytes(data[33:])
    if kind == "JPEG":
        place = data.index(b"\xff\xc0")
        data[place + 5 : place + 9] = struct.pack(">HH", 65_500, 65_500)
    elif kind == "WebP, lossless":
        data[21:25] = struct.pack("<I", 16_382 | 16_382 << 14)
    elif kind == "TIFF":
        for tag in (256, 257):
            place = data.index(struct.pack("<HHI", tag, 4, 1), struct.unpack_from("<I", data, 4)[0])
            data[place + 8 : place + 12] = struct.pack("<I", 100_000)
    elif kind == "GIF":
        place = data.index(b",\0\0\0\0", 13)
        data[6:10] = data[place + 5 : place + 9] = struct.pack("<HH", 65_535, 65_535)
    else:
        data[18:26] = struct.pack("<ii", 100_000, 100_000)
    return bytes(data)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WebP, lossless", "TIFF", "GIF", "BMP"])
def test_a_head_that_claims_too_much_is_refused_before_anything_is_decoded(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def decode(*_: object) -> None:
        raise AssertionError("nothing may be decoded")

    monkeypatch.setattr(ImageFile.ImageFile, "load", decode)
    begun = time.process_time()
    assert "more than 40 million pixels" in _refusal(_claiming(kind))
    assert time.process_time() - begun < 0.5


def _scanned_again(times: int) -> bytes:
    """A progressive JPEG whose last scan is there many times."""
    data = FILES["JPEG, progressive"]
    return data[:-2] + data[data.rindex(b"\xff\xda") : -2] * times + data[-2:]


def _commented(length: int) -> bytes:
    """A GIF with a comment of so many blocks of one byte before its frame."""
    data = FILES["GIF"]
    place = 13 + (6 << (data[10] & 7))  # after the palette
    return data[:place] + b"!\xfe" + b"\1a" * length + b"\0" + data[place:]


def _tiled(tile: int) -> bytes:
    """A TIFF of 48 x 36 in one white tile of `tile` px a side."""
    deflate = zlib.compressobj(9)
    body = b"".join(deflate.compress(b"\xff" * tile) for _ in range(tile)) + deflate.flush()
    tags = {256: 48, 257: 36, 258: 8, 259: 8, 262: 1, 277: 1, 322: tile, 323: tile, 324: 8 + 2 + 10 * 12 + 4, 325: len(body)}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4) + body


SLOW: dict[str, bytes] = {
    "JPEG of 2,000 scans": _scanned_again(2_000),
    "JPEG of a million comments": FILES["JPEG"][:2] + b"\xff\xfe\0\2" * 1_000_000 + FILES["JPEG"][2:],
    "GIF with a long comment": _commented(1_000_000),
    "TIFF in one tile of 64 million pixels": _tiled(8_000),
}


@pytest.mark.parametrize("trap", SLOW)
def test_a_small_file_that_would_take_long_or_much_memory_is_refused(trap: str) -> None:
    begun = time.process_time()
    _refusal(SLOW[trap])
    assert time.process_time() - begun < 0.5


LIKE_SLOW: dict[str, bytes] = {
    "JPEG of 90 scans": _scanned_again(80),
    "JPEG with a film after it": FILES["JPEG"] + np.random.default_rng(0).bytes(2_000) + b"\xff\xda" * 500,
    "JPEG with a comment like scans": FILES["JPEG"][:2] + b"\xff\xfe\x80\0" + b"\xff\xda" * 16_383 + FILES["JPEG"][2:],
    "GIF with a comment": _commented(10_000),
    "TIFF in one tile larger than it": _tiled(512),
}


@pytest.mark.parametrize("harmless", LIKE_SLOW)
def test_a_file_that_only_resembles_such_a_trap_opens(harmless: str) -> None:
    assert open_image(LIKE_SLOW[harmless]).size == SIZE


@pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
@pytest.mark.parametrize("kind", FILES)
def test_a_file_that_is_cut_off_opens_or_says_why_not(kind: str, share: float) -> None:
    _opens_or_says_why(FILES[kind][: round(share * len(FILES[kind]))])


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "GIF", "BMP"])
def test_half_a_picture_is_said_to_be_cut_off(kind: str) -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (60, 60, 3)).astype(np.uint8))
    data = _file(noise, kind)
    assert "cut off" in _refusal(data[: len(data) // 2])


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_open_or_are_refused(data: bytes) -> None:
    _opens_or_says_why(data)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(FILES)), st.integers(0, 60), st.binary(max_size=200))
def test_any_bytes_after_a_pictures_first_open_or_are_refused(kind: str, kept: int, rest: bytes) -> None:
    _opens_or_says_why(FILES[kind][:kept] + rest)


@pytest.mark.parametrize("kind", FILES)
@settings(max_examples=120, deadline=None)
@given(place=st.integers(0, 2**16), value=st.integers(0, 255), head=st.booleans())
def test_one_wrong_byte_opens_or_is_refused(kind: str, place: int, value: int, head: bool) -> None:
    data = bytearray(FILES[kind])
    data[place % min(len(data), 64 if head else len(data))] = value
    _opens_or_says_why(bytes(data))


@pytest.mark.parametrize("kind", FILES)
@settings(max_examples=40, deadline=None)
@given(share=st.floats(0, 1))
def test_a_file_cut_off_anywhere_opens_or_says_why_not(kind: str, share: float) -> None:
    _opens_or_says_why(FILES[kind][: int(share * len(FILES[kind]))])
