from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import pytest
import torch

from archive import weights
from archive.iiif.download import Downloads
from archive.reader import PageReader
from archive.run import Summary, run
from archive.sources import Sources
from archive.store import Store
from archive.types import Item, Options, Outcome, Where
from synthetic_pages import glyphs
from synthetic_pages.maker import make_page


@pytest.fixture(scope="session")
def scans(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of four pages, two of them in one TIFF, in folders of their own, and a file that is no picture."""
    folder = tmp_path_factory.mktemp("archive") / "scans"
    (folder / "b").mkdir(parents=True)
    pictures = [
        make_page(seed, glyphs.drawn(), False, characters=8, megapixels=0.2, direction="vertical").picture.convert("L") for seed in range(4)
    ]
    pictures[0].save(folder / "a.png")
    pictures[1].save(folder / "b" / "a.png")
    pictures[2].save(folder / "book.tiff", save_all=True, append_images=[pictures[3]])
    (folder / "broken.jpg").write_bytes(b"\xff\xd8 not a picture")
    return folder


@pytest.fixture(scope="session")
def options() -> Options:
    return Options(("csv", "iiif", "page", "parquet"), "kmnist", weights.version("kmnist"), "vertical", 3)


@pytest.fixture(scope="session")
def one_thread() -> Iterator[None]:
    """A reader computes with one thread; other tests get theirs back."""
    threads = torch.get_num_threads(), cv2.getNumThreads()
    yield
    torch.set_num_threads(threads[0])
    cv2.setNumThreads(threads[1])


def serial(items: Iterator[Item], options: Options, where: Where) -> Iterator[Outcome]:
    """An engine without processes: what the others must not differ from."""
    reader, downloads = PageReader(options, where), Downloads(where.out, where.rate, pause=0.01)
    yield from (reader.read(downloads.fetch(item)) for item in items)


Read = Callable[..., Summary]


@pytest.fixture
def read(one_thread: None, options: Options) -> Read:  # noqa: ARG001 - used for what it puts back
    """Read sources into a folder by an engine."""

    def read(
        names: list[str], out: Path, engine: object = serial, resume: bool = False, said: Options = options, workers: int = 2
    ) -> Summary:
        with Store(out, said, resume) as store:
            sources = Sources(names, out, Downloads(out, 1000.0, pause=0.01), said)
            return run(sources, sources.count(), said, Where(out, workers=workers, rate=1000.0), engine, store)

    return read


@pytest.fixture(scope="session")
def expected(scans: Path, options: Options, one_thread: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:  # noqa: ARG001
    """The hashes of what reading `scans` writes, by path."""
    out = tmp_path_factory.mktemp("expected")
    with Store(out, options, False) as store:
        sources = Sources([str(scans)], out, Downloads(out), options)
        assert run(sources, sources.count(), options, Where(out), serial, store) == Summary(4, 0, 1)
    return hashes(out)


def hashes(out: Path) -> dict[str, str]:
    """The hash of each file that a run has written, but for the database and the downloads."""
    files = [path for path in out.rglob("*") if path.is_file() and path.name != "archive.sqlite"]
    files = [path for path in files if "downloads" not in path.parts and ".work" not in path.parts]
    return {str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
