"""Pages turned by quarter turns, blank sheets, and pages as large as they are accepted: what a page costs when it is not as one would wish."""

from __future__ import annotations

import io
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench.datasets import dataset_folder
from bench.pages.processes import spread
from bench.section import LONG_RUN, Figures, Row, Section, pick
from kmnist_model import Recognizer, read_page
from kmnist_model.page.reader import released_page_reader
from synthetic_pages import glyphs, paper
from synthetic_pages.maker import Source, make_page

_SEEDS = 12_000  # neither tests nor choices use pages with these seeds
_CHARACTERS = 60


@dataclass(frozen=True)
class Sizes:
    """Pages, each turned four ways; blank sheets; megapixels of the large page and how often it is read."""

    pages: int
    blank: int
    megapixels: float
    large: int


FULL, SMOKE = Sizes(100, 40, 39.5, 3), Sizes(1, 1, 1, 1)


def measure(smoke: bool = False) -> Figures:
    """The share of turns found, the characters on blank sheets, the seconds and the peak memory of a large page."""
    sizes = SMOKE if smoke else FULL
    processes = 1 if smoke else None
    seeds = range(_SEEDS, _SEEDS + sizes.pages)
    found = sum(spread(_turns_found, [(seed, smoke) for seed in seeds], processes))
    characters = sum(spread(_blank_characters, range(_SEEDS, _SEEDS + sizes.blank), processes))
    return {
        "turns": {"n": 4 * sizes.pages, "found": found / (4 * sizes.pages)},
        "blank": {"n": sizes.blank, "characters": characters},
        "large": _large(_source(smoke), released_page_reader(), sizes),  # timed alone
        "memory": {"n": 1, "bytes": _peak(sizes.megapixels)},
    }


@cache
def _source(smoke: bool) -> Source:
    """Test glyphs, opened once by each process."""
    return glyphs.drawn() if smoke else glyphs.any_test_split(dataset_folder())


def _turns_found(page: tuple[int, bool]) -> int:
    """Of an easy or a hard page by its seed, as it is and turned by 90, 180 and 270 degrees, how many turns and directions are found."""
    seed, smoke = page
    made = make_page(seed, _source(smoke), seed % 2 == 1, _CHARACTERS)
    found = 0
    for turns in range(4):
        read = read_page(made.picture.rotate(90 * turns, expand=True))
        found += read.turned == -90 * turns % 360 and read.direction == made.direction  # Pillow turns anticlockwise
    return found


def _blank(seed: int) -> NDArray[np.uint8]:
    """A sheet of grain without writing."""
    rng = np.random.default_rng(seed)
    height, width = (int(side) for side in rng.integers(700, 1800, 2))
    sheet = paper.make_sheet(rng, np.zeros((height, width), np.float32), 40.0, False, None, None)
    grain = rng.normal(0, rng.uniform(0.01, 0.06), sheet.shape)
    return (np.clip(sheet + grain, 0, 1) * 255).astype(np.uint8)


def _blank_characters(seed: int) -> int:
    """How many characters are read on a blank sheet."""
    return len(read_page(_blank(seed)).characters)


def _large_page(source: Source, megapixels: float) -> Image.Image:
    return make_page(_SEEDS, source, False, 300, megapixels).picture


def _large(source: Source, recognizer: Recognizer, sizes: Sizes) -> Figures:
    picture = _large_page(source, sizes.megapixels)
    seconds = []
    for _ in range(sizes.large):
        began = time.perf_counter()
        read_page(picture, recognizer=recognizer)
        seconds.append(time.perf_counter() - began)
    return {"n": sizes.large, "megapixels": picture.width * picture.height / 1e6, "median": float(np.median(seconds))}


def _peak(megapixels: float) -> int:
    """The peak resident memory, bytes, of a process that reads one page of so many megapixels from a file in memory."""
    code = (  # VmHWM, as ru_maxrss may be that of the process which forked this one
        "import sys; from kmnist_model import read_page; read_page(sys.stdin.buffer.read());"
        " print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))"
    )
    file = io.BytesIO()
    _large_page(glyphs.drawn(), megapixels).save(file, "JPEG", quality=90)
    done = subprocess.run([sys.executable, "-c", code], input=file.getvalue(), capture_output=True, check=True)
    return int(done.stdout) * 1024


SECTION = Section(
    name="turned_pages",
    group="Pages",
    measure=measure,
    rows=(
        Row("made pages turned by 0, 90, 180 and 270 degrees: turn and direction found", pick("turns", "found"), pick("turns", "n"), 0.995),
        Row("blank sheets of grain: characters found", pick("blank", "characters"), pick("blank", "n"), 0, True, ""),
        Row("a page of 300 characters at 40 megapixels, median", pick("large", "median"), pick("large", "n"), 6.0, True, "s"),
        Row("peak memory of a process that reads such a page", lambda f: f["memory"]["bytes"] / 1e9, pick("memory", "n"), 1.5, True, "GB"),
    ),
    code=("kmnist_model/*.py", "kmnist_model/page/**/*", "kmnist_model/weights/*.safetensors", "synthetic_pages/*.py"),
    allowed_stale=LONG_RUN,
)
