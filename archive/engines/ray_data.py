"""Reads pages by Ray Data: download -> decode and read in actors that hold the weights; on this machine, or on the cluster of an address.

A page is decoded by the actor that reads it: a decoded page of 25 MB, twenty times its file, does not pass through the object store.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Generator, Iterator
from dataclasses import asdict, replace
from itertools import islice
from typing import Any

import pyarrow as pa

from archive.errors import ArchiveError
from archive.iiif.download import Downloads
from archive.reader import PageReader
from archive.types import Item, Options, Outcome, Where

try:
    import ray
    import ray.data
    from ray.exceptions import RayError
except ModuleNotFoundError:
    raise ArchiveError('The engine ray is not installed: run pip install "kuzushiji[archive]", or take --engine local.') from None

_WAVE, _WAVE_PER_WORKER = 4096, 64  # pages listed at a time: a million names are never in memory
_STARTS = 3  # tried
_OBJECT_STORE = 200_000_000  # bytes, on this machine: only names and results pass through it
_SCHEMA = pa.schema([("outcome", pa.string()), ("characters", pa.large_binary())])


def read(items: Iterator[Item], options: Options, where: Where) -> Generator[Outcome]:
    """Read the pages by `where.workers` actors of Ray, and yield each as it is done. Raises `ArchiveError` where Ray or the weights fail.

    On a cluster, all machines see the sources and the output folder under the same paths, and have the same release installed.
    """
    items = iter(items)
    wave = list(islice(items, 1))
    if not wave:
        return
    started = _start(where)
    try:
        gpus = 0.0 if where.device == "cpu" else float(ray.cluster_resources().get("GPU", 0))
        device = "cpu" if where.device == "auto" and not gpus else where.device
        where = replace(where, workers=where.workers or int(ray.cluster_resources()["CPU"]), device=device)
        size = max(_WAVE, _WAVE_PER_WORKER * where.workers)
        while wave:
            wave += islice(items, size - len(wave))
            yield from _read_wave(wave, options, where, gpus / where.workers)
            wave = list(islice(items, size))
    except RayError as error:
        raise ArchiveError(f"Ray stopped ({str(error).strip().splitlines()[-1]}): go on with --resume.") from error
    finally:
        if started:
            ray.shutdown()


def _start(where: Where) -> bool:
    """Start Ray or connect to its cluster, unless this process has done so; returns whether it has now. Raises `ArchiveError`."""
    if ray.is_initialized():
        return False
    workers = where.workers or os.cpu_count() or 1
    here: dict[str, Any] = {} if where.address else {"num_cpus": workers, "object_store_memory": _OBJECT_STORE, "include_dashboard": False}
    place, problem = where.address or "this machine", ""
    for _ in range(_STARTS):
        try:
            ray.init(address=where.address or "local", log_to_driver=False, logging_level=logging.ERROR, **here)
            return True
        except Exception as error:  # noqa: BLE001 - Ray raises a plain one where a busy machine does not start it within 30 s
            problem = str(error)
            ray.shutdown()
    raise ArchiveError(
        f"Ray cannot be had at {place} ({problem}): check --address, and that the machine has processors and memory to spare."
    )


def _read_wave(wave: list[Item], options: Options, where: Where, gpus: float) -> Iterator[Outcome]:
    """Read some pages in one run of Ray Data."""
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False  # our own counts pages
    context.print_on_execution_start = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    rows = [{"item": item.to_json()} for item in wave]
    pages: ray.data.Dataset = ray.data.from_items(rows, override_num_blocks=len(rows))  # a page is a task: a dead worker costs no other
    if any(item.url for item in wave):  # one actor, so that a host is asked one thing at a time
        pages = pages.map_batches(_Download, fn_constructor_args=(where,), batch_size=1, batch_format="pyarrow", concurrency=1, num_cpus=0)
    pages = pages.map_batches(
        _Read,
        fn_constructor_args=(options, where),
        batch_size=1,
        batch_format="pyarrow",
        compute=ray.data.ActorPoolStrategy(size=min(where.workers, len(wave)), max_tasks_in_flight_per_actor=2),
        num_cpus=1,
        num_gpus=gpus,
    )
    for batch in pages.iter_batches(batch_size=None, batch_format="pyarrow", prefetch_batches=0):
        yield from map(_outcome, pa.table(batch).to_pylist())


class _Download:
    """An actor that downloads the pictures of pages."""

    def __init__(self, where: Where) -> None:
        self._downloads = Downloads(where.out, where.rate)

    def __call__(self, batch: pa.Table) -> pa.Table:
        items = [self._downloads.fetch(Item.from_json(text)) for text in batch["item"].to_pylist()]
        return pa.table({"item": [item.to_json() for item in items]})


class _Read:
    """An actor that holds the weights and reads pages; Ray starts it again where it dies, and gives it the page again."""

    def __init__(self, options: Options, where: Where) -> None:
        self._reader = PageReader(options, where)

    def __call__(self, batch: pa.Table) -> pa.Table:
        outcomes = [self._reader.read(Item.from_json(text)) for text in batch["item"].to_pylist()]
        return pa.Table.from_pylist([_row(outcome) for outcome in outcomes], _SCHEMA)


def _row(outcome: Outcome) -> dict[str, object]:
    said = {name: value for name, value in asdict(outcome).items() if name not in ("item", "characters")}
    return {"outcome": json.dumps(said | {"item": outcome.item.to_json()}), "characters": outcome.characters}


def _outcome(row: dict[str, Any]) -> Outcome:
    said = json.loads(row["outcome"])
    files = tuple((form, relative, sha256) for form, relative, sha256 in said.pop("files"))
    return Outcome(Item.from_json(said.pop("item")), files=files, characters=row["characters"], **said)
