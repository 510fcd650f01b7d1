"""Files, folders and glob patterns -> the paths of the pages to read."""

from __future__ import annotations

import glob
import os
from collections.abc import Sequence
from pathlib import Path

SUFFIXES = ("png", "jpg", "jpeg", "webp", "tif", "tiff", "gif", "bmp", "jp2", "j2k", "jpx", "avif", "heic", "heif", "pdf")


def find_pages(names: Sequence[str], *written: Path) -> tuple[list[str], list[str]]:
    """Expand `names` (files, folders, glob patterns) to the paths of pages, each once, and one line for each problem.

    A folder's pictures in the folders `written`, where an earlier run wrote its annotated pictures or PDFs, are left out.
    """
    pages: dict[str, str] = {}
    problems: list[str] = []
    for name in names:
        known = len(problems)
        found = [path for each in _matches(name) for path in _pictures(each, written, problems)]
        if not found and len(problems) == known:
            what = "There is no picture in this folder" if _is_folder(name) else "This pattern matches no picture"
            problems.append(f"{name}: {what}: check its path.")
        for path in found:
            pages.setdefault(os.path.realpath(path), path)
    return list(pages.values()), problems


def _matches(name: str) -> list[str]:
    """The matches of a pattern that no shell has expanded; `name` itself if it is a path."""
    if os.path.lexists(name) or glob.escape(name) == name:
        return [name]
    return sorted(glob.glob(name, recursive=True))  # noqa: PTH207 - Path.glob takes no absolute pattern


def _pictures(path: str, written: Sequence[Path], problems: list[str]) -> list[str]:
    """All pictures below a folder, sorted; the path itself if it is no folder."""
    if not _is_folder(path):
        return [path]

    def report(error: OSError) -> None:
        problems.append(f"{error.filename}: This folder cannot be opened ({error.strerror}): check your rights to it.")

    left_out = {os.path.realpath(each) for each in written}
    found = []
    for folder, inner, files in os.walk(path, onerror=report):
        inner[:] = [each for each in inner if os.path.realpath(Path(folder, each)) not in left_out]
        found += [Path(folder, file) for file in files if Path(file).suffix.lower().removeprefix(".") in SUFFIXES]
    return [str(each) for each in sorted(found)]


def _is_folder(path: str) -> bool:
    try:
        return Path(path).is_dir()
    except OSError:  # opening the page reports the error
        return False
