"""Corrections are kept: none that was acknowledged is lost, none is torn, and they can be learnt from."""

from __future__ import annotations

import json
import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import unicodedata
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from corrections.store import FILE, Correction, FeedbackError, FeedbackStore, stats, version_of
from kmnist_model.cli.main import main
from kmnist_model.recognizer import WEIGHTS
from tests.support import hub
from train.data.folders import read_folder

STROKES = [[[100.0, 100.0, 0], [500.0, 120.5, 80]], [[300.0, 50.0, 200], [310.0, 600.0, 300]]]
DRAWN = Correction("お", STROKES, None, "character", "は", "abc")


def with_ink(number: int = 0) -> Correction:
    ink = np.full((28, 28), number % 256, np.uint8)
    return Correction("ゐ", None, ink, "unknown", "る", "abc")


@pytest.fixture
def store(tmp_path: Path) -> FeedbackStore:
    return FeedbackStore(tmp_path / "feedback")


def test_what_is_kept_is_found_again(store: FeedbackStore) -> None:
    store.add(DRAWN)
    store.add(with_ink(7))
    (one, drawn), (two, inked) = FeedbackStore(store.folder).corrections()
    assert (one, two) == (1, 2)
    assert (drawn.character, drawn.strokes, drawn.ink, drawn.verdict, drawn.answered, drawn.weights) == (
        "お",
        STROKES,
        None,
        "character",
        "は",
        "abc",
    )
    assert drawn.time.endswith("Z")
    assert inked.ink is not None
    assert (inked.ink == 7).all()


@pytest.mark.parametrize("side", [28, 32, 64])
def test_an_ink_of_any_side_comes_back_square(store: FeedbackStore, side: int) -> None:
    ink = np.arange(side * side, dtype=np.uint8).reshape(side, side)
    store.add(replace(DRAWN, strokes=None, ink=ink))
    ((_, found),) = store.corrections()
    assert found.ink is not None
    np.testing.assert_array_equal(found.ink, ink)


def test_the_store_imports_none_of_our_packages() -> None:
    program = "import sys, corrections.store; print(*{name.partition('.')[0] for name in sys.modules})"
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "corrections" in loaded
    assert not loaded & {"kmnist_model", "server", "ui", "train", "bench", "torch"}


def test_a_record_holds_nothing_of_the_visitor(store: FeedbackStore) -> None:
    store.add(DRAWN)
    with sqlite3.connect(store.folder / FILE) as connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(corrections)")]
    assert columns == ["id", "key", "time", "character", "strokes", "ink", "verdict", "answered", "weights"]


