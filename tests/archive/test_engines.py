"""Both engines write the same bytes as a plain loop, lose no page where a worker is killed, and stop and go on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from archive.errors import ArchiveError
from archive.types import Item, Options, Outcome, Where
from tests.archive.conftest import Read, Summary, hashes

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.slow


def begun(out: Path) -> bool:
    """Whether a worker reads a page at this moment."""
    return any((out / ".work" / "begun").glob("*"))


def wait_until(condition: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 240
    while not condition():
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline
        time.sleep(0.01)


def start(scans: Path, out: Path, *words: str) -> subprocess.Popen[str]:
    command = ["-m", "archive", "read", str(scans), "--out", str(out), "--format", "csv,iiif,page,parquet", "--model", "kmnist"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    said = ["--direction", "vertical", "--top", "3", "--workers", "2", "--device", "cpu", *words]
    return subprocess.Popen(
        [sys.executable, *command, *said], cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_a_killed_process_costs_no_page(scans: Path, expected: dict[str, str], tmp_path: Path) -> None:
    out = tmp_path / "out"
    run = start(scans, out)
    wait_until(lambda: begun(out), run)
    workers = [each for each in psutil.Process(run.pid).children() if "resource_tracker" not in " ".join(each.cmdline())]
    assert len(workers) == 2
    for worker in workers:
        worker.kill()
    errors = run.communicate(timeout=300)[1]
    assert run.returncode == 1  # for the broken file
    assert "Pages read: 4, done before: 0, with an error: 1." in errors
    assert hashes(out) == expected


def test_ctrl_c_ends_cleanly_and_resume_goes_on(scans: Path, expected: dict[str, str], tmp_path: Path) -> None:
    out = tmp_path / "out"
    run = start(scans, out, "--workers", "1")
    wait_until(lambda: len(list((out / "page").rglob("*.xml"))) > 1, run)  # the first is noted when the second is begun
    workers = psutil.Process(run.pid).children(recursive=True)
    run.send_signal(signal.SIGINT)
    errors = run.communicate(timeout=60)[1]
    assert run.returncode == 130, errors
    assert errors == "Stopped: the pages that are done are kept, go on with --resume.\n"
    assert psutil.wait_procs(workers, timeout=10)[1] == []
    assert not (out / "parquet").exists()
    run = start(scans, out, "--resume", "--workers", "1")
    errors = run.communicate(timeout=300)[1]
    assert run.returncode == 1
    assert "with an error: 1." in errors
    assert hashes(out) == expected
    assert int(errors.split("done before: ")[1].split(",")[0]) >= 1


def test_weights_that_cannot_be_loaded_are_an_error(scans: Path, tmp_path: Path) -> None:
    run = start(scans, tmp_path / "out", "--device", "cuda" if not Path("/dev/nvidia0").exists() else "mps")
    assert run.communicate(timeout=200)[1].startswith("This machine has no ")
    assert run.returncode == 2


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    """One Ray on this machine, with two processors."""
    ray = pytest.importorskip("ray")
    ray.init(address="local", num_cpus=2, include_dashboard=False, log_to_driver=False, object_store_memory=100_000_000)
    yield
    ray.shutdown()


@pytest.mark.usefixtures("cluster")
def test_ray_writes_the_same_bytes_and_a_killed_actor_costs_no_page(
    scans: Path, expected: dict[str, str], tmp_path: Path, read: Read
) -> None:
    from archive.engines import ray_data

    out = tmp_path / "out"
    killed: list[int] = []

    def engine(items: Iterator[Item], said: Options, where: Where) -> Iterator[Outcome]:
        """Ray's, one of whose actors is killed while it reads."""

        def kill() -> None:
            while not begun(out):
                time.sleep(0.01)
            actors = [each for each in psutil.Process().children(recursive=True) if "_Read" in " ".join(each.cmdline() or [each.name()])]
            for each in actors:
                each.kill()
                killed.append(each.pid)

        thread = threading.Thread(target=kill)
        thread.start()
        yield from ray_data.read(items, said, where)
        thread.join()

    assert read([str(scans)], out, engine) == Summary(read=4, left_out=0, failed=1)
    assert killed
    assert hashes(out) == expected


@pytest.mark.parametrize(("failures", "started"), [(2, True), (3, False)])
def test_ray_is_started_again_where_the_machine_is_busy(
    failures: int, started: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from archive.engines import ray_data

    left = [Exception("The current node timed out during startup.")] * failures
    stopped = []

    def init(**_: object) -> None:
        if left:
            raise left.pop()

    monkeypatch.setattr(ray_data.ray, "is_initialized", lambda: False)
    monkeypatch.setattr(ray_data.ray, "init", init)
    monkeypatch.setattr(ray_data.ray, "shutdown", lambda: stopped.append(1))
    if started:
        assert ray_data._start(Where(tmp_path, workers=1))
    else:
        with pytest.raises(ArchiveError, match="timed out during startup"):
            ray_data._start(Where(tmp_path, workers=1))
    assert len(stopped) == failures
