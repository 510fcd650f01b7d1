"""The three example pages of the Scan tab, from KanjiVG's strokes: python -m synthetic_pages.examples writes them into assets/pages/."""

from __future__ import annotations

from pathlib import Path

from synthetic_pages import glyphs
from synthetic_pages.maker import make_page

FOLDER = Path(__file__).resolve().parent.parent / "assets" / "pages"
PAGES = {"letter": (22, False, 40), "scroll": (21, True, 90), "book": (27, True, 90)}  # seed, hard, characters


def main() -> None:
    """Make and save them."""
    FOLDER.mkdir(exist_ok=True)
    for name, (seed, hard, characters) in PAGES.items():
        make_page(seed, glyphs.drawn(), hard, characters, direction="vertical").picture.save(FOLDER / f"{name}.jpg", quality=82)


if __name__ == "__main__":
    main()
