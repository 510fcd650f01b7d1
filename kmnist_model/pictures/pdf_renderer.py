"""Draws one page of a PDF: a program of its own, so that a hostile file ends this process at worst.

It reads the PDF from stdin, and writes a line of JSON (the number of `pages`, or an `error`), then the pixels (RGB) if a page was asked for.
It imports nothing of this package: it starts in a tenth of a second.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator
from typing import BinaryIO

_SCALE = 300 / 72  # px for each point: 300 dpi
_MAX_SIDE = 60_000  # px
_MAX_MEMORY = 3 * 2**30  # bytes of addresses
_PASSWORD = 4  # PDFium's code


def render(data: bytes, index: int, max_pixels: int) -> Iterator[bytes]:
    """Yield the line of JSON, then the pixels of the page in rows; of no page for a negative `index`."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        yield _line(error="password" if error.err_code == _PASSWORD else "broken")
        return
    pages = len(document)
    if not 0 <= index < pages:
        yield _line(pages=pages)
        return
    try:
        page = document[index]
        width, height = page.get_size()
        if not (0 < width < math.inf and 0 < height < math.inf):
            raise ValueError
        scale = min(_SCALE, math.sqrt(max_pixels / (width * height)), _MAX_SIDE / max(width, height))
        if math.ceil(width * scale) * math.ceil(height * scale) > 1.1 * max_pixels + _MAX_SIDE:
            raise ValueError
        bitmap = page.render(scale=scale, rev_byteorder=True, draw_annots=True)
    except (pypdfium2.PdfiumError, ValueError, OverflowError, MemoryError):
        yield _line(pages=pages, error="page")
        return
    yield _line(pages=pages, width=bitmap.width, height=bitmap.height)
    pixels = memoryview(bitmap.buffer).cast("B")
    for row in range(bitmap.height):
        yield bytes(pixels[row * bitmap.stride : row * bitmap.stride + 3 * bitmap.width])


def _line(**values: int | str) -> bytes:
    return json.dumps(values).encode() + b"\n"


def _limit_memory() -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    resource.setrlimit(resource.RLIMIT_AS, (_MAX_MEMORY, _MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _main(source: BinaryIO, out: BinaryIO) -> None:
    _limit_memory()
    index, max_pixels = map(int, sys.argv[1:3])
    for part in render(source.read(), index, max_pixels):
        out.write(part)
    out.flush()


if __name__ == "__main__":
    _main(sys.stdin.buffer, sys.stdout.buffer)
