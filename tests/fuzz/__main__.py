"""Fuzzes every reader with atheris: `make fuzz`. Inputs that reach new code, or break a reader, are kept in tests/fuzz/corpus."""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path

CORPUS = Path(__file__).parent / "corpus"
TARGETS = ("strokes", "image", "pdf", "weights", "idx", "npz", "tar")
_WATCHED = ["kmnist_model", "train.data.file_formats", "tests.fuzz.targets", "PIL", "zipfile", "tarfile", "gzip", "numpy.lib"]
_MEGABYTES = 4096  # of memory, torch's own half a gigabyte among them
_LARGEST = {"weights": 65_536}  # bytes of an input, 4,096 for the others


def main() -> int:
    """Run each target in a process of its own; the exit code is 1 if any failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Fuzz every reader with arbitrary bytes.")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(TARGETS)} (default: all)")
    parser.add_argument("--seconds", type=int, default=60, help="for each target (default: %(default)s)")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if unknown := set(arguments.targets) - set(TARGETS):
        parser.error(f"no target is called {', '.join(sorted(unknown))}")
    if arguments.here:
        _run(arguments.targets[0], arguments.seconds)
    failed = []
    for name in arguments.targets or TARGETS:
        print(f"--- {name}, {arguments.seconds} s", flush=True)
        words = [sys.executable, "-m", "tests.fuzz", name, "--seconds", str(arguments.seconds), "--here"]
        if subprocess.run(words, check=False).returncode:
            failed.append(name)
    print(f"Failed: {', '.join(failed)}. The inputs are tests/fuzz/corpus/*/found-*." if failed else "No target failed.")
    return int(bool(failed))


def _run(name: str, seconds: int) -> None:
    """Fuzz one target; never returns, since libFuzzer ends the process."""
    import atheris

    with atheris.instrument_imports(include=_WATCHED):  # before anything imports them
        from tests.fuzz import targets

    kept = CORPUS / name
    kept.mkdir(parents=True, exist_ok=True)
    begun = Path(tempfile.mkdtemp())
    for seed in targets.seeds(name):
        (begun / hashlib.sha1(seed).hexdigest()).write_bytes(seed)
    limits = [f"-max_total_time={seconds}", f"-rss_limit_mb={_MEGABYTES}", f"-max_len={_LARGEST.get(name, 4096)}", "-timeout=20"]
    # new inputs go into the first folder
    atheris.Setup([sys.argv[0], str(kept), str(begun), f"-artifact_prefix={kept}/found-", *limits], targets.TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