def test_the_store_is_in_wal_mode(store: FeedbackStore) -> None:
    store.add(DRAWN)
    with sqlite3.connect(store.folder / FILE) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_the_command_line_exports_what_a_fit_reads(store: FeedbackStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store.add(DRAWN)
    store.add(with_ink(200))
    assert main(["feedback", "export", str(store.folder)]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["character"] for line in lines] == ["お", "ゐ"]
    assert lines[0]["strokes"] == STROKES
    assert lines[1]["ink"][0][0] == 200
    (tmp_path / "export").mkdir()
    assert main(["feedback", "export", str(store.folder), "--out", str(tmp_path / "export" / "today.jsonl")]) == 0
    assert [character for character, _ in read_folder(f"folder:{tmp_path / 'export'}")] == ["お", "ゐ"]
    capsys.readouterr()
    assert main(["feedback", "stats", str(store.folder)]) == 0
    counts = json.loads(capsys.readouterr().out)
    assert counts["corrections"] == 2
    assert counts["characters"] == {"お": 1, "ゐ": 1}
    assert counts["answered"] == {"お: は": 1, "ゐ: unknown": 1}


def test_a_decomposed_character_is_composed_on_both_ways(store: FeedbackStore, capsys: pytest.CaptureFixture[str]) -> None:
    """か and a combining mark are が: as they come in, and of a store that has them already."""
    decomposed = unicodedata.normalize("NFD", "が")
    assert len(decomposed) == 2
    store.add(replace(DRAWN, character=decomposed))
    with sqlite3.connect(store.folder / FILE) as connection:
        assert connection.execute("SELECT character FROM corrections").fetchall() == [("が",)]
        connection.execute("UPDATE corrections SET character = ?", (decomposed,))
    assert main(["feedback", "export", str(store.folder)]) == 0
    assert json.loads(capsys.readouterr().out)["character"] == "が"
    assert stats(store)["characters"] == {"が": 1}
    path = store.export_new(store.folder / "batches")
    assert path is not None
    assert json.loads(path.read_text("utf-8"))["character"] == "が"


def test_a_folder_without_corrections(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["feedback", "stats", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith(f"There are no corrections in {tmp_path}:")


def test_a_damaged_store(store: FeedbackStore, capsys: pytest.CaptureFixture[str]) -> None:
    store.folder.mkdir()
    (store.folder / FILE).write_bytes(b"no database" * 1000)
    assert main(["feedback", "export", str(store.folder)]) == 2
    assert "cannot be read" in capsys.readouterr().err
    with pytest.raises(FeedbackError, match="could not be kept"):
        store.add(DRAWN)


def test_an_export_that_cannot_be_written(store: FeedbackStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store.add(DRAWN)
    (tmp_path / "file").touch()
    assert main(["feedback", "export", str(store.folder), "--out", str(tmp_path / "file" / "today.jsonl")]) == 2
    assert "cannot be written" in capsys.readouterr().err
    assert main(["feedback", "export", str(tmp_path / "none"), "--out", str(tmp_path / "today.jsonl")]) == 2
    assert not list(tmp_path.glob("today*")), "nothing half done is left"


def fill(store: FeedbackStore) -> tuple[int, str]:
    """How many corrections go in, and what is said when no more does."""
    for kept in range(10_000):
        try:
            store.add(with_ink(kept))
        except FeedbackError as error:
            return kept, str(error)
    raise AssertionError("it is never full")


def test_a_store_that_is_full_says_so_and_keeps_what_it_has(tmp_path: Path) -> None:
    store = FeedbackStore(tmp_path, max_bytes=64 * 4096)
    kept, said = fill(store)
    assert said == "This correction could not be kept (the server's disk is full): it is still on your page, try again later."
    assert kept > 50
    assert stats(store)["corrections"] == kept


def test_a_disk_that_is_full_says_so_and_goes_on_when_there_is_room(tmp_path: Path) -> None:
    """As the system says it: no file of this process may grow any more."""
    store = FeedbackStore(tmp_path)
    store.add(DRAWN)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, hard))
        added, said = fill(store)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert "could not be kept" in said
    assert stats(store)["corrections"] == 1 + added
    store.add(DRAWN)
    assert stats(store)["corrections"] == 2 + added


@pytest.mark.parametrize("folder", ["/proc/feedback", "/dev/null/feedback"])
def test_a_folder_that_cannot_be_made(folder: str) -> None:
    with pytest.raises(FeedbackError, match="could not be kept"):
        FeedbackStore(folder).add(DRAWN)


@pytest.mark.parametrize("gone", ["folder", "file"])
def test_what_is_kept_after_the_file_was_deleted_is_kept(store: FeedbackStore, gone: str) -> None:
    """And not in a file that no one can find any more."""
    store.add(DRAWN)
    if gone == "folder":
        shutil.rmtree(store.folder)
    else:
        for path in store.folder.iterdir():
            path.unlink()
    store.add(DRAWN)
    assert stats(FeedbackStore(store.folder))["corrections"] == 1


READ_ONLY = """
import os, sys
from corrections.store import FeedbackError, FeedbackStore
from tests.corrections.test_store import DRAWN
if os.geteuid() == 0:
    os.seteuid(65534)  # the rights of a file do not bind root
try:
    FeedbackStore(sys.argv[1]).add(DRAWN)
except FeedbackError as error:
    print(error)
"""


@pytest.mark.parametrize("is_there", [True, False])
def test_a_folder_without_the_right_to_write(tmp_path: Path, is_there: bool) -> None:
    folder = tmp_path / "kept"
    folder.mkdir()
    if is_there:
        FeedbackStore(folder).add(DRAWN)
        (folder / FILE).chmod(0o444)
    for path in (folder, *tmp_path.parents[:3]):
        path.chmod(0o555 if path == folder else 0o755)
    root = Path(__file__).resolve().parents[2]
    try:
        done = subprocess.run(
            [sys.executable, "-c", READ_ONLY, str(folder)], cwd=root, capture_output=True, text=True, timeout=60, check=False
        )
    finally:
        folder.chmod(0o755)
    assert done.stdout.startswith("This correction could not be kept ("), done.stderr
    if is_there:
        assert "the server's folder is read-only" in done.stdout


def numbered(number: int) -> Correction:
    """A record of which every part says its number."""
    strokes = [[[float(number), float(step), step] for step in range(200)]]
    return Correction("お", strokes, None, "character", "は", f"{number}")


def hammer(folder: Path, first: int, acknowledge: int) -> None:
    """Add records from four threads until this process is killed; the number of each goes to the pipe when it has been kept."""
    store = FeedbackStore(folder)

    def add(start: int) -> None:
        for number in range(start, start + 1_000_000, 4):
            store.add(numbered(number))
            os.write(acknowledge, f"{number}\n".encode())

    for start in range(4):
        threading.Thread(target=add, args=(first + start,)).start()
    signal.pause()


@pytest.mark.slow
def test_a_hundred_kills_lose_nothing_and_tear_nothing(tmp_path: Path) -> None:
    program = "import sys; from pathlib import Path; from tests.corrections.test_store import hammer_on; hammer_on(Path(sys.argv[1]))"
    root = Path(__file__).resolve().parents[2]
    helper = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], cwd=root, capture_output=True, text=True, timeout=300, check=False
    )
    assert helper.returncode == 0, helper.stderr
    rounds = [json.loads(line) for line in helper.stdout.splitlines()]
    acknowledged = [number for numbers in rounds for number in numbers]
    assert len(rounds) == 100
    assert sum(bool(numbers) for numbers in rounds) > 50, "most were killed under load"
    found = {int(record.weights): record for _, record in FeedbackStore(tmp_path).corrections()}
    assert set(acknowledged) <= set(found)
    assert all(record.strokes == numbered(number).strokes for number, record in found.items())
    assert len(found) - len(acknowledged) <= 4 * 100, "what was under way may be there too"
    with sqlite3.connect(tmp_path / FILE) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def hammer_on(folder: Path) -> None:
    """A hundred times: let a child hammer, kill it, and print what it had acknowledged. In a process without threads, which may be forked."""
    rng = random.Random(0)
    for turn in range(100):
        hear, tell = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(hear)
            hammer(folder, turn * 10_000_000, tell)
        os.close(tell)
        time.sleep(rng.uniform(0.0, 0.12))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        with os.fdopen(hear) as pipe:
            print(json.dumps([int(line) for line in pipe.read().splitlines(keepends=True) if line.endswith("\n")]))


