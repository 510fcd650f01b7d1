"""Writes the tables of an archive as Parquet, a file for each thousand pages, without holding more of them."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from archive.files import write_whole
from archive.tables import CHARACTERS, PAGES, page_row, read_characters
from archive.types import Options, Outcome

PAGES_PER_FILE = 1000
_ROWS = 100_000  # in a row group


def write(out: Path, outcomes: Iterable[Outcome], options: Options) -> None:
    """Write `outcomes`, in their order, to `parquet/pages` and `parquet/characters` below `out`. Raises `OSError`.

    The files are called part-00000.parquet and so on; those of an earlier run with more pages are deleted.
    """
    count, rest = 0, iter(outcomes)
    while chunk := list(islice(rest, PAGES_PER_FILE)):
        pages = pa.Table.from_pylist([page_row(outcome, options) for outcome in chunk], PAGES)
        characters = [read_characters(outcome.characters) for outcome in chunk if outcome.characters]
        for name, table in (("pages", pages), ("characters", pa.concat_tables(characters or [CHARACTERS.empty_table()]))):
            sink = pa.BufferOutputStream()
            pq.write_table(table.combine_chunks(), sink, row_group_size=_ROWS, compression="zstd")
            write_whole(out, f"parquet/{name}/{_part(count)}", sink.getvalue().to_pybytes())
        count += 1
    for name in ("pages", "characters"):
        for old in (out / "parquet" / name).glob("part-*.parquet"):
            if old.name >= _part(count):
                old.unlink()


def _part(number: int) -> str:
    return f"part-{number:05d}.parquet"
