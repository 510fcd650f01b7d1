"""Describes the machine of a measurement."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import torch


def machine() -> str:
    """This machine's processor, cores and GPU, in words."""
    cpuinfo = Path("/proc/cpuinfo")
    names = [line.split(":")[1].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line] if cpuinfo.exists() else []
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else "no GPU"
    return f"{names[0] if names else platform.processor()}, {os.cpu_count()} cores, {gpu}"