def test_two_processes_may_keep_at_once(tmp_path: Path) -> None:
    program = (
        "import sys; from corrections.store import FeedbackStore; from tests.corrections.test_store import numbered;"
        " store = FeedbackStore(sys.argv[1]); [store.add(numbered(int(sys.argv[2]) + n)) for n in range(50)]"
    )
    root = Path(__file__).resolve().parents[2]
    both = [subprocess.Popen([sys.executable, "-c", program, str(tmp_path), str(first)], cwd=root) for first in (0, 1000)]
    assert [process.wait(60) for process in both] == [0, 0]
    assert stats(FeedbackStore(tmp_path))["corrections"] == 100


def test_batches_for_the_hub_hold_each_record_once(store: FeedbackStore, tmp_path: Path) -> None:
    folder = tmp_path / "batches"
    assert store.export_new(folder) is None
    store.add(DRAWN)
    first = store.export_new(folder)
    assert store.export_new(folder) is None
    store.add(with_ink())
    store.add(with_ink())
    second = FeedbackStore(store.folder).export_new(folder)
    assert first is not None
    assert second is not None
    assert [len(path.read_text().splitlines()) for path in (first, second)] == [1, 2]
    assert first != second


def test_many_are_exported_in_several_files(store: FeedbackStore, tmp_path: Path) -> None:
    for number in range(1200):
        store.add(numbered(number) if number % 2 else with_ink(number))
    files = [store.export_new(tmp_path) for _ in range(3)]
    assert store.export_new(tmp_path) is None
    assert [len(path.read_text().splitlines()) for path in files if path] == [500, 500, 200]
    assert len(list(store.corrections())) == 1200


