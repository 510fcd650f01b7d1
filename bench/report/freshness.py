"""Whether figures are of the code as it is: a hash of the code that a section measures."""

from __future__ import annotations

import ast
import datetime
import hashlib
import io
import tokenize
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bench.report.stamp import ROOT
from bench.section import Section

_TEXT = (".js", ".css", ".html", ".json")
_BINARY = (".safetensors", ".onnx")


def code_hash(globs: Iterable[str], root: Path = ROOT) -> str:
    """SHA-256 (16 hex digits) over the contents of the files that `globs` match below `root`, independent of names and order.

    Comments, docstrings and blank lines of Python do not count. Raises `ValueError` for a glob that matches nothing.
    """
    paths: set[Path] = set()
    for pattern in globs:
        matched = {path for path in root.glob(pattern) if path.suffix in (".py", *_TEXT, *_BINARY)}
        if not matched:
            raise ValueError(f"{pattern} matches no file: correct the section's code globs.")
        paths |= matched
    digests = sorted(hashlib.sha256(_normalised(path)).hexdigest() for path in paths)
    return hashlib.sha256("".join(digests).encode()).hexdigest()[:16]


def _normalised(path: Path) -> bytes:
    if path.suffix in _BINARY:
        return path.read_bytes()
    text = path.read_text("utf-8")  # with \n at the end of each line
    return (without_comments(text) if path.suffix == ".py" else text).encode()


def without_comments(source: str) -> str:
    """Python `source` without its comments, docstrings and blank lines."""
    lines = source.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            lines[token.start[0] - 1] = token.line.splitlines()[0][: token.start[1]]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(node) is not None:
            text = node.body[0]
            for number in range(text.lineno, (text.end_lineno or text.lineno) + 1):
                lines[number - 1] = ""
    return "\n".join(line.rstrip() for line in lines if line.strip())


def is_fresh(section: Section, measured: dict[str, Any]) -> bool:
    """Whether `measured`, the section's entry in assets/bench.json, is of the code as it is."""
    return bool(measured.get("code") == code_hash(section.code))


def may_be_stale(section: Section, today: datetime.date) -> bool:
    """Whether the section's figures may be of older code on that day."""
    return section.allowed_stale is not None and today <= section.allowed_stale.until
