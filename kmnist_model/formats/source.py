"""What a written page says of its origin: the file, the number of the page in it, its picture."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import PurePath
from urllib.parse import quote

from PIL import Image

from kmnist_model.formats.strings import one_line


@dataclass(frozen=True)
class Source:
    """Where a page comes from: the file at `path`, and the `number` of the page, from 1, among its `pages`.

    `picture` is the upright picture that was read, for formats that show it. `canvas` is the URL of the page's IIIF canvas, where one is
    known. `time` is when the page was read.
    """

    path: str
    number: int = 1
    pages: int = 1
    picture: Image.Image | None = field(default=None, repr=False, compare=False)
    canvas: str = ""
    time: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def name(self) -> str:
        """The page's name in results: the path, with # and the number for a file of several pages."""
        return f"{self.path}#{self.number}" if self.pages > 1 else self.path

    @property
    def file_name(self) -> str:
        """The name of the file without its folder, on one line."""
        return one_line(PurePath(self.path).name or self.path)

    @property
    def page_name(self) -> str:
        """The name of the file without its folder, with # and the number for a file of several pages."""
        return f"{self.file_name}#{self.number}" if self.pages > 1 else self.file_name

    @property
    def url(self) -> str:
        """The file's name as a relative URL, with the fragment `#page=2` for a file of several pages."""
        return quote(self.file_name) + (f"#page={self.number}" if self.pages > 1 else "")

    @property
    def created(self) -> str:
        """The time in UTC, as XML writes it, to the second."""
        return self.time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
