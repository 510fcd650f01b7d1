"""Pictures as inks, one at a time: what cannot be read is named and counted, and the rest goes on."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from kmnist_model.errors import KmnistError, PictureError
from kmnist_model.image import open_image
from kmnist_model.preprocess import InkImage, from_image


@dataclass
class LeftOut:
    """What a reader leaves out: `lines` that name each and say why, and `counts` of pictures and records."""

    lines: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, where: str | Path, why: object, kind: str = "picture") -> None:
        """Leave out one `kind` ("picture" or "record") because of `why`."""
        self.lines.append(f"{where}: {why}")
        self.counts[kind] += 1

    def report(self) -> None:
        """Print the lines on stderr, then how many of each kind could not be read."""
        counted = [
            f"{count:,} {kind}{'s' * (count > 1)} could not be read and {'were' if count > 1 else 'was'} left out."
            for kind, count in self.counts.items()
        ]
        print("".join(f"{line}\n" for line in [*self.lines, *counted]), file=sys.stderr, end="")


def read_ink(source: Path | bytes) -> InkImage:
    """The ink (28, 28) of a picture, a file or its content, preprocessed as in the app.

    Raises `PictureError`, whatever is wrong with it.
    """
    try:
        if isinstance(source, Path) and source.exists() and not source.is_file():  # a named pipe would never end
            raise PictureError("This is not a file: put the picture itself there.")
        return from_image(open_image(source))
    except KmnistError:
        raise
    except OSError as error:
        raise PictureError(f"This file cannot be opened ({error.strerror or error}): check your rights to it.") from None
    except Exception as error:  # noqa: BLE001 - a damaged file can lead a decoder to any error, and one picture must not end a fit
        raise PictureError(f"This picture cannot be decoded ({type(error).__name__}): save it again as PNG or JPEG.") from None
