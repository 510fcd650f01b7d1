from __future__ import annotations

import gc
import sys
from collections.abc import Iterator

import pytest

from server.runtime import freeze_gc


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    interval = sys.getswitchinterval()
    yield
    gc.enable()
    gc.unfreeze()
    sys.setswitchinterval(interval)


def test_loaded_objects_are_exempt_from_collection_and_threads_switch_fast() -> None:
    gc.disable()
    freeze_gc()
    assert gc.isenabled()
    assert gc.get_freeze_count() > 10_000
    assert sys.getswitchinterval() == pytest.approx(0.001)
