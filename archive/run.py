"""Reads the pages of sources by an engine, notes each that is done, and writes the Parquet files at the end."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Protocol

from tqdm import tqdm

from archive import parquet
from archive.errors import ArchiveError
from archive.store import Store
from archive.types import Item, Options, Outcome, Where
from kmnist_model.formats.strings import one_line


class Engine(Protocol):
    """Reads pages, and yields each as it is done, in any order."""

    def __call__(self, items: Iterator[Item], options: Options, where: Where) -> Generator[Outcome]: ...


@dataclass
class Summary:
    """How many pages a run has `read`, `left_out` as they were done before, and `failed` to read."""

    read: int = 0
    left_out: int = 0
    failed: int = 0


def run(sources: Iterable[Item], files: int, options: Options, where: Where, engine: Engine, store: Store) -> Summary:
    """Read what is not done of the pages of `sources`, of so many `files`, and note each in `store`; what is wrong is printed on stderr.

    Raises `ArchiveError` if nothing can be read or written.
    """
    summary = Summary()
    with tqdm(total=files, unit="page", disable=None) as bar:  # on a terminal only

        def note(outcome: Outcome) -> None:
            store.add(outcome)
            bar.update()
            if outcome.error:
                summary.failed += 1
                tqdm.write(f"{one_line(outcome.item.page_name)}: {one_line(outcome.error)}", file=sys.stderr)
            else:
                summary.read += 1

        todo = _todo(sources, store, bar, summary, note)
        with closing(engine(todo, options, where)) as outcomes:
            for outcome in outcomes:
                note(outcome)
    if "parquet" in options.formats:
        try:
            parquet.write(where.out, store.outcomes(), options)
        except OSError as error:
            raise ArchiveError(f"The Parquet files cannot be written ({error.strerror or error}): check the folder.") from None
    return summary


def _todo(sources: Iterable[Item], store: Store, bar: tqdm, summary: Summary, note: Callable[[Outcome], None]) -> Iterator[Item]:
    """The pages that an engine is to read; each page once."""
    for item in sources:
        if item.number > 1 or item.canvas:
            bar.total += 1
        if not store.list(item):  # named twice
            bar.update()
        elif item.error:
            note(Outcome(item, error=item.error))
        elif store.is_done(item):
            summary.left_out += 1
            bar.update()
        else:
            yield item
