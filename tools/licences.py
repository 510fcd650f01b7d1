"""Compares docs/licences.md with the installed packages: `python -m tools.licences [--write]`."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

FILE = Path(__file__).parent.parent / "docs" / "licences.md"
_OURS = ("pip", "setuptools", "wheel")  # the environment's own, not dependencies
_SAID_ELSEWHERE = {  # than in the package's metadata
    "atheris": "Apache-2.0",
    "axe-playwright-python": "MIT AND MPL-2.0",  # of axe-core, which it carries
    "cuda-toolkit": "NVIDIA Proprietary Software (names other packages only)",
    "kanjivg": "CC BY-SA 3.0",
}
_HEAD = """# Licences of the dependencies

Everything that `requirements.txt`, `train/requirements.txt`, `tests/requirements.txt` and what they need put into a Python environment
on Linux, written by `python -m tools.licences --write` from what the packages say of themselves. The page itself needs `requirements.txt` only.

| Package | Licence |
|---|---|
"""


def installed() -> dict[str, str]:
    """The licence of each installed package, by its normalised name."""
    words = [sys.executable, "-m", "piplicenses", "--from=mixed", "--format=json", "--ignore-packages", *_OURS]
    found = json.loads(subprocess.run(words, capture_output=True, text=True, check=True).stdout)
    stated = {re.sub(r"[-_.]+", "-", row["Name"]).lower(): " ".join(row["License"].split()) for row in found}
    return {name: _SAID_ELSEWHERE.get(name, licence) if licence == "UNKNOWN" else licence for name, licence in stated.items()}


def listed() -> dict[str, str]:
    """The licences that the file lists."""
    return dict(re.findall(r"^\| ([\w-]+) \| (.+) \|$", FILE.read_text("utf-8"), re.MULTILINE)) if FILE.exists() else {}


def main() -> int:
    """Print the packages that the file lacks; with --write, add them."""
    here, there = installed(), listed()
    missing = {name: licence for name, licence in here.items() if there.get(name) != licence}
    if "--write" in sys.argv[1:]:
        rows = {**there, **here}
        FILE.write_text(_HEAD + "".join(f"| {name} | {rows[name]} |\n" for name in sorted(rows) if name not in ("Package", "---")), "utf-8")
        return 0
    for name, licence in missing.items():
        print(f"{name}: {licence} is not in docs/licences.md: look at it, then run python -m tools.licences --write")
    print(f"{len(here)} packages are installed, {len(missing)} of them are not listed so.")
    return int(bool(missing))


if __name__ == "__main__":
    sys.exit(main())
