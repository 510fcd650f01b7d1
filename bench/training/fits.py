"""How the training sections run `python -m train`: at full size in runs/, or small, in a temporary folder."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch

from bench import small_data
from bench.report.stamp import ROOT
from train.__main__ import main

_MALLOC = {"MALLOC_MMAP_THRESHOLD_": "4000000000", "MALLOC_TRIM_THRESHOLD_": "4000000000"}  # as in the Makefile
_SMALL_FIT = ("--epochs", "1", "--batch-size", "32", "--learning-rate", "0.1", "--set", "mix=false")
_NARROW = ("--set", "width=4")


@dataclass(frozen=True)
class Fits:
    """Where fits are written (`runs`), and the arguments added to every command (`data`), to those that train (`recipe`), and of the default
    architecture (`width`)."""

    runs: Path
    data: tuple[str, ...] = ()
    recipe: tuple[str, ...] = ()
    width: tuple[str, ...] = ()
    in_process: bool = False  # saves the start of a process, but not in the same memory as a measured fit

    def arguments(self, command: str, *words: str) -> list[str]:
        """The words after `python -m train`."""
        if command == "evaluate":
            return [command, *words, *self.data]
        width = () if any(word.startswith("architecture=") for word in words) or "--tutorial" in words else self.width
        return [command, *words, *self.data, *self.recipe, *width]

    def train(self, command: str, *words: str) -> str:
        """Run a command of `python -m train`; returns what it printed. Raises `RuntimeError` if it fails."""
        arguments = self.arguments(command, *words)
        if self.in_process:
            with contextlib.redirect_stdout(io.StringIO()) as printed:
                code = main(arguments)
            output = printed.getvalue()
        else:
            call = [sys.executable, "-m", "train", *arguments]
            done = subprocess.run(call, cwd=ROOT, env={**os.environ, **_MALLOC}, stdout=subprocess.PIPE, text=True, check=False)
            code, output = done.returncode, done.stdout
        if code:
            raise RuntimeError(f"python -m train {' '.join(arguments)} ended with exit code {code}.")
        return output


@contextmanager
def fits(smoke: bool) -> Iterator[Fits]:
    """Full fits in runs/, where finished ones are kept; with `smoke` one epoch of a tiny network, in a folder that is deleted at the end."""
    if not smoke:
        yield Fits(ROOT / "runs")
        return
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        data.mkdir()
        small_data.write(data)
        threads = torch.get_num_threads()
        torch.set_num_threads(1)  # two threads wait for each other on a busy machine
        try:
            yield Fits(Path(folder) / "runs", ("--data", str(data), "--no-verify"), _SMALL_FIT, _NARROW, in_process=True)
        finally:
            torch.set_num_threads(threads)
