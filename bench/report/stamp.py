"""Where and when a figure was measured."""

from __future__ import annotations

import datetime
import platform
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import torch

from train.publishing.machine import machine

ROOT = Path(__file__).resolve().parents[2]


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def stamp() -> dict[str, str]:
    """Date, commit (`+` where the tree differs from it), machine and versions, for beside a figure."""
    changed = "+" if _git("status", "--porcelain", "--untracked-files=no") else ""
    return {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "commit": _git("rev-parse", "--short", "HEAD") + changed,
        "machine": machine(),
        "versions": f"Python {platform.python_version()}, torch {torch.__version__}",
    }


def spread(values: list[float]) -> dict[str, Any]:
    """n, median, 5th and 95th percentile of `values`, in their unit."""
    low, median, high = np.percentile(values, (5, 50, 95))
    return {"n": len(values), "p50": float(median), "p5": float(low), "p95": float(high)}
