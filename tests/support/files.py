"""Files of several pages, made for tests: PDF by hand, TIFF and GIF by Pillow."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from PIL import Image


def saved(picture: Image.Image, kind: str, **options: Any) -> bytes:
    """The bytes of a picture file."""
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def several(kind: str, pages: Sequence[Image.Image], **options: Any) -> bytes:
    """A file with these pages or frames."""
    first, *rest = (page.copy() for page in pages)  # Pillow keeps a setting of the last format in an image
    return saved(first, kind, save_all=True, append_images=rest, **options)


def pdf(pages: Sequence[tuple[float, float, str] | None], more: str = "", trailer: str = "") -> bytes:
    """A PDF of pages (width, height, drawing operators), in points; None is a page that is not there. `more` objects follow them."""
    kids = " ".join(f"{3 + 2 * n if page else 9999} 0 R" for n, page in enumerate(pages))
    objects = {1: "<</Type/Catalog/Pages 2 0 R>>", 2: f"<</Type/Pages/Kids[{kids}]/Count {len(pages)}>>"}
    for n, page in enumerate(pages):
        if page:
            width, height, drawing = page
            objects[3 + 2 * n] = f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 {width} {height}]/Contents {4 + 2 * n} 0 R/Resources<<>>>>"
            objects[4 + 2 * n] = f"<</Length {len(drawing)}>>stream\n{drawing}\nendstream"
    if more:
        objects[3 + 2 * len(pages)] = more
    text, places = b"%PDF-1.7\n", {}
    for number, body in objects.items():
        places[number] = len(text)
        text += f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1")
    table = "".join(f"{number} 1\n{place:010} 00000 n \n" for number, place in places.items())
    end = (
        f"xref\n0 1\n0000000000 65535 f \n{table}trailer\n<</Size {max(objects) + 1}/Root 1 0 R{trailer}>>\nstartxref\n{len(text)}\n%%EOF\n"
    )
    return text + end.encode("latin-1")


def locked_pdf() -> bytes:
    """A PDF that asks for a password."""
    secret = "<" + "5a" * 32 + ">"
    lock = f"<</Filter/Standard/V 1/R 2/O {secret}/U {secret}/P -44>>"
    return pdf([(100, 100, "")], more=lock, trailer=f"/Encrypt 5 0 R/ID[{secret}{secret}]")
