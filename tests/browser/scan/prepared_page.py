"""A page with a PageReader whose answers are prepared: main text, a note and ruby, read more and less surely; turned; a scroll.

The first example is an upright page, the second the same lying on its side, the third a long scroll. Any picture is an error, and one of them takes long.
"""

from __future__ import annotations

import os

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"

import time
from collections.abc import Iterator

import gradio as gr
import numpy as np
from PIL import Image, ImageDraw

from kmnist_model import KMNIST, Candidate, Reading, data_url
from kmnist_model.page.types import Box, Character, Line, Page
from server.messages import Message
from server.page_messages import PAGE_CANDIDATES, PageAnswer, PageFailed, PageMessage, PageProgress
from ui import theme
from ui.components.page_reader import PageReader
from ui.components.sketchpad import Sketchpad
from ui.examples import examples

SLOW = b"a picture that is read slowly"
SIDE = 50  # px, of a character of the main text
SIZE = (600, 800)
SURENESS = [0.99, 0.95, 0.92, 0.8, 0.6, 0.4, 0.0, 0.99]  # of the first column; 0 is unknown


def character(x: int, y: int, side: int, column: int, number: int, probability: float = 0.97) -> Character:
    entries = [*KMNIST.entries[number % 10 :], *KMNIST.entries[: number % 10]][:PAGE_CANDIDATES]
    candidates = tuple(Candidate(e.character, e.romaji, (1 - probability) / 9 if n else probability) for n, e in enumerate(entries))
    return Character(
        Box(x, y, side, side), column, Reading("character" if probability else "unknown", candidates, np.zeros((28, 28), np.uint8))
    )


def column_of(x: int, y: int, side: int, column: int, count: int, kind: str = "main") -> Line:
    return Line(tuple(character(x, y + n * (side + 10), side, column, n) for n in range(count)), kind)


def upright() -> Page:
    """Five lines, the third and fourth a note in two narrow lines within the second column; ruby beside the third and fourth character."""
    first = Line(tuple(character(500, 60 + n * 60, SIDE, 0, n, sure) for n, sure in enumerate(SURENESS)))
    ruby = Line(tuple(character(556, 185 + n * 24, 18, 0, n + 3) for n in range(4)), "ruby")
    notes = [column_of(x, 260, 24, column, 4, "note") for x, column in ((408, 2), (376, 3))]
    return Page((first, ruby, column_of(380, 60, SIDE, 1, 3), *notes, column_of(380, 420, SIDE, 4, 4)), SIZE)


def scroll() -> Page:
    return Page(tuple(column_of(5800 - 90 * n, 60, SIDE, n, 6) for n in range(60)), (6000, 500))


def turned(page: Page) -> Page:
    """The page lying on its side, turned by a quarter clockwise."""
    width, height = page.size

    def lying(each: Character) -> Character:
        x, y, wide, high = each.box
        return Character(Box(height - y - high, x, high, wide), each.column, each.reading)

    lines = tuple(Line(tuple(lying(each) for each in line.characters), line.kind) for line in page.lines)
    return Page(lines, (height, width), page.direction, turned=90)


PAGES = [upright(), turned(upright()), scroll()]


def picture(page: Page) -> str:
    """The page's picture as a data URL: a dark square for each character, its upper left corner, as it is upright, red."""
    image = Image.new("RGB", page.size, "#e8dcc0")
    draw = ImageDraw.Draw(image)
    for line in page.lines:
        for each in line.characters:
            x, y, right, bottom = each.box.x, each.box.y, each.box.right - 1, each.box.bottom - 1
            draw.rectangle((x + 2, y + 2, right - 2, bottom - 2), fill="#201810")
            corner = (right - 8, y + 2, right - 2, y + 8) if page.turned == 90 else (x + 2, y + 2, x + 8, y + 8)
            draw.rectangle(corner, fill="#d00000")
    return data_url.from_image(image)


def answer(message: PageMessage) -> Iterator[Message]:
    if message.picture == SLOW:
        for second in range(60):
            yield PageProgress(seq=message.seq, share=second / 60, message="Reading slowly")
            time.sleep(1)
    if message.example is None:
        yield PageFailed(seq=message.seq, message="There is a reason why this picture is not read.")
        return
    page = PAGES[message.example]
    told = page.as_dict(PAGE_CANDIDATES)
    told["turned"] = page.turned if message.turned is None else message.turned
    told["direction"] = message.direction if message.direction != "auto" else page.direction
    yield PageAnswer(seq=message.seq, page=told, preview=picture(page))


with gr.Blocks() as demo, gr.Tabs():
    with gr.Tab("Draw"):
        Sketchpad()
    with gr.Tab("Scan"):
        reader = PageReader(KMNIST, examples(), elem_classes="scan")
        reader.input(answer, reader, reader, trigger_mode="multiple", show_progress="hidden")

if __name__ == "__main__":
    demo.launch(server_name=os.environ["HOST"], server_port=int(os.environ["PORT"]), **theme.look())
