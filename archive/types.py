"""What travels between the parts: a page to read, what to do with it, and what came of it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from kmnist_model.page.types import Direction


@dataclass(frozen=True)
class Item:
    """A page to read: the page of this `number`, from 1, among the `pages` of the file at `path`.

    `name` is the source as the user gave it, a path or a IIIF canvas. A page with a `url` is downloaded to `path` first; `etag` is what its
    server said of it. `canvas` and `canvas_size` (width, height) are those of its IIIF canvas.
    """

    name: str
    path: str
    number: int = 1
    pages: int = 1
    url: str = ""
    etag: str = ""
    canvas: str = ""
    canvas_size: tuple[int, int] | None = None
    error: str = ""  # why it cannot be read, known before

    @property
    def page_name(self) -> str:
        """The name of the page in results: `name`, with # and the number for a file of several pages."""
        return f"{self.name}#{self.number}" if self.pages > 1 else self.name

    def to_json(self) -> str:
        """The item as a JSON object."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Item:
        """The item that `to_json` wrote."""
        said = json.loads(text)
        size = said.pop("canvas_size")
        return cls(**said, canvas_size=tuple(size) if size else None)


@dataclass(frozen=True)
class Options:
    """What to do with each page: all that the written bytes depend on, beside the page.

    `formats` are names of `kmnist_model.formats.FORMATS`; `alternatives` is the number of candidates kept for a character; `weights` is the
    version of the networks (`archive.weights.version`), `time` the date in the files that have one, in seconds since 1970.
    """

    formats: tuple[str, ...]
    model: str
    weights: str
    direction: Direction = "auto"
    alternatives: int = 5
    time: int = 0
    max_bytes: int = 500_000_000  # of a file
    max_side: int = 3000  # px, to ask a IIIF server for

    @property
    def key(self) -> str:
        """What tells these options from others, 16 hex digits; the model's path does not count, its contents do."""
        said = {name: value for name, value in asdict(self).items() if name not in ("model", "max_bytes")}
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Where:
    """Where pages are read and written: the folder `out`, the `device` and the number of `workers` (0: the number of processors). The bytes do not depend on it."""

    out: Path
    device: str = "cpu"
    workers: int = 0
    address: str = ""  # of a Ray cluster
    rate: float = 1.0  # requests a second and host


@dataclass(frozen=True)
class Outcome:
    """What came of a page: its written `files` (format, path below the output folder, sha256), its facts and its characters, or an `error`.

    `sha256` is that of the file it is in. `characters` is a table of `archive.tables.CHARACTERS` in Arrow's IPC format.
    """

    item: Item
    sha256: str = ""
    files: tuple[tuple[str, str, str], ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)
    characters: bytes = b""
    error: str = ""