def test_what_is_sent_twice_is_kept_once(store: FeedbackStore) -> None:
    once = replace(DRAWN, key="one")
    for correction in (once, once, replace(DRAWN, key="two"), DRAWN, DRAWN):
        store.add(correction)
    assert stats(store)["corrections"] == 4


def test_an_interrupted_batch_is_written_again_under_its_name(store: FeedbackStore, tmp_path: Path) -> None:
    store.add(DRAWN)
    first = store.export_new(tmp_path)
    with sqlite3.connect(store.folder / FILE) as connection:
        connection.execute("UPDATE store SET pushed = 0")
    store.add(with_ink())
    assert store.export_new(tmp_path) == first
    assert len(list(tmp_path.glob("*.jsonl"))) == 1


def until(condition: object, patience: float = 20.0) -> bool:
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if condition():  # type: ignore[operator]
            return True
        time.sleep(0.05)
    return False


HUB = """
import sys, time
from tests.corrections.test_store import DRAWN, FeedbackStore
from server import hub
hub._RETRY_AFTER = 0.2
store = FeedbackStore(sys.argv[1])
store.add(DRAWN)
hub.push_corrections("museum/corrections", store, every=0.01)
time.sleep(float(sys.argv[2]))
store.add(DRAWN)
"""


def pushing(server: hub.Hub, folder: Path, seconds: int, token: str = hub.TOKEN) -> subprocess.Popen[str]:
    """`HUB` in a process of its own: huggingface_hub reads its address as it is imported."""
    environment = os.environ | {"HF_ENDPOINT": server.address, "HF_TOKEN": token, "HF_HUB_DISABLE_XET": "1"}
    words = [sys.executable, "-c", HUB, str(folder), str(seconds)]
    return subprocess.Popen(words, cwd=Path(__file__).resolve().parents[2], env=environment, stderr=subprocess.PIPE, text=True)


def test_corrections_are_pushed_to_the_hub_and_the_last_ones_at_the_end(tmp_path: Path) -> None:
    with hub.serving() as server:
        pusher = pushing(server, tmp_path, 3)
        assert until(lambda: server.files.get("museum/corrections"), 60), "the first is pushed while the process lives"
        assert pusher.communicate(timeout=60) is not None
        assert pusher.returncode == 0
        records = [json.loads(line) for text in server.files["museum/corrections"].values() for line in text.decode().splitlines()]
        assert all(name.startswith("data/") for name in server.files["museum/corrections"])
        assert list((tmp_path / "batches").iterdir()) == [], "what has got there takes no room here"
    assert [record["character"] for record in records] == ["お", "お"]


def test_a_hub_that_refuses_is_tried_again_and_stops_no_one(tmp_path: Path) -> None:
    with hub.serving() as server:
        pusher = pushing(server, tmp_path, 2, token="wrong")
        _, said = pusher.communicate(timeout=60)
        assert server.files == {}
    assert pusher.returncode == 0
    assert said.count("Corrections cannot be uploaded to museum/corrections") >= 2
    assert stats(FeedbackStore(tmp_path))["corrections"] == 2


def test_a_public_dataset_is_refused(tmp_path: Path) -> None:
    with hub.serving() as server:
        server.files["museum/corrections"] = {}
        server.public.add("museum/corrections")
        pusher = pushing(server, tmp_path, 1)
        _, said = pusher.communicate(timeout=60)
        assert server.files["museum/corrections"] == {}
    assert pusher.returncode == 0
    assert "The dataset museum/corrections is public" in said


def test_the_version_of_weights_is_their_content(tmp_path: Path) -> None:
    copy = tmp_path / "copy.safetensors"
    shutil.copy(WEIGHTS / "kmnist.safetensors", copy)
    assert version_of(copy) == version_of(WEIGHTS / "kmnist.safetensors")
    copy.write_bytes(copy.read_bytes() + b"x")
    assert version_of(copy) != version_of(WEIGHTS / "kmnist.safetensors")
