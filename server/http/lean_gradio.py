"""Keeps Gradio from work that this page has no use for, half of the time from start to first answer. Import it before gradio.

- For each class of components it writes a stub file (.pyi) beside the source: 1.2 s of processor time for its own and ours.
- Around each event it chooses a backend of Matplotlib, which imports all of that where it is installed (0.5 s): the page draws no plots.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType

_INSTEAD: Mapping[str, Mapping[str, object]] = {
    "gradio.component_meta": {"create_or_modify_pyi": lambda *_: None},
    "gradio.utils": {"MatplotlibBackendMananger": nullcontext},  # its spelling
}


class _Loader(SourceFileLoader):
    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        for name, value in _INSTEAD[module.__name__].items():
            setattr(module, name, value)


class _Finder(MetaPathFinder):
    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name not in _INSTEAD:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.origin is not None:
            spec.loader = _Loader(name, spec.origin)
        return spec


sys.meta_path.insert(0, _Finder())
