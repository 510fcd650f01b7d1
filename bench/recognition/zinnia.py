"""zinnia beside our weights: a recogniser of strokes in their order, with Debian's model of today's handwriting.

It needs the packages `zinnia-utils` and `tegaki-zinnia-japanese`.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

MODEL = Path("/usr/share/tegaki/models/zinnia/handwriting-ja.model")

Drawing = Sequence[Sequence[Sequence[float]]]  # strokes of points [x, y]


def is_here() -> bool:
    """Whether zinnia and its model are installed."""
    return shutil.which("zinnia") is not None and MODEL.is_file()


def best_five(drawings: Sequence[Drawing]) -> list[list[str]]:
    """The five likeliest characters of each drawing, best first; none for a drawing that it cannot read."""
    written = "\n".join(map(_expression, drawings)) + "\n"
    done = subprocess.run(["zinnia", "-m", str(MODEL), "-n", "5"], input=written, capture_output=True, text=True, check=True)
    return [[line.split(" ")[0] for line in block.splitlines() if " " in line] for block in done.stdout.split("Answer: \n")[1:]]


def measure(drawings: Sequence[Drawing], characters: Sequence[str]) -> dict[str, Any]:
    """The shares, as fractions, of drawings whose character is the best, or among the best five."""
    found = best_five(drawings)
    return {
        "n": len(characters),
        "top1": sum(best[:1] == [character] for best, character in zip(found, characters, strict=True)) / len(characters),
        "top5": sum(character in best for best, character in zip(found, characters, strict=True)) / len(characters),
    }


def _expression(drawing: Drawing) -> str:
    """A drawing on a square of 1,000 units, as tegaki's are, in zinnia's notation."""
    strokes = " ".join(f"({''.join(f'({round(x)} {round(y)})' for x, y, *_ in stroke)})" for stroke in drawing)
    return f"(character (width 1000)(height 1000)(strokes {strokes}))"
