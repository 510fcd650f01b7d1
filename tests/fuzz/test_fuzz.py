"""Every reader reads or rejects the corpus of the fuzzer and the inputs that it once found."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fuzz.__main__ import CORPUS, TARGETS
from tests.fuzz.targets import TARGETS as READERS
from tests.fuzz.targets import seeds


def inputs(name: str) -> Iterator[bytes]:
    yield from seeds(name)
    for path in sorted((CORPUS / name).iterdir()):
        yield path.read_bytes()


def test_every_reader_is_fuzzed() -> None:
    assert set(TARGETS) == set(READERS) == {path.name for path in CORPUS.iterdir()}


@pytest.mark.parametrize("name", TARGETS)
def test_kept_inputs(name: str) -> None:
    kept = list(inputs(name))
    assert len(kept) > 3
    for data in kept:
        READERS[name](data)


@pytest.mark.parametrize("name", TARGETS)
def test_a_seed_with_any_byte_changed_or_cut_off(name: str) -> None:
    """Without the fuzzer: a few hundred slightly damaged files."""
    for seed in seeds(name):
        step = max(1, len(seed) // 40)
        for place in range(0, len(seed), step):
            READERS[name](seed[:place])
            READERS[name](seed[:place] + bytes([seed[place] ^ 0xFF]) + seed[place + 1 :])


def test_the_corpus_is_small() -> None:
    assert sum(path.stat().st_size for path in Path(CORPUS).rglob("*") if path.is_file()) < 1_000_000
